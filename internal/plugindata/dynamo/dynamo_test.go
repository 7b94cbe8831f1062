package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
)

func TestDynamoConformance(t *testing.T) {
	client := dynamotest.Client(t)
	plugindatatest.Run(t, func(t *testing.T) plugindata.Receipts {
		return dynamo.New(client, dynamotest.Plugin(t, client))
	})
}

// A notification is two calls, and what it leaves behind expires.
func TestDynamoTwoCalls(t *testing.T) {
	calls := new(dynamotest.Calls)
	client := dynamotest.Client(t, calls.Option)
	table := dynamotest.Plugin(t, client)
	r, now, ctx := dynamo.New(client, table), time.Unix(1779019200, 0), t.Context()
	expires := func(want time.Time) {
		t.Helper()
		out, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: &table})
		require.NoError(t, err)
		require.Len(t, out.Items, 1)
		assert.Equal(t, &types.AttributeValueMemberN{Value: fmt.Sprint(want.Unix())}, out.Items[0]["expires_at"])
		calls.Reset()
	}
	calls.Reset()
	for seq, owner := range []string{"a", "b"} {
		until := now.Add(time.Minute)
		_, got, err := r.Acquire(ctx, "e#r", owner, int64(seq+1), now, until)
		require.NoError(t, err)
		require.Equal(t, plugindata.Acquired, got)
		_, got, err = r.Acquire(ctx, "e#r", "late", int64(seq), now, until)
		require.NoError(t, err)
		assert.NotEqual(t, plugindata.Acquired, got)
		assert.Equal(t, []string{"UpdateItem", "UpdateItem"}, calls.Reset(), "one each")
		if seq == 0 {
			expires(until.Add(24 * time.Hour)) // somebody may never come back
		} else {
			expires(now.Add(time.Hour)) // what was remembered is not cut short
		}
		made, err := r.Release(ctx, "e#r", owner, plugindata.State{Seq: int64(seq + 1)}, now.Add(time.Hour))
		require.NoError(t, err)
		require.True(t, made)
		assert.Equal(t, []string{"UpdateItem"}, calls.Reset())
		expires(now.Add(time.Hour))
	}
}
