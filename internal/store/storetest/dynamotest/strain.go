package dynamotest

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
)

// Spoiled puts faults into a client.
func Spoiled(f *enginetest.Faults) func(*dynamodb.Options) { return option(f.Option) }

// FirstFails has the first attempt of each call fail.
func FirstFails(f enginetest.Fault) func(*dynamodb.Options) {
	faults := new(enginetest.Faults)
	faults.SetEachFirst(f)
	return Spoiled(faults)
}

// ShortPages has each answer to a Query or Scan end after a row, of an index after five, as it may end anywhere
// (Amazon DynamoDB Developer Guide, "Paginating table query results").
func ShortPages() func(*dynamodb.Options) {
	return Instead("short pages", func(ctx context.Context, params any, call func(any) (any, error)) (any, error) {
		switch in := params.(type) {
		case *dynamodb.QueryInput:
			short := *in
			short.Limit = aws.Int32(1)
			if in.IndexName != nil {
				short.Limit = aws.Int32(5)
			}
			return call(&short)
		case *dynamodb.ScanInput:
			short := *in
			short.Limit = aws.Int32(1)
			return call(&short)
		}
		return call(params)
	})
}

// Stale has every read of a table that is not strongly consistent find nothing, as if nothing had reached that
// copy of the table yet (Amazon DynamoDB Developer Guide, "DynamoDB read consistency"). Reads of an index are
// answered as they are.
func Stale() func(*dynamodb.Options) {
	return Instead("stale", func(_ context.Context, params any, call func(any) (any, error)) (any, error) {
		switch in := params.(type) {
		case *dynamodb.GetItemInput:
			if !aws.ToBool(in.ConsistentRead) {
				return &dynamodb.GetItemOutput{}, nil
			}
		case *dynamodb.QueryInput:
			if !aws.ToBool(in.ConsistentRead) && in.IndexName == nil {
				return &dynamodb.QueryOutput{}, nil
			}
		case *dynamodb.ScanInput:
			if !aws.ToBool(in.ConsistentRead) && in.IndexName == nil {
				return &dynamodb.ScanOutput{}, nil
			}
		case *dynamodb.BatchGetItemInput:
			return &dynamodb.BatchGetItemOutput{}, nil
		}
		return call(params)
	})
}

// Unprocessed has each BatchWriteItem of ten and more leave out the last fifth of its entries, and say so (Amazon
// DynamoDB API Reference, BatchWriteItem: UnprocessedItems).
func Unprocessed() func(*dynamodb.Options) {
	return Instead("unprocessed", func(_ context.Context, params any, call func(any) (any, error)) (any, error) {
		in, ok := params.(*dynamodb.BatchWriteItemInput)
		if !ok {
			return call(params)
		}
		done, left := *in, map[string][]types.WriteRequest{}
		done.RequestItems = map[string][]types.WriteRequest{}
		for table, all := range in.RequestItems {
			n := len(all)
			if n >= 10 {
				n -= n / 5
			}
			done.RequestItems[table] = slices.Clone(all[:n])
			if n < len(all) {
				left[table] = slices.Clone(all[n:])
			}
		}
		result, err := call(&done)
		if out, ok := result.(*dynamodb.BatchWriteItemOutput); ok && err == nil {
			out.UnprocessedItems = left
		}
		return result, err
	})
}

func option(f func(*middleware.Stack) error) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, f) }
}

// Instead has f make a call in its own way, or answer it.
func Instead(name string, f func(ctx context.Context, params any, call func(any) (any, error)) (any, error)) func(*dynamodb.Options) {
	return option(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc(name, func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			out middleware.InitializeOutput, meta middleware.Metadata, err error) {
			result, err := f(ctx, in.Parameters, func(params any) (any, error) {
				in.Parameters = params
				out, meta, err = next.HandleInitialize(ctx, in)
				return out.Result, err
			})
			out.Result = result
			return out, meta, err
		}), middleware.After)
	})
}
