package membus_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus/bustest"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		h := &harness{engine: newEngine(t, membus.Options{}), handlers: map[string]batchFunc{}}
		h.bus.AddTopic(bustest.Topic)
		for _, q := range bustest.Queues {
			h.bus.AddQueue(q.Name, membus.QueueConfig{Visibility: bustest.Visibility})
			if q.Subscribed {
				h.bus.Subscribe(bustest.Topic, q.Name, q.Raw, q.Types)
			}
		}
		return bustest.Harness{Bus: h.bus, Postpone: h.bus, Receive: h.receive, Batch: h.batch}
	})
}

type batchFunc func([]envelope.Delivery) []error

// harness receives from one queue at a time; a queue gets its handler when it is first received from, for one
// message or for ten at a time.
type harness struct {
	*engine
	handlers map[string]batchFunc
}

func (h *harness) receive(t *testing.T, queue string, n int, within time.Duration, handle func(envelope.Delivery) error) (got []envelope.Delivery) {
	h.let(queue, 1, func(ds []envelope.Delivery) (errs []error) {
		for _, d := range ds {
			got = append(got, d)
			errs = append(errs, handle(d))
		}
		return errs
	})
	h.until(t, within, func() bool { return len(got) >= n })
	return got
}

func (h *harness) batch(t *testing.T, queue string, within time.Duration, handle func([]envelope.Delivery) []error) {
	called := false
	h.let(queue, 10, func(ds []envelope.Delivery) []error {
		called = true
		return handle(ds)
	})
	h.until(t, within, func() bool { return called })
}

// let has one queue handled by f, and nothing be done in the others.
func (h *harness) let(queue string, batch int, f batchFunc) {
	if _, ok := h.handlers[queue]; !ok {
		h.bus.Map(queue, batches(func(ds []envelope.Delivery) []error { return h.handlers[queue](ds) }), batch)
	}
	for other := range h.handlers {
		h.handlers[other] = func(ds []envelope.Delivery) []error { return slices.Repeat([]error{errLater}, len(ds)) }
	}
	h.handlers[queue] = f
}

// until lets time pass until something is so, or the time is over.
func (h *harness) until(t *testing.T, within time.Duration, so func() bool) {
	end := h.now.Add(within)
	for !so() {
		if h.bus.Step(t.Context()) {
			continue
		}
		due, ok := h.bus.NextDue()
		if !ok || due.After(end) {
			h.now = end
			return
		}
		require.True(t, due.After(h.now), "nothing was delivered, but something is due")
		h.now = due
	}
}

// batches is a handler whose messages fail alone.
func batches(f batchFunc) host.Handler {
	return handler(func(_ context.Context, ds []envelope.Delivery) ([]byte, error) {
		var failed []string
		for i, err := range f(ds) {
			if err != nil {
				failed = append(failed, ds[i].ID)
			}
		}
		return envelope.Failures(failed), nil
	})
}
