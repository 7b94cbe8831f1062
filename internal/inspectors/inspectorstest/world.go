package inspectorstest

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// world is a pipeline with one inspector, its service, and somebody who is told.
type world struct {
	t        *testing.T
	c        Case
	pipeline *inprocess.Pipeline
	service  *service
	memory   responder.Memory
	secret   responder.Secret
	log      lines
	told     []told

	mu      sync.Mutex
	process responder.Inspector // as it was made last
}

// told is a report, and when it was told.
type told struct {
	after  time.Duration
	report responder.Report
}

// lines is a log that may be written to from several goroutines.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// newWorld has a service that answers by h. Changes are made before the inspector is.
func newWorld(t *testing.T, c Case, h handle, changes ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, c: c, memory: responder.NewMemory(), secret: func(context.Context) (string, error) { return key, nil }}
	w.service = &service{t: t, header: c.Header, handle: h, now: w.now}
	for _, change := range changes {
		change(w)
	}
	w.restart()
	w.put(func(h host.Handler) host.Handler { return h })
	return w
}

// put makes the pipeline, with the inspector's function as wrap wants it.
func (w *world) put(wrap func(host.Handler) host.Handler) {
	w.t.Helper()
	p, err := inprocess.New(inprocess.Config{
		Start: Start, Log: slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Inspectors: []inprocess.Inspector{{ID: w.c.ID, Types: w.c.Types, Inspector: w}},
		Emitters:   []inprocess.Emitter{{ID: "wire", Emitter: responder.EmitterFunc(w.emit)}},
		Wrap: inprocess.Wrap{Handler: func(queue string, h host.Handler) host.Handler {
			if queue == w.c.ID {
				return wrap(h)
			}
			return h
		}},
	})
	require.NoError(w.t, err)
	w.pipeline = p
}

func (w *world) now() time.Time {
	if w.pipeline == nil {
		return Start
	}
	return w.pipeline.Now()
}

// restart is a new process: it has lost all but the Memory.
func (w *world) restart() {
	i, err := w.c.New(intel.Settings{
		Key: w.secret, Memory: w.memory, Transport: w.service, Now: w.now, Getenv: func(n string) string { return w.c.Env[n] },
	})
	require.NoError(w.t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process = i
}

// Inspect implements responder.Inspector.
func (w *world) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	w.mu.Lock()
	i := w.process
	w.mu.Unlock()
	return i.Inspect(ctx, task)
}

func (w *world) emit(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
	w.told = append(w.told, told{w.now().Sub(Start), r})
	return nil, nil
}

// send sends the alert.
func (w *world) send() {
	w.t.Helper()
	a := w.c.Attribute
	a.Context = append([]string{responder.ContextRemote}, a.Context...)
	require.NoError(w.t, w.pipeline.Send(w.t.Context(), alert(w.t, a)))
}

func (w *world) advance(d time.Duration) {
	w.t.Helper()
	require.NoError(w.t, w.pipeline.Advance(w.t.Context(), d))
}

// settle lets everything come to its end, and gives the report.
func (w *world) settle() responder.Report {
	w.t.Helper()
	require.NoError(w.t, w.pipeline.Settle(w.t.Context()))
	assert.Empty(w.t, w.pipeline.DeadLetters(), "nothing that was accepted is lost")
	respondertest.NoSecret(w.t, key, w.told, w.log.String())
	respondertest.NoSecret(w.t, fresh, w.told, w.log.String())
	return w.report()
}

// report is the one report as it is now.
func (w *world) report() responder.Report {
	w.t.Helper()
	reports, err := w.pipeline.Reports(w.t.Context())
	require.NoError(w.t, err)
	require.Len(w.t, reports, 1)
	return reports[0]
}

// inspection is the row of the attribute.
func (w *world) inspection(r responder.Report) responder.Inspection {
	w.t.Helper()
	require.Len(w.t, r.Inspections, 1, "one inspector was asked for one attribute")
	assert.Equal(w.t, w.c.ID, r.Inspections[0].Inspector)
	return r.Inspections[0]
}
