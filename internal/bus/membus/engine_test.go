package membus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

var (
	_ bus.Bus        = (*membus.Bus)(nil)
	_ host.Postponer = (*membus.Bus)(nil)
)

var errLater = errors.New("later")

// engine is a bus on a clock that stands still.
type engine struct {
	bus *membus.Bus
	now time.Time
}

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func newEngine(t testing.TB, o membus.Options) *engine {
	t.Helper()
	e := &engine{now: noon}
	o.Now = func() time.Time { return e.now }
	var err error
	e.bus, err = membus.New(o)
	require.NoError(t, err)
	return e
}

// queue makes a queue with a handler.
func (e *engine) queue(name string, c membus.QueueConfig, batch int, h host.Handler) {
	e.bus.AddQueue(name, c)
	e.bus.Map(name, h, batch)
}

func (e *engine) send(t testing.TB, queue string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		require.NoError(t, e.bus.Send(t.Context(), queue, bus.Message{Body: body}, 0))
	}
}

// work delivers what is due, and returns the number of batches.
func (e *engine) work(t testing.TB) (batches int) {
	for e.bus.Step(t.Context()) {
		batches++
	}
	return batches
}

// settle lets time pass until nothing waits any more.
func (e *engine) settle(t testing.TB) {
	t.Helper()
	for range 100_000 {
		e.work(t)
		due, ok := e.bus.NextDue()
		if !ok {
			return
		}
		require.True(t, due.After(e.now))
		e.now = due
	}
	require.Fail(t, "it never ends")
}

// handler is a host.Handler of a function.
type handler func(ctx context.Context, ds []envelope.Delivery) ([]byte, error)

func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ds, err := envelope.Read(payload)
	if err != nil {
		return nil, err
	}
	return h(ctx, ds)
}

// each is a handler whose messages fail alone.
func each(f func(envelope.Delivery) error) host.Handler {
	return handler(func(_ context.Context, ds []envelope.Delivery) ([]byte, error) {
		var failed []string
		for _, d := range ds {
			if f(d) != nil {
				failed = append(failed, d.ID)
			}
		}
		return envelope.Failures(failed), nil
	})
}
