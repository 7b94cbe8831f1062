package dynamo_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The whole suite on a service that is as bad as it may be, and loses nothing.
func TestDynamoUnderStrain(t *testing.T) {
	underStrain(t, func(t *testing.T, client, calm *dynamodb.Client) {
		plugindatatest.Run(t, func(t *testing.T) plugindata.Receipts { return dynamo.New(client, dynamotest.Plugin(t, calm)) })
	})
}

// underStrain runs a suite with each client that has a bad service, and one for what the test itself does.
func underStrain(t *testing.T, suite func(t *testing.T, client, calm *dynamodb.Client)) {
	for name, strain := range map[string]func(*dynamodb.Options){
		"stale reads":        dynamotest.Stale(),
		"throttled":          dynamotest.FirstFails(enginetest.Throttled),
		"broken connections": dynamotest.FirstFails(enginetest.Unsent),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm, client := dynamotest.Client(t), dynamotest.Client(t, strain)
			suite(t, client, calm)
		})
	}
}

var noon = time.Unix(1779019200, 0)

// told is what an emitter was told of a lease.
type told struct {
	state plugindata.State
	plugindata.Outcome
}

// A lease whose answer was lost is told as acquired. What was remembered, and is told as not, is remembered: whoever
// comes back finds it shown.
func TestDynamoAnswersAreLost(t *testing.T) {
	faults := new(enginetest.Faults)
	client, ctx := dynamotest.Client(t, dynamotest.Spoiled(faults)), t.Context()
	r := dynamo.New(client, dynamotest.Plugin(t, client))
	acquire := func(owner string, seq int64) (got told) {
		t.Helper()
		var err error
		faults.Set(enginetest.Once(enginetest.Lost, 1, "UpdateItem"))
		got.state, got.Outcome, err = r.Acquire(ctx, "e#r", owner, seq, noon, noon.Add(time.Minute))
		require.NoError(t, err)
		assert.Equal(t, 2, faults.Attempts("UpdateItem"))
		return got
	}
	again := plugindata.State{Interrupted: true} // by oneself, which nobody can tell
	assert.Equal(t, told{again, plugindata.Acquired}, acquire("a", 2))
	assert.Equal(t, told{again, plugindata.Busy}, acquire("b", 3))

	shown := plugindata.State{Receipt: responder.Receipt{"ts": "1"}, Seq: 2, Shown: "x"}
	faults.Set(enginetest.Once(enginetest.Lost, 1, "UpdateItem"))
	kept, err := r.Release(ctx, "e#r", "a", shown, noon.Add(time.Hour))
	require.NoError(t, err)
	assert.False(t, kept, "the lease was given back by the first attempt")
	assert.Equal(t, told{shown, plugindata.Stale}, acquire("c", 2))
	shown.Interrupted = true
	assert.Equal(t, told{shown, plugindata.Acquired}, acquire("c", 3))
}

// All attempts fail: the error is one that redelivery mends, and what stands stays.
func TestDynamoGivesUp(t *testing.T) {
	for _, f := range []enginetest.Fault{enginetest.Unsent, enginetest.Throttled} {
		faults := new(enginetest.Faults)
		client, ctx := dynamotest.Client(t, dynamotest.Spoiled(faults)), t.Context()
		r := dynamo.New(client, dynamotest.Plugin(t, client))
		failed := func(err error) {
			t.Helper()
			require.Error(t, err, f)
			assert.False(t, responder.IsPermanent(err), "%v", err)
			assert.Equal(t, enginetest.Attempts, faults.Attempts("UpdateItem"), f)
			faults.Set(nil)
		}
		acquire := func(seq int64) (plugindata.Outcome, error) {
			_, outcome, err := r.Acquire(ctx, "e#r", "a", seq, noon, noon.Add(time.Minute))
			return outcome, err
		}
		faults.Set(enginetest.Always(f))
		_, err := acquire(1)
		failed(err)
		got, err := acquire(1)
		require.NoError(t, err)
		assert.Equal(t, plugindata.Acquired, got)

		faults.Set(enginetest.Always(f))
		_, err = r.Release(ctx, "e#r", "a", plugindata.State{Seq: 1}, noon)
		failed(err)
		kept, err := r.Release(ctx, "e#r", "a", plugindata.State{Seq: 1}, noon)
		require.NoError(t, err)
		assert.True(t, kept, "nothing was done before")
	}
}
