package redrive_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
)

var (
	noon     = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	errOrder = errors.New("out of order")
)

// handler is a function.
type handler func(context.Context, []byte) ([]byte, error)

func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return h(ctx, payload) }

// deaf does not take what is sent while it is broken.
type deaf struct {
	bus.Bus
	broken *bool
}

func (b deaf) Send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	if *b.broken {
		return errOrder
	}
	return b.Bus.Send(ctx, queue, m, delay)
}

// A letter that goes back twice, since a crash came between its sending and its deletion, is one alert, with its own
// time, that says that it is late; whether the function had done nothing with it before it gave up, or half of its work
// (then each attempt was counted).
func TestARedrivenAlertIsTheSameAlert(t *testing.T) {
	for name, body := range map[string]string{
		"text without a key": "disk full on host-7",
		"an alert":           `{"name":"n","rule":"r","key":"k","attrs":[{"type":"ipaddr","value":"203.0.113.7"}]}`,
		"several":            `{"name":"n","rule":"r"}` + "\n" + `{"name":"m","rule":"r"}`,
		"an envelope":        envelope.Wrap("arn:aws:sns:eu-west-1:111122223333:t", "sns-1", "", "disk full on host-7", nil, noon.Add(-time.Second)),
		"EventBridge":        `{"id":"event-1","source":"aws.ec2","detail-type":"x","detail":{}}`,
	} {
		for _, half := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				broken := true
				wrap := inprocess.Wrap{Handler: func(queue string, h host.Handler) host.Handler {
					return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
						if broken && queue == bus.AlertQueue {
							return nil, errOrder
						}
						return h.Invoke(ctx, payload)
					})
				}}
				if half {
					wrap = inprocess.Wrap{Bus: func(b bus.Bus) bus.Bus { return deaf{b, &broken} }}
				}
				p, err := inprocess.New(inprocess.Config{Start: noon, Wrap: wrap})
				require.NoError(t, err)
				require.NoError(t, p.Bus().Send(t.Context(), bus.AlertQueue, bus.Message{Body: body}, 0))
				require.NoError(t, p.Settle(t.Context()))
				require.Greater(t, p.Now().Sub(noon), 30*time.Minute)
				require.Less(t, p.Now().Sub(noon), 20*time.Hour, "in the window")
				broken = false
				putBackTwice(t, p)

				reports, err := p.Reports(t.Context())
				require.NoError(t, err)
				require.Len(t, reports, strings.Count(body, "\n")+1)
				for _, r := range reports {
					assert.True(t, half || r.AlertCount == 1, r.AlertCount)
					require.Len(t, r.Alerts, 1)
					assert.True(t, half || r.Alerts[0].Late)
					assert.WithinDuration(t, noon, r.Alerts[0].Timestamp.LastTime(), time.Minute)
				}
			})
		}
	}
}

// putBackTwice redrives the one dead letter of AlertQueue to it, and once more as if it had not been deleted.
func putBackTwice(t *testing.T, p *inprocess.Pipeline) {
	letters := p.Bus().DeadLetters()
	require.Len(t, letters, 1)
	for range 2 {
		d := newDesk(0)
		d.queue.AsOf = p.Now()
		m := d.letter(letters[0].Body, p.Now().Sub(noon))
		m.ID = letters[0].ID
		require.True(t, d.run(t.Context()).OK())
		again := d.Queues[alerts].Messages[0]
		back := bus.Message{Body: again.Body}
		for name := range again.Attributes {
			back.Attributes = append(back.Attributes, bus.Attribute{Name: name, Value: value(again, name)})
		}
		require.NoError(t, p.Bus().Send(t.Context(), bus.AlertQueue, back, 0))
		require.NoError(t, p.Advance(t.Context(), time.Hour))
	}
}
