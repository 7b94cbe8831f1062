package mapping

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/jmespath-community/go-jmespath/pkg/functions"
	"github.com/jmespath-community/go-jmespath/pkg/interpreter"
	"github.com/jmespath-community/go-jmespath/pkg/parsing"
)

// maxExpression bounds an expression, in bytes: its parser calls itself for each bracket.
const maxExpression = 1024

// expression is a JMESPath expression of a file.
type expression struct {
	text  string
	field string // where it stands, such as attrs[0].value
	line  int
	col   int
	tree  parsing.ASTNode
}

// misplaced is a fault at a place of an expression, in bytes; -1 where the place is not known.
type misplaced struct {
	offset int
	text   string
}

// Error implements error.
func (m misplaced) Error() string { return m.text }

// compile parses an expression, and checks what JMESPath itself would find only when it meets a message: names and
// numbers of arguments of functions.
func compile(text string) (parsing.ASTNode, error) {
	if len(text) > maxExpression {
		return parsing.ASTNode{}, misplaced{-1, fmt.Sprintf("%d bytes, expected at most %d", len(text), maxExpression)}
	}
	if !utf8.ValidString(text) {
		return parsing.ASTNode{}, misplaced{-1, "is not UTF-8"}
	}
	if at := dashed(text); at >= 0 {
		return parsing.ASTNode{}, misplaced{at, "a name with - in it needs double quotes, such as \"detail-type\" (and a difference needs spaces)"}
	}
	tree, err := parse(text)
	if err != nil {
		return parsing.ASTNode{}, err
	}
	if err := known(tree, text); err != nil {
		return tree, err
	}
	return inOrder(tree), nil
}

func parse(text string) (tree parsing.ASTNode, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = misplaced{-1, "cannot be parsed"}
		}
	}()
	tree, err = parsing.NewParser().Parse(text)
	var syntax parsing.SyntaxError
	if errors.As(err, &syntax) {
		return tree, misplaced{min(max(syntax.Offset, 0), len(text)), plain(syntax.Error())}
	}
	if err != nil {
		return tree, misplaced{-1, err.Error()}
	}
	return tree, nil
}

// plain is a message of the parser in people's words.
func plain(message string) string {
	message = strings.TrimPrefix(message, "SyntaxError: ")
	message = strings.NewReplacer("TOKEOF", "the end", "TOKUnquotedIdentifier", "a name", "TOKQuotedIdentifier", "a quoted name",
		"TOKNumber", "a number", "TOKStringLiteral", "a text", "TOKJSONLiteral", "a literal", "TOKLparen", "(", "TOKRparen", ")",
		"TOKLbracket", "[", "TOKRbracket", "]", "TOKLbrace", "{", "TOKRbrace", "}", "TOKStar", "*", "TOKDot", ".", "TOKComma", ",",
		"TOKColon", ":", "TOK", "").Replace(message)
	return strings.ToLower(message[:min(1, len(message))]) + message[min(1, len(message)):]
}

// dashed finds a name with a dash that is not quoted, which would be read as a difference of two fields and give nothing.
func dashed(text string) int {
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '-' && i > 0 && i+1 < len(text) && isName(text[i-1]) && isName(text[i+1]):
			return i
		}
	}
	return -1
}

func isName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// known checks the functions of an expression.
func known(n parsing.ASTNode, text string) error {
	if n.NodeType == parsing.ASTFunctionExpression {
		name, _ := n.Value.(string)
		at := strings.Index(text, name+"(")
		spec, ok := table().byName[name]
		if !ok {
			return misplaced{at, fmt.Sprintf("unknown function %s%s", name, orNearest(name, table().names))}
		}
		if low, high := arity(spec); len(n.Children) < low || len(n.Children) > high {
			return misplaced{at, fmt.Sprintf("%s: %d arguments, expected %s", name, len(n.Children), between(low, high))}
		}
	}
	for _, c := range n.Children {
		if err := known(c, text); err != nil {
			return err
		}
	}
	return nil
}

const variadic = 1 << 20

func arity(spec functions.FunctionEntry) (low, high int) {
	for _, a := range spec.Arguments {
		if !a.Optional {
			low++
		}
		high++
		if a.Variadic {
			high = variadic
		}
	}
	return low, high
}

func between(low, high int) string {
	switch {
	case low == high:
		return fmt.Sprint(low)
	case high >= variadic:
		return fmt.Sprintf("%d or more", low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}

// functionTable is what expressions may call.
type functionTable struct {
	byName map[string]functions.FunctionEntry
	names  []string
	caller interpreter.FunctionCaller
}

// table is made at the first expression, not at each start of a function.
var table = sync.OnceValue(func() functionTable {
	t := functionTable{byName: map[string]functions.FunctionEntry{}}
	var list []functions.FunctionEntry
	for _, f := range functions.GetDefaultFunctions() {
		switch f.Name {
		case "pad_left", "pad_right":
			continue // a message could say how long
		case "join", "replace":
			f.Handler = limited(f.Name, f.Handler)
		case "keys", "values", "items":
			f.Handler = ordered[f.Name]
		}
		t.byName[f.Name] = f
		t.names = append(t.names, f.Name)
		list = append(list, f)
	}
	list = append(list, functions.FunctionEntry{
		Name: starred, Arguments: []functions.ArgSpec{{Types: []functions.JpType{functions.JpAny}}}, Handler: ordered["values"],
	})
	t.caller = interpreter.NewFunctionCaller(list...)
	return t
})

// maxText bounds the texts that an expression makes: a message could multiply itself.
const maxText = 4 << 20

var errTooLong = errors.New("the text would be too long")

func limited(name string, f functions.JpFunction) functions.JpFunction {
	return func(args []any) (any, error) {
		if made(name, args) > maxText {
			return nil, errTooLong
		}
		return f(args)
	}
}

// made is how long a text a function would make, at most.
func made(name string, args []any) int {
	text := func(n int) string { s, _ := args[n].(string); return s }
	if name == "replace" {
		return len(text(0)) + (strings.Count(text(0), text(1)))*len(text(2))
	}
	list, _ := args[1].([]any)
	n := len(list) * len(text(0))
	for _, v := range list {
		s, _ := v.(string)
		n += len(s)
	}
	return n
}

// search evaluates an expression in an element of a message; $ is the message. What cannot be evaluated is an absent
// value, of which the error says why.
func (e *expression) search(message, element any) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, errors.New("cannot be evaluated")
		}
	}()
	return interpreter.NewInterpreter(message, table().caller, nil).Execute(e.tree, element)
}
