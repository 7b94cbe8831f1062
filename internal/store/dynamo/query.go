package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"
)

// upTo asks for the rows of a report whose keys are before end.
func upTo(table, reportID, end string) *dynamodb.QueryInput {
	return rows(table, reportID, "#r = :r AND #k < :k", end)
}

// startingWith asks for the rows of a report whose keys have a prefix.
func startingWith(table, reportID, prefix string) *dynamodb.QueryInput {
	return rows(table, reportID, "#r = :r AND begins_with(#k, :k)", prefix)
}

func rows(table, reportID, condition, key string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName:                &table,
		ConsistentRead:           aws.Bool(true),
		KeyConditionExpression:   &condition,
		ExpressionAttributeNames: map[string]string{"#r": "report_id", "#k": "sk"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":r": &types.AttributeValueMemberS{Value: reportID},
			":k": &types.AttributeValueMemberS{Value: key},
		},
	}
}

// keysOnly leaves out everything but the keys.
func keysOnly(in *dynamodb.QueryInput) *dynamodb.QueryInput {
	in.ProjectionExpression = aws.String("#r, #k")
	return in
}

// query reads all pages. It goes to the client directly, since guregu's Query sends the legacy KeyConditions.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, each func(dataRow)) error {
	return pages(ctx, s.client, in, each)
}

func pages[T any](ctx context.Context, client *dynamodb.Client, in *dynamodb.QueryInput, each func(T)) error {
	for p := dynamodb.NewQueryPaginator(client, in); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, attrs := range page.Items {
			var r T
			if err := dynamo.UnmarshalItem(attrs, &r); err != nil {
				return err
			}
			each(r)
		}
	}
	return nil
}
