package mapping

import (
	"maps"
	"slices"

	"github.com/jmespath-community/go-jmespath/pkg/functions"
	"github.com/jmespath-community/go-jmespath/pkg/parsing"
)

// JMESPath leaves the order of an object's fields open, and the library takes Go's, which is another one each time: the key of an
// alert that came twice would differ. Here fields are in the order of their names.

// ordered are the functions that list the fields of an object, by name.
var ordered = map[string]functions.JpFunction{
	"keys":   fields(func(name string, _ any) any { return name }),
	"values": fields(func(_ string, v any) any { return v }),
	"items":  fields(func(name string, v any) any { return []any{name, v} }),
}

// starred is how the function is called that a.* asks for the fields of a: no expression can name it.
const starred = "*"

func fields(of func(name string, v any) any) functions.JpFunction {
	return func(args []any) (any, error) {
		object, ok := args[0].(map[string]any)
		if !ok {
			return nil, nil
		}
		out := make([]any, 0, len(object))
		for _, name := range slices.Sorted(maps.Keys(object)) {
			out = append(out, of(name, object[name]))
		}
		return out, nil
	}
}

// inOrder is an expression whose a.* goes through the fields in their order.
func inOrder(n parsing.ASTNode) parsing.ASTNode {
	for i, c := range n.Children {
		n.Children[i] = inOrder(c)
	}
	if n.NodeType == parsing.ASTValueProjection {
		list := parsing.ASTNode{NodeType: parsing.ASTFunctionExpression, Value: starred, Children: n.Children[:1:1]}
		return parsing.ASTNode{NodeType: parsing.ASTProjection, Children: []parsing.ASTNode{list, n.Children[1]}}
	}
	return n
}
