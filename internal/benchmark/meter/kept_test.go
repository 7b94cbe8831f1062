package meter

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
)

// Each row is a hundred bytes more than it has, and so is one in an index, which only those rows are in that have its keys.
func TestKept(t *testing.T) {
	d := NewDynamoDB(func(string, int64, int64) {})
	d.Add("t", &Index{Name: "i", Keys: []string{"d"}, Projected: []string{"p"}}, "k")
	put := func(row item) {
		_, err := d.Client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("t"), Item: row})
		require.NoError(t, err)
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	assert.Zero(t, d.Kept())
	put(item{"k": text("1"), "x": text("12345678")})
	assert.Equal(t, bill.Kept{Tables: 111}, d.Kept())
	put(item{"k": text("2"), "d": text("123"), "p": text("1234"), "x": text("12345678")})
	assert.Equal(t, bill.Kept{Tables: 111 + 120, Indexes: 111}, d.Kept())
	put(item{"k": text("2")})
	assert.Equal(t, bill.Kept{Tables: 111 + 102}, d.Kept())
	_, err := d.Client().DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("t"), Key: item{"k": text("1")}})
	require.NoError(t, err)
	assert.Equal(t, bill.Kept{Tables: 102}, d.Kept())
}
