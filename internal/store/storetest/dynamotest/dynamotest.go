// Package dynamotest gives tests an Amazon DynamoDB to talk to: the engine at DYNAMODB_ENDPOINT.
//
// in → out: the endpoint of a local engine → a client, and tables that are deleted after the test.
package dynamotest

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
)

// Client returns a client of the engine. Without DYNAMODB_ENDPOINT the test is skipped.
func Client(t *testing.T, options ...func(*dynamodb.Options)) *dynamodb.Client {
	t.Helper()
	return dynamodb.NewFromConfig(enginetest.Config(t, "DYNAMODB_ENDPOINT"), append(options, func(o *dynamodb.Options) {
		o.DisableValidateResponseChecksum = true // engines send none with errors, and the SDK logs each
	})...)
}

// Core makes the core tables, for this test only.
func Core(t *testing.T, client *dynamodb.Client) dynamo.Tables {
	t.Helper()
	return dynamo.Tables{
		AlertMap: create(t, client, "AlertMap", []string{"fingerprint"}),
		ReportData: create(t, client, "ReportData", []string{"report_id", "sk"}, types.GlobalSecondaryIndex{
			IndexName: aws.String("ByDay"),
			KeySchema: schema("day", "opened_at"),
			Projection: &types.Projection{
				ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"severity", "title"},
			},
		}),
	}
}

// Plugin makes the table PluginData, for this test only.
func Plugin(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	return create(t, client, "PluginData", []string{"key"})
}

func create(t *testing.T, client *dynamodb.Client, name string, keys []string, indexes ...types.GlobalSecondaryIndex) string {
	t.Helper()
	name += "-" + strings.ToLower(rand.Text())
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: schema(keys...),
		AttributeDefinitions: definitions(keys...), GlobalSecondaryIndexes: indexes,
	}
	for _, index := range indexes {
		for _, k := range index.KeySchema {
			in.AttributeDefinitions = append(in.AttributeDefinitions, definitions(*k.AttributeName)...)
		}
	}
	_, err := client.CreateTable(context.Background(), in)
	require.NoError(t, err)
	err = dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, time.Second
	}).Wait(context.Background(), &dynamodb.DescribeTableInput{TableName: &name}, time.Minute)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		var gone *types.ResourceNotFoundException // by a first attempt, whose answer was lost
		require.True(t, err == nil || errors.As(err, &gone), "%v", err)
	})
	return name
}

func schema(keys ...string) []types.KeySchemaElement {
	kinds := []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}
	var out []types.KeySchemaElement
	for n, k := range keys {
		out = append(out, types.KeySchemaElement{AttributeName: aws.String(k), KeyType: kinds[n]})
	}
	return out
}

func definitions(keys ...string) []types.AttributeDefinition {
	var out []types.AttributeDefinition
	for _, k := range keys {
		kind := types.ScalarAttributeTypeS
		if k == "opened_at" {
			kind = types.ScalarAttributeTypeN
		}
		out = append(out, types.AttributeDefinition{AttributeName: aws.String(k), AttributeType: kind})
	}
	return out
}

// Calls counts the calls of a client. Use Option when the client is made.
type Calls struct {
	mu     sync.Mutex
	names  []string
	before func(name string, nth int)
}

// Before has f called before the nth (from 1) call of a name since Reset.
func (c *Calls) Before(f func(name string, nth int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = f
}

// Option puts the counter into a client, before the SDK's own repeats: a call is counted once.
func (c *Calls) Option(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("calls", c.count), middleware.Before)
	})
}

func (c *Calls) count(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error) {
	name := middleware.GetOperationName(ctx)
	c.mu.Lock()
	c.names = append(c.names, name)
	nth, before := 0, c.before
	for _, n := range c.names {
		if n == name {
			nth++
		}
	}
	c.mu.Unlock()
	if before != nil {
		before(name, nth)
	}
	return next.HandleFinalize(ctx, in)
}

// Reset returns the names of the calls so far, retries included, and forgets them.
func (c *Calls) Reset() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := c.names
	c.names = nil
	return names
}
