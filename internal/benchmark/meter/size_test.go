package meter

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func TestSizeOf(t *testing.T) {
	for want, v := range map[int]types.AttributeValue{
		5: text("héll"),
		0: text(""),
		3: &types.AttributeValueMemberB{Value: []byte{1, 2, 3}},
		7: &types.AttributeValueMemberN{Value: "17726007671"},
		2: &types.AttributeValueMemberN{Value: "50"},
		4: &types.AttributeValueMemberN{Value: "-12.30"},
		6: &types.AttributeValueMemberSS{Value: []string{"abc", "def"}},
		1: &types.AttributeValueMemberBOOL{Value: true},
	} {
		assert.Equal(t, want, sizeOfValue(v), "%#v", v)
	}
	assert.Equal(t, 16, sizeOfValue(&types.AttributeValueMemberBS{Value: [][]byte{make([]byte, 8), make([]byte, 8)}}))
	assert.Equal(t, 3+1+5, sizeOfValue(&types.AttributeValueMemberL{Value: []types.AttributeValue{text("12345")}}))
	assert.Equal(t, len("name")+len("value"), sizeOf(item{"name": text("value")}))
}

// What calls are billed, by the sizes of the rows before and after.
func TestUnits(t *testing.T) {
	var billed [][2]int64
	d := NewDynamoDB(func(_ string, writes, halfReads int64) { billed = append(billed, [2]int64{writes, halfReads}) })
	d.Add("t", &Index{Name: "i", Keys: []string{"day", "at"}, Projected: []string{"title"}}, "p", "s")
	c, ctx := d.Client(), context.Background()
	key := item{"p": text("p"), "s": text("s")}
	put := func(row item, condition *string) error {
		row["p"], row["s"] = key["p"], key["s"]
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("t"), Item: row, ConditionExpression: condition})
		return err
	}
	get := func(consistent bool) {
		_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("t"), Key: key, ConsistentRead: &consistent})
		require.NoError(t, err)
	}
	for _, step := range []struct {
		name string
		do   func()
		want [2]int64
	}{
		{"a read of nothing", func() { get(true) }, [2]int64{0, 2}},
		{"1 KB", func() { require.NoError(t, put(item{"b": text(strings.Repeat("x", 1024-1-4))}, nil)) }, [2]int64{1, 0}},
		{"a byte more", func() { require.NoError(t, put(item{"b": text(strings.Repeat("x", 1024-4))}, nil)) }, [2]int64{2, 0}},
		{"less, by what stood", func() { require.NoError(t, put(item{}, nil)) }, [2]int64{2, 0}},
		{"into the index", func() { require.NoError(t, put(item{"day": text("d"), "at": text("1"), "title": text("t")}, nil)) }, [2]int64{2, 0}},
		{"nothing new for it", func() {
			require.NoError(t, put(item{"day": text("d"), "at": text("1"), "title": text("t"), "b": text("x")}, nil))
		}, [2]int64{1, 0}},
		{"another key in it", func() { require.NoError(t, put(item{"day": text("e"), "at": text("1")}, nil)) }, [2]int64{3, 0}},
		{"out of it", func() { require.NoError(t, put(item{"b": text(strings.Repeat("x", 5000))}, nil)) }, [2]int64{6, 0}},
		{"refused, by what stands", func() {
			var failed *types.ConditionalCheckFailedException
			require.ErrorAs(t, put(item{"b": text("x")}, aws.String("attribute_not_exists(p)")), &failed)
		}, [2]int64{5, 0}},
		{"a read of more than 4 KB", func() { get(true) }, [2]int64{0, 4}},
		{"that may be stale", func() { get(false) }, [2]int64{0, 2}},
	} {
		billed = nil
		step.do()
		assert.Equal(t, [][2]int64{step.want}, billed, step.name)
	}
}

// A set without members is none, and a member that is not there is none too.
func TestSets(t *testing.T) {
	d := NewDynamoDB(func(string, int64, int64) {})
	d.Add("t", nil, "p")
	c, ctx, table, key := d.Client(), context.Background(), aws.String("t"), item{"p": text("p")}
	set := func(members ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: members} }
	for _, step := range []struct {
		change string
		set    types.AttributeValue
		want   types.AttributeValue
	}{
		{"DELETE a :v", set("x"), nil},
		{"SET a = :v", set("x", "y"), set("x", "y")},
		{"DELETE a :v", set("y", "z"), set("x")},
		{"DELETE a :v, b :v", set("x"), nil},
	} {
		out, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: key, UpdateExpression: &step.change,
			ExpressionAttributeValues: item{":v": step.set}, ReturnValues: types.ReturnValueAllNew})
		require.NoError(t, err, step.change)
		if step.want == nil {
			assert.NotContains(t, out.Attributes, "a", step.change)
			continue
		}
		assert.Equal(t, step.want, out.Attributes["a"], step.change)
	}
}

// What the drivers do not send is refused, and not guessed.
func TestTheUnknownIsRefused(t *testing.T) {
	d := NewDynamoDB(func(string, int64, int64) {})
	d.Add("t", nil, "p")
	c, ctx, table, key := d.Client(), context.Background(), aws.String("t"), item{"p": text("p")}
	for _, condition := range []string{"size(p) > :v", "p", "p = :w", "NOT p = :v", "p = :v p", "contains(p, :v)", "p ~ :v"} {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key, ConditionExpression: &condition,
			ExpressionAttributeValues: item{":v": text("v")}})
		var failed *types.ConditionalCheckFailedException
		require.Error(t, err, condition)
		assert.NotErrorAs(t, err, &failed, condition)
	}
	for _, change := range []string{"MOVE a :v", "SET a :v", "SET a = b", "ADD a :v", "DELETE a :n", "SET a = list_append(a, :v)"} {
		_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: key, UpdateExpression: &change,
			ExpressionAttributeValues: item{":v": text("v"), ":n": &types.AttributeValueMemberN{Value: "1"}}})
		assert.Error(t, err, change)
	}
	_, err := c.Scan(ctx, &dynamodb.ScanInput{TableName: table})
	require.Error(t, err)
	_, err = c.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("other"), Key: key})
	require.Error(t, err)
}
