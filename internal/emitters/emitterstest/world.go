package emitterstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// Start is what the clock says at first.
var Start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

const id = "emitter"

// tester is what a test needs of testing.T, and of rapid.T.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// world is a pipeline with the emitter, and its service.
type world struct {
	Case
	t       tester
	p       *inprocess.Pipeline
	service http.Handler
	shown   func() []Shown
	log     bytes.Buffer
	plan    plan

	emitter  responder.Emitter // of the process that lives
	held     string            // the key as that process has read it
	calls    int               // of the emitter
	requests int
	faults   int      // that were made
	told     []string // what the emitter gave back
	worst    int      // requests of one call
}

// plan is what goes wrong.
type plan struct {
	at     func(n int, after time.Duration) fault // of the n-th request, from 1
	key    func(after time.Duration) bool         // whether the key is wrong then
	rude   *rand.Rand
	handle func(w *world, h host.Handler) host.Handler // how batches are delivered; nil: once
	forget func() bool                                 // whether a receipt is not kept
}

// play lets the day pass, and checks what is shown then.
func (c Case) play(t *testing.T, in tester, p plan) *world {
	in.Helper()
	w := &world{Case: c, t: in, plan: p}
	w.restart()
	handle := p.handle
	if handle == nil {
		handle = once
	}
	var err error
	w.p, err = inprocess.New(inprocess.Config{
		Emitters: []inprocess.Emitter{{ID: id, Emitter: responder.EmitterFunc(w.emit)}},
		Reviewer: responder.ReviewerFunc(review), Start: Start, Rude: p.rude,
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
		Wrap: inprocess.Wrap{
			Handler: func(queue string, h host.Handler) host.Handler {
				if queue != id {
					return h
				}
				return handle(w, h)
			},
			Receipts: func(r plugindata.Receipts) plugindata.Receipts { return receipts{w, r} },
		},
	})
	require.NoError(in, err)
	w.service, w.shown = c.Service(t, w.p.Now)
	for _, e := range day() {
		require.NoError(in, w.p.Advance(in.Context(), e.at-w.p.Now().Sub(Start)))
		text, err := json.Marshal(e.alert)
		require.NoError(in, err)
		require.NoError(in, w.p.Send(in.Context(), text))
	}
	require.NoError(in, w.p.Settle(in.Context()))
	w.check()
	return w
}

type event struct {
	at    time.Duration
	alert responder.Alert
}

// day is what comes in: two incidents in the first hour, in which verdicts change, and one at its end, which is over and
// comes again.
func day() []event {
	e := func(at time.Duration, key string, n int) event {
		return event{at, responder.Alert{Name: fmt.Sprintf("alert %s%d", key, n), Rule: "rule", Key: key, Severity: 50,
			Timestamp: responder.Span(Start, Start.Add(at)), Attrs: []responder.Attribute{
				{Type: responder.TypeIPAddr, Value: fmt.Sprintf("198.51.100.%d", n), Context: []string{responder.ContextRemote}}}}}
	}
	over := func(e event) event { e.alert.State = responder.Resolved; return e }
	return []event{
		e(0, "a", 1), e(time.Second, "b", 1), e(2*time.Second, "a", 2),
		e(10*time.Minute, "a", 3), e(10*time.Minute+time.Second, "b", 2),
		e(35*time.Minute, "a", 4), e(59*time.Minute, "c", 1), e(2*time.Hour, "b", 3), over(e(130*time.Minute, "c", 2)),
		e(3*time.Hour, "b", 4), e(4*time.Hour, "c", 3),
	}
}

// review gives each number of alerts a verdict of its own.
func review(_ context.Context, r responder.Report) (responder.Result, error) {
	severity := []responder.Severity{responder.Safe, responder.Urgent, responder.Unclassified, responder.Urgent, responder.Safe}[len(r.Alerts)%5]
	return responder.Result{Severity: severity, Reason: reason(r)}, nil
}

func reason(r responder.Report) string {
	return fmt.Sprintf("because of alert number %d", len(r.Alerts))
}

// emit calls the emitter of the process that lives, and looks at what it gives.
func (w *world) emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	w.calls++
	was := w.requests
	receipt, err := w.emitter.Emit(ctx, r, prev)
	w.worst = max(w.worst, w.requests-was)
	text, _ := json.Marshal(receipt) // of strings
	w.told = append(w.told, string(text))
	if err != nil {
		w.told = append(w.told, err.Error())
	}
	return receipt, err
}

// restart is another process, which remembers nothing.
func (w *world) restart() {
	w.held = ""
	s := delivery.Settings{Getenv: func(name string) string { return w.Env[name] }, Transport: transport{w}, Now: w.now}
	if w.Key != "" {
		s.Key = w.key
	}
	var err error
	w.emitter, err = w.New(s)
	require.NoError(w.t, err)
}

func (w *world) now() time.Time {
	if w.p == nil {
		return Start
	}
	return w.p.Now()
}

func (w *world) after() time.Duration { return w.now().Sub(Start) }

// key is read as on Lambda: kept, until it is refused.
func (w *world) key(ctx context.Context) (string, error) {
	if w.held == "" || responder.WantsRefresh(ctx) {
		w.held = w.Key
		if w.plan.key != nil && w.plan.key(w.after()) {
			w.held = w.WrongKey
		}
	}
	return w.held, nil
}

func (w *world) secrets() []string {
	out := []string{w.Key, w.WrongKey}
	return append(out, strings.Fields(w.Key)...)
}
