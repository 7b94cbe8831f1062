package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// fault is what happens to one call of the function.
type fault int

const (
	none   fault = iota
	unmade       // an error, and nothing is done
	lost         // it is done, and an error comes back
	before       // the function dies before it
	after        // it is done, and the function dies
)

var errFault = errors.New("a fault of the test")

// world is the whole pipeline with quarantine in it. Each call that the function makes is counted, and one of them may be met.
type world struct {
	*stand
	p     *inprocess.Pipeline
	calls int
	at    int // the call that is met, from 1
	fault fault
	names []string
}

// call makes a call, unless it is met.
func (w *world) call(name string, do func() error) error {
	w.calls++
	w.names = append(w.names, name)
	met := none
	if w.calls == w.at {
		met = w.fault
	}
	switch met {
	case unmade:
		return errFault
	case before:
		runtime.Goexit()
	}
	err := do()
	switch met {
	case lost:
		return errors.Join(err, errFault)
	case after:
		runtime.Goexit()
	}
	return err
}

// handler runs in a goroutine of its own, so that it can die.
type handler struct {
	w *world
	host.Handler
}

func (h handler) Invoke(ctx context.Context, payload []byte) (out []byte, err error) {
	err = errors.New("the function died")
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, err = h.Handler.Invoke(ctx, payload)
	}()
	<-done
	return out, err
}

type metMemory struct {
	w *world
	responder.Memory
}

func (m metMemory) Load(ctx context.Context, key string) (e responder.Entry, err error) {
	err = m.w.call("load", func() (err error) { e, err = m.Memory.Load(ctx, key); return err })
	return e, err
}

func (m metMemory) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (e responder.Entry, made bool, err error) {
	err = m.w.call("swap", func() (err error) { e, made, err = m.Memory.Swap(ctx, key, was, value, expires); return err })
	return e, made, err
}

type metHands struct{ w *world }

func (m metHands) Look(ctx context.Context, t actions.Target, known actions.Before) (l actions.Look, err error) {
	err = m.w.call("look", func() (err error) { l, err = m.w.cloud.Look(ctx, t, known); return err })
	return l, err
}

func (m metHands) Do(ctx context.Context, id string, t actions.Target, b actions.Before) (d actions.Done, err error) {
	err = m.w.call("do", func() (err error) { d, err = m.w.cloud.Do(ctx, id, t, b); return err })
	return d, err
}

type metReceipts struct {
	w *world
	plugindata.Receipts
}

func (m metReceipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (s plugindata.State, o plugindata.Outcome, err error) {
	err = m.w.call("acquire", func() (err error) { s, o, err = m.Receipts.Acquire(ctx, key, owner, seq, now, until); return err })
	return s, o, err
}

func (m metReceipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (ok bool, err error) {
	err = m.w.call("release", func() (err error) { ok, err = m.Receipts.Release(ctx, key, owner, s, expires); return err })
	return ok, err
}

// metBus is met where a page of quarantine is handed in.
type metBus struct {
	w *world
	bus.Bus
}

func (m metBus) Send(ctx context.Context, queue string, message bus.Message, delay time.Duration) error {
	if queue != bus.SubmissionQueue || !strings.Contains(message.Body, "legacy/"+ID) {
		return m.Bus.Send(ctx, queue, message, delay)
	}
	return m.w.call("submit", func() error { return m.Bus.Send(ctx, queue, message, delay) })
}

// intel says malicious of all that it is asked about, from a time on.
type intel struct{ w *world }

func (intel) Inspect(_ context.Context, t responder.Task) (responder.Page, error) {
	verdict := responder.Malicious
	if strings.HasPrefix(t.Attribute.Value, "good") {
		verdict = responder.Harmless
	}
	return responder.Page{Signals: []responder.Signal{{Kind: "reputation", Verdict: verdict, Score: 90}}}, nil
}

func newWorld(t testing.TB, mode string, rude *rand.Rand, at int, f fault) *world {
	t.Helper()
	w := &world{stand: &stand{cloud: newCloud(), memory: responder.NewMemory(), mode: mode}, at: at, fault: f}
	rules := strings.Replace(theRules, "    signals:", "    older: 48h\n    signals:", 1)
	e, err := newEmitter(Options{Memory: metMemory{w, w.memory}, Now: func() time.Time { return w.p.Now() },
		Getenv: func(name string) string {
			return map[string]string{"QUARANTINE_MODE": mode, "QUARANTINE_RULES": rules}[name]
		}}, metHands{w})
	require.NoError(t, err)
	w.emitter = e
	w.p, err = inprocess.New(inprocess.Config{
		Start: start, Rude: rude,
		Inspectors: []inprocess.Inspector{{ID: "intel", Types: []string{"*"}, Inspector: intel{w}}},
		Emitters:   []inprocess.Emitter{{ID: ID, Emitter: e}},
		Wrap: inprocess.Wrap{
			Bus:      func(b bus.Bus) bus.Bus { return metBus{w, b} },
			Receipts: func(r plugindata.Receipts) plugindata.Receipts { return metReceipts{w, r} },
			Handler: func(queue string, h host.Handler) host.Handler {
				if queue != ID {
					return h
				}
				return handler{w, h}
			},
		},
	})
	require.NoError(t, err)
	return w
}

// send sends an alert of an incident.
func (w *world) send(t testing.TB, incident string, attrs ...responder.Attribute) {
	t.Helper()
	text, err := json.Marshal(responder.Alert{Name: "Brute force", Rule: "SSHBruteForce", Key: incident, Source: "guardduty", Account: account,
		Region: "eu-west-1", Timestamp: responder.Span(w.p.Now(), w.p.Now()), Attrs: attrs})
	require.NoError(t, err)
	require.NoError(t, w.p.Send(t.Context(), text))
}

// told is what the reports say of quarantine, by the entity.
func (w *world) told(t testing.TB) map[string]string {
	t.Helper()
	reports, err := w.p.Reports(t.Context())
	require.NoError(t, err)
	out := map[string]string{}
	for _, r := range reports {
		for _, i := range r.Inspections {
			if i.Inspector == ID {
				out[r.Alert.Key+" "+i.Attribute.Value] = string(i.Outcome) + " " + i.Title
			}
		}
	}
	return out
}
