// Reporter is the function of the example emitter.
//
// in → out: reports from its queue → rows of the table REPORTS.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/m-mizutani/AlertResponder/lib/awslambda"
	"github.com/m-mizutani/AlertResponder/tester/plugins"
)

// table keeps rows in DynamoDB, by the alert's key and seq.
type table struct {
	client *dynamodb.Client
	name   string
}

// Put implements plugins.Rows.
func (t table) Put(ctx context.Context, r plugins.Row) error {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: map[string]types.AttributeValue{
		"key":    &types.AttributeValueMemberS{Value: r.Key},
		"seq":    &types.AttributeValueMemberN{Value: strconv.FormatInt(r.Seq, 10)},
		"report": &types.AttributeValueMemberS{Value: r.Report},
	}})
	if err != nil {
		return fmt.Errorf("put row %.80q: %w", r.Key, err)
	}
	return nil
}

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	rows := table{dynamodb.NewFromConfig(cfg), os.Getenv("REPORTS")}
	lambda.Start(awslambda.Emitter(plugins.Reporter{Rows: rows}, awslambda.Options{}))
}
