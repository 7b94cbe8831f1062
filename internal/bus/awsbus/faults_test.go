package awsbus_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
	"github.com/m-mizutani/AlertResponder/internal/bus/bustest"
	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// faulty is an engine, and a bus on it whose calls can be made to fail.
type faulty struct {
	*engine
	faults   *enginetest.Faults
	bus      *awsbus.Bus
	postpone visibility.Postponer
}

func newFaulty(t *testing.T) faulty {
	t.Helper()
	cfg := enginetest.Config(t, endpoint)
	f := faulty{engine: newEngine(t, cfg), faults: new(enginetest.Faults)}
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), f.faults.Option)
	queues := sqs.NewFromConfig(cfg)
	f.bus, f.postpone = awsbus.New(sns.NewFromConfig(cfg), queues, f.names), visibility.Postponer{Client: queues}
	return f
}

// queued is a queue of the suite, of those that a message is taken from again.
const queued, unwrapped = "alone", "raw"

var parcel = bus.Message{Body: `{"a":1}`, Attributes: []bus.Attribute{{Name: "status", Value: "new"}, {Name: "types", List: []string{"*"}}}}

// ways are the two ways into a queue.
func (f faulty) ways() map[string]struct {
	call, queue string
	send        func(context.Context) error
} {
	return map[string]struct {
		call, queue string
		send        func(context.Context) error
	}{
		"publish": {"Publish", unwrapped, func(ctx context.Context) error { return f.bus.Publish(ctx, bustest.Topic, parcel) }},
		"send":    {"SendMessage", queued, func(ctx context.Context) error { return f.bus.Send(ctx, queued, parcel, 0) }},
	}
}

var kinds = []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled}

// holds asserts that so many messages are in a queue, each the parcel, with an id of its own.
func (f faulty) holds(t *testing.T, queue string, want int) {
	t.Helper()
	ids := map[string]bool{}
	within := 10 * time.Second
	if want == 0 {
		within = time.Second
	}
	for _, d := range f.receive(t, queue, max(want, 1), within, func(envelope.Delivery) error { return nil }) {
		ids[d.ID] = true
		assert.Equal(t, parcel.Body, d.Body)
		assert.Equal(t, map[string]string{"status": "new", "types": `["*"]`}, d.Attributes)
	}
	assert.Len(t, ids, want)
}

// One attempt fails: there is no error, and the message is there; twice where the answer was lost.
func TestOneAttemptFails(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t)
			for name, way := range f.ways() {
				f.faults.Set(enginetest.Once(kind, 1, way.call))
				require.NoError(t, way.send(t.Context()), name)
				assert.Equal(t, 2, f.faults.Attempts(way.call), name)
				if kind == enginetest.Lost {
					f.holds(t, way.queue, 2)
				} else {
					f.holds(t, way.queue, 1)
				}
			}
		})
	}
}

// All attempts fail: the error is one that redelivery mends. The message is not there, or is, where it was sent.
func TestGivesUp(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t)
			for name, way := range f.ways() {
				f.faults.Set(enginetest.Always(kind))
				mended(t, kind, way.send(t.Context()))
				assert.Equal(t, enginetest.Attempts, f.faults.Attempts(way.call), name)
				f.faults.Set(nil)
				if kind == enginetest.Lost {
					f.holds(t, way.queue, enginetest.Attempts)
				} else {
					f.holds(t, way.queue, 0)
				}
				require.NoError(t, way.send(t.Context()), name)
				f.holds(t, way.queue, 1)
			}
		})
	}
}

func mended(t *testing.T, kind enginetest.Fault, err error) {
	t.Helper()
	require.Error(t, err)
	assert.False(t, responder.IsPermanent(err), "%v", err)
	var api smithy.APIError
	assert.Equal(t, kind == enginetest.Throttled, errors.As(err, &api), "%v", err)
}

// A change of the visibility may be made twice, and one that is given up leaves the queue's own time-out.
func TestPostponeFails(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t)
			require.NoError(t, f.bus.Send(t.Context(), queued, parcel, 0))
			errAgain := errors.New("again")
			f.receive(t, queued, 1, 10*time.Second, func(d envelope.Delivery) error {
				f.faults.Set(enginetest.Once(kind, 1))
				assert.NoError(t, f.postpone.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, 0))
				return errAgain
			})
			f.faults.Set(enginetest.Always(kind))
			got := f.receive(t, queued, 1, bustest.Visibility/2, func(d envelope.Delivery) error {
				mended(t, kind, f.postpone.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, 0))
				return errAgain
			})
			require.Len(t, got, 1, "at once")
			got = f.receive(t, queued, 1, 10*time.Second, func(envelope.Delivery) error { return nil })
			require.Len(t, got, 1)
			assert.Equal(t, 3, got[0].ReceiveCount)
		})
	}
}
