package membus_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus/bustest"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		h := &harness{engine: newEngine(t, membus.Options{}), handlers: map[string]func(envelope.Delivery) error{}}
		h.bus.AddTopic(bustest.Topic)
		for _, q := range bustest.Queues {
			h.bus.AddQueue(q.Name, membus.QueueConfig{Visibility: bustest.Visibility})
			if q.Subscribed {
				h.bus.Subscribe(bustest.Topic, q.Name, q.Raw, q.Types)
			}
		}
		return bustest.Harness{Bus: h.bus, Postpone: h.bus, Receive: h.receive}
	})
}

// harness receives from one queue at a time; a queue gets its handler when it is first received from.
type harness struct {
	*engine
	handlers map[string]func(envelope.Delivery) error
}

func (h *harness) receive(t *testing.T, queue string, n int, within time.Duration, handle func(envelope.Delivery) error) (got []envelope.Delivery) {
	if _, ok := h.handlers[queue]; !ok {
		h.bus.Map(queue, each(func(d envelope.Delivery) error { return h.handlers[queue](d) }), 1)
	}
	for other := range h.handlers {
		h.handlers[other] = func(envelope.Delivery) error { return errLater }
	}
	h.handlers[queue] = func(d envelope.Delivery) error {
		got = append(got, d)
		return handle(d)
	}
	end := h.now.Add(within)
	for len(got) < n {
		if h.bus.Step(t.Context()) {
			continue
		}
		due, ok := h.bus.NextDue()
		if !ok || due.After(end) {
			h.now = end
			break
		}
		require.True(t, due.After(h.now), "nothing was delivered, but something is due")
		h.now = due
	}
	return got
}
