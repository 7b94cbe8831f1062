package meter_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	plugindynamo "github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// consumed has DynamoDB say what each call consumed.
func consumed(units *[]float64) func(*dynamodb.Options) {
	note := func(c *types.ConsumedCapacity) {
		if c != nil {
			*units = append(*units, *c.CapacityUnits)
		}
	}
	const total = types.ReturnConsumedCapacityTotal
	return dynamotest.Instead("consumed", func(_ context.Context, params any, call func(any) (any, error)) (any, error) {
		switch in := params.(type) {
		case *dynamodb.GetItemInput:
			in.ReturnConsumedCapacity = total
		case *dynamodb.QueryInput:
			in.ReturnConsumedCapacity = total
		case *dynamodb.PutItemInput:
			in.ReturnConsumedCapacity = total
		case *dynamodb.UpdateItemInput:
			in.ReturnConsumedCapacity = total
		}
		result, err := call(params)
		if err == nil {
			switch out := result.(type) {
			case *dynamodb.GetItemOutput:
				note(out.ConsumedCapacity)
			case *dynamodb.QueryOutput:
				note(out.ConsumedCapacity)
			case *dynamodb.PutItemOutput:
				note(out.ConsumedCapacity)
			case *dynamodb.UpdateItemOutput:
				note(out.ConsumedCapacity)
			}
		}
		return result, err
	})
}

// DynamoDB Local says the same of what each call consumes.
func TestBilledAsDynamoDBLocalSays(t *testing.T) {
	var theirs, ours []float64
	calm := dynamotest.Client(t)
	client := dynamotest.Client(t, consumed(&theirs))
	d := meter.NewDynamoDB(func(_ string, writes, halfReads int64) { ours = append(ours, float64(writes)+float64(halfReads)/2) })
	d.AddTables()
	names := dynamotest.Core(t, calm)
	for _, on := range []struct {
		store    *dynamo.Store
		receipts *plugindynamo.Receipts
	}{
		{dynamo.New(client, names, retention), plugindynamo.New(client, dynamotest.Plugin(t, calm))},
		{dynamo.New(d.Client(), dynamo.Tables{AlertMap: meter.AlertMap, ReportData: meter.ReportData}, retention), plugindynamo.New(d.Client(), meter.PluginData)},
	} {
		life(t, on.store, on.receipts)
	}
	require.NotEmpty(t, theirs)
	assert.Equal(t, theirs, ours)
}

// life is what reports of all sizes go through; each of its calls succeeds.
func life(t *testing.T, s *dynamo.Store, receipts *plugindynamo.Receipts) {
	t.Helper()
	ctx, now := t.Context(), time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for report := range 6 {
		fresh := protocol.Fresh(strings.Repeat("F", 20)+fmt.Sprint(report), now.UnixMilli(), protocol.Rules{Window: time.Hour, Retention: retention})
		item, err := s.Open(ctx, fresh, now.UnixMilli())
		require.NoError(t, err)
		next := item
		next.Count, next.Bodies, next.Severity, next.DeadlineAt = 1, 1, 50, now.UnixMilli()
		for n := range 40 * report {
			next.Seen = next.Seen.With(fmt.Sprintf("%08d", n))
			next.Pending = next.Pending.With(fmt.Sprintf("0.ORIGIN/inspector-%d", n))
		}
		item, ok, err := s.Swap(ctx, item, next)
		require.NoError(t, err)
		require.True(t, ok)
		for _, size := range []int{0, 700, 900 + 300*report, 5000 * report, 100_000 * report} {
			require.NoError(t, s.PutBody(ctx, item.ReportID, store.Body{Key: fmt.Sprint("A#", size), Data: noise(size)}))
		}
		_, _, err = s.CrossOff(ctx, item.ReportID, "0.ORIGIN/inspector-3", true)
		require.NoError(t, err)
		_, _, err = s.Count(ctx, item.ReportID, 3, now.UnixMilli())
		require.NoError(t, err)
		_, err = s.Get(ctx, item.Fingerprint)
		require.NoError(t, err)
		_, err = s.Bodies(ctx, item.ReportID)
		require.NoError(t, err)
		_, err = s.PutVerdict(ctx, item.ReportID, store.Verdict{Ver: 1, OpenedAt: now.UnixMilli(), Severity: responder.Urgent, Title: "t", Data: noise(600 + 500*report)})
		require.NoError(t, err)
		_, made, err := s.Settle(ctx, item.ReportID, 1, responder.Urgent)
		require.NoError(t, err)
		require.True(t, made)
		_, _, err = receipts.Acquire(ctx, item.ReportID, "owner", 2, now, now.Add(time.Minute))
		require.NoError(t, err)
		_, err = receipts.Release(ctx, item.ReportID, "owner", plugindata.State{Receipt: responder.Receipt{"r": strings.Repeat("x", 500*report)}, Seq: 2, Shown: "s"}, now.Add(retention))
		require.NoError(t, err)
	}
}
