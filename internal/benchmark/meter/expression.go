package meter

import (
	"bytes"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expression is a condition, or the key condition of a query: what the drivers send of them, and nothing else. What it
// does not know is an error, never a guess.
type expression struct {
	tokens []string
	names  map[string]string
	values map[string]types.AttributeValue
	row    item
	err    error
}

var token = regexp.MustCompile(`\s*([A-Za-z_#:][A-Za-z0-9_.]*|<=|>=|<>|[()=<>,])`)

func tokens(text string) (list []string, err error) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		m := token.FindStringSubmatchIndex(text)
		if m == nil || m[0] != 0 {
			return nil, fmt.Errorf("expression: at %.40q", text)
		}
		list = append(list, text[m[2]:m[3]])
		text = text[m[1]:]
	}
	return list, nil
}

// holds says whether a row meets a condition; an empty one always holds.
func holds(condition *string, names map[string]string, values map[string]types.AttributeValue, row item) (bool, error) {
	if condition == nil {
		return true, nil
	}
	list, err := tokens(*condition)
	if err != nil {
		return false, err
	}
	e := &expression{tokens: list, names: names, values: values, row: row}
	ok := e.or()
	if len(e.tokens) > 0 && e.err == nil {
		e.err = fmt.Errorf("condition: unexpected %q", e.tokens[0])
	}
	return ok, e.err
}

func (e *expression) next() string {
	if len(e.tokens) == 0 {
		return ""
	}
	t := e.tokens[0]
	e.tokens = e.tokens[1:]
	return t
}

// take takes the next word if it is this one.
func (e *expression) take(word string) bool {
	if len(e.tokens) == 0 || !strings.EqualFold(e.tokens[0], word) {
		return false
	}
	e.tokens = e.tokens[1:]
	return true
}

func (e *expression) want(word string) {
	if !e.take(word) && e.err == nil {
		e.err = fmt.Errorf("condition: expected %q before %q", word, e.tokens)
	}
}

func (e *expression) or() bool {
	ok := e.and()
	for e.take("OR") {
		other := e.and()
		ok = ok || other
	}
	return ok
}

func (e *expression) and() bool {
	ok := e.term()
	for e.take("AND") {
		other := e.term()
		ok = ok && other
	}
	return ok
}

func (e *expression) term() (ok bool) {
	switch {
	case e.take("("):
		ok = e.or()
		e.want(")")
	case e.take("attribute_not_exists"):
		e.want("(")
		ok = e.operand() == nil
		e.want(")")
	case e.take("begins_with"):
		e.want("(")
		text := e.operand()
		e.want(",")
		ok = strings.HasPrefix(textOf(text), textOf(e.operand()))
		e.want(")")
	default:
		left, operator := e.operand(), e.next()
		ok = e.compare(left, operator, e.operand())
	}
	return ok
}

// operand is the value of a name or placeholder; nil if the row has none.
func (e *expression) operand() types.AttributeValue {
	name := e.next()
	if v, ok := e.values[name]; ok {
		return v
	}
	if strings.HasPrefix(name, ":") && e.err == nil {
		e.err = fmt.Errorf("condition: no value %s", name)
	}
	return e.row[nameOf(name, e.names)]
}

// nameOf is what a placeholder of a name stands for.
func nameOf(name string, names map[string]string) string {
	if real, ok := names[name]; ok {
		return real
	}
	return name
}

// compare compares; what is not there is equal to nothing, and neither below nor above anything.
func (e *expression) compare(a types.AttributeValue, operator string, b types.AttributeValue) bool {
	c, ok := 0, false
	if a != nil && b != nil {
		c, ok = order(a, b)
	}
	switch operator {
	case "=":
		return ok && c == 0
	case "<>":
		return !ok || c != 0
	case "<":
		return ok && c < 0
	case "<=":
		return ok && c <= 0
	case ">":
		return ok && c > 0
	case ">=":
		return ok && c >= 0
	}
	if e.err == nil {
		e.err = fmt.Errorf("condition: operator %q", operator)
	}
	return false
}

// order compares two values of one type; false where they are not.
func order(a, b types.AttributeValue) (int, bool) {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return cmpIf(ok, func() int { return strings.Compare(a.Value, b.Value) })
	case *types.AttributeValueMemberN:
		b, ok := b.(*types.AttributeValueMemberN)
		return cmpIf(ok, func() int { return number(a.Value).Cmp(number(b.Value)) })
	case *types.AttributeValueMemberB:
		b, ok := b.(*types.AttributeValueMemberB)
		return cmpIf(ok, func() int { return bytes.Compare(a.Value, b.Value) })
	case *types.AttributeValueMemberSS:
		b, ok := b.(*types.AttributeValueMemberSS)
		return cmpIf(ok, func() int {
			return slices.Compare(slices.Sorted(slices.Values(a.Value)), slices.Sorted(slices.Values(b.Value)))
		})
	}
	return 0, false
}

func cmpIf(ok bool, f func() int) (int, bool) {
	if !ok {
		return 0, false
	}
	return f(), true
}

func number(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat)
	}
	return r
}

func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}
