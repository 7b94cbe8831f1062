package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestDynamoMemoryConformance(t *testing.T) {
	client := dynamotest.Client(t)
	plugindatatest.RunMemory(t, func(t *testing.T) responder.Memory {
		return dynamo.NewMemory(client, dynamotest.Plugin(t, client))
	})
}

func TestDynamoMemoryUnderStrain(t *testing.T) {
	underStrain(t, func(t *testing.T, client, calm *dynamodb.Client) {
		plugindatatest.RunMemory(t, func(t *testing.T) responder.Memory { return dynamo.NewMemory(client, dynamotest.Plugin(t, calm)) })
	})
}

// Each method is one call, and what it leaves behind expires: by a Number, in seconds (Amazon DynamoDB Developer Guide,
// "Using time to live (TTL) in DynamoDB").
func TestDynamoMemoryIsOneCall(t *testing.T) {
	calls := new(dynamotest.Calls)
	client := dynamotest.Client(t, calls.Option)
	table := dynamotest.Plugin(t, client)
	m, ctx := dynamo.NewMemory(client, table), t.Context()
	calls.Reset()
	require.NoError(t, m.Store(ctx, "a#x", []byte("1"), noon.Add(999*time.Millisecond)))
	assert.Equal(t, []string{"UpdateItem"}, calls.Reset())
	_, err := m.Load(ctx, "a#x")
	require.NoError(t, err)
	assert.Equal(t, []string{"GetItem"}, calls.Reset())
	for was, want := range []bool{false, true} {
		_, made, err := m.Swap(ctx, "a#x", int64(was), []byte("2"), noon.Add(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, want, made)
		assert.Equal(t, []string{"UpdateItem"}, calls.Reset())
		out, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: &table})
		require.NoError(t, err)
		require.Len(t, out.Items, 1)
		assert.Equal(t, &types.AttributeValueMemberN{Value: fmt.Sprint(noon.Unix() + int64(was)*3600)}, out.Items[0]["expires_at"])
		assert.Equal(t, &types.AttributeValueMemberN{Value: fmt.Sprint(was + 1)}, out.Items[0]["ver"])
		calls.Reset()
	}
}

// A change whose answer was lost is made by the first attempt: the second finds it, and it is told as made, once.
func TestDynamoMemoryAnswersAreLost(t *testing.T) {
	faults := new(enginetest.Faults)
	client, ctx := dynamotest.Client(t, dynamotest.Spoiled(faults)), t.Context()
	m := dynamo.NewMemory(client, dynamotest.Plugin(t, client))
	lost := func() { faults.Set(enginetest.Once(enginetest.Lost, 1, "UpdateItem")) }
	lost()
	e, made, err := m.Swap(ctx, "a#x", 0, []byte("mine"), noon)
	require.NoError(t, err)
	assert.Equal(t, 2, faults.Attempts("UpdateItem"))
	assert.True(t, made)
	assert.Equal(t, responder.Entry{Value: []byte("mine"), Ver: 1, Expires: noon.UTC()}, e)
	lost()
	require.NoError(t, m.Store(ctx, "a#x", []byte("2"), noon))
	e, err = m.Load(ctx, "a#x")
	require.NoError(t, err)
	assert.Equal(t, []any{"2", int64(2)}, []any{string(e.Value), e.Ver}, "stored once")
	assert.Equal(t, 2, faults.Attempts("UpdateItem"))
}

func TestDynamoMemoryGivesUp(t *testing.T) {
	for _, f := range []enginetest.Fault{enginetest.Unsent, enginetest.Throttled} {
		faults := new(enginetest.Faults)
		client, ctx := dynamotest.Client(t, dynamotest.Spoiled(faults)), t.Context()
		m := dynamo.NewMemory(client, dynamotest.Plugin(t, client))
		require.NoError(t, m.Store(ctx, "a#x", []byte("1"), noon))
		faults.Set(enginetest.Always(f))
		_, loaded := m.Load(ctx, "a#x")
		stored := m.Store(ctx, "a#x", []byte("2"), noon)
		_, made, swapped := m.Swap(ctx, "a#x", 1, []byte("2"), noon)
		assert.False(t, made)
		for _, err := range []error{loaded, stored, swapped} {
			require.Error(t, err, f)
			assert.False(t, responder.IsPermanent(err), "%v", err)
			assert.Contains(t, err.Error(), "a#x")
		}
		faults.Set(nil)
		e, err := m.Load(ctx, "a#x")
		require.NoError(t, err)
		assert.Equal(t, int64(1), e.Ver, "nothing was done")
	}
}

// Receipts of emitters stand in the same table: neither takes the other's row for its own.
func TestDynamoMemoryBesideReceipts(t *testing.T) {
	client, ctx := dynamotest.Client(t), t.Context()
	table := dynamotest.Plugin(t, client)
	m, r := dynamo.NewMemory(client, table), dynamo.New(client, table)
	_, _, err := r.Acquire(ctx, "e#r", "a", 1, noon, noon.Add(time.Minute))
	require.NoError(t, err)
	_, err = r.Release(ctx, "e#r", "a", plugindata.State{Seq: 1}, noon)
	require.NoError(t, err)
	e, err := m.Load(ctx, "e#r")
	require.NoError(t, err)
	assert.Equal(t, responder.Entry{}, e, "no entry")
}
