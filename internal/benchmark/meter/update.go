package meter

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// updated is a row after an update expression: what the drivers send of it, and nothing else.
func updated(row item, in *dynamodb.UpdateItemInput) (item, error) {
	list, err := tokens(*in.UpdateExpression)
	if err != nil {
		return nil, err
	}
	u := &update{
		expression: expression{tokens: list, names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, row: row},
		next:       maps.Clone(row),
	}
	for len(u.tokens) > 0 && u.err == nil {
		u.clause()
	}
	return u.next, u.err
}

type update struct {
	expression
	next item
}

func (u *update) clause() {
	word := u.expression.next()
	do, ok := map[string]func(name string){"SET": u.set, "ADD": u.add, "DELETE": u.delete, "REMOVE": u.remove}[word]
	if !ok {
		u.err = fmt.Errorf("update: unexpected %q", word)
		return
	}
	for more := true; more && u.err == nil; more = u.take(",") {
		do(nameOf(u.expression.next(), u.names))
	}
}

func (u *update) set(name string) {
	u.want("=")
	if !u.take("if_not_exists") {
		u.put(name, u.operand())
		return
	}
	u.want("(")
	stands := u.operand()
	u.want(",")
	otherwise := u.operand()
	u.want(")")
	if stands == nil {
		stands = otherwise
	}
	u.put(name, stands)
}

func (u *update) put(name string, v types.AttributeValue) {
	if v == nil {
		u.err = fmt.Errorf("update: %s: no value", name)
		return
	}
	u.next[name] = v
}

func (u *update) remove(name string) { delete(u.next, name) }

// add adds to a number; one that is not there is zero.
func (u *update) add(name string) {
	by, ok := u.operand().(*types.AttributeValueMemberN)
	if !ok {
		u.err = fmt.Errorf("update: ADD %s: expected a number", name)
		return
	}
	sum := number(by.Value)
	if stands, ok := u.row[name].(*types.AttributeValueMemberN); ok {
		sum.Add(sum, number(stands.Value))
	}
	if !sum.IsInt() {
		u.err = fmt.Errorf("update: ADD %s: expected whole numbers", name)
	}
	u.next[name] = &types.AttributeValueMemberN{Value: sum.Num().String()}
}

// delete takes members out of a set; an empty set is none.
func (u *update) delete(name string) {
	switch gone := u.operand().(type) {
	case *types.AttributeValueMemberSS:
		if stands, ok := u.row[name].(*types.AttributeValueMemberSS); ok {
			left := without(stands.Value, gone.Value, func(a, b string) bool { return a == b })
			u.keep(name, len(left), &types.AttributeValueMemberSS{Value: left})
		}
	case *types.AttributeValueMemberBS:
		if stands, ok := u.row[name].(*types.AttributeValueMemberBS); ok {
			left := without(stands.Value, gone.Value, bytes.Equal)
			u.keep(name, len(left), &types.AttributeValueMemberBS{Value: left})
		}
	default:
		u.err = fmt.Errorf("update: DELETE %s: expected a set", name)
	}
}

func (u *update) keep(name string, members int, v types.AttributeValue) {
	if members == 0 {
		delete(u.next, name)
		return
	}
	u.next[name] = v
}

func without[T any](all, gone []T, equal func(a, b T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(a T) bool {
		return slices.ContainsFunc(gone, func(b T) bool { return equal(a, b) })
	})
}
