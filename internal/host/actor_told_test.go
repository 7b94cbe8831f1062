package host_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// actor does what it is told to, and never emits.
type actor struct {
	t   *testing.T
	act func(r responder.Report, prev responder.Receipt) ([]responder.Page, responder.Receipt, error)
}

func (a *actor) Emit(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
	a.t.Error("Emit was called of an actor")
	return nil, nil
}

func (a *actor) Act(_ context.Context, r responder.Report, prev responder.Receipt) ([]responder.Page, responder.Receipt, error) {
	return a.act(r, prev)
}

// handed is what was handed in, and fails when told to.
type handed struct {
	list []responder.Submission
	err  error
}

func (h *handed) Submit(_ context.Context, s responder.Submission) error {
	if h.err != nil {
		return h.err
	}
	h.list = append(h.list, s)
	return nil
}

// telling is a stage with an actor that tells the pages of what is given.
type telling struct {
	*stage
	handed
	actor actor
	pages []responder.Page
	err   error
	prevs []responder.Receipt
}

func newTelling(t *testing.T) *telling {
	a := &telling{stage: newStage(), actor: actor{t: t}}
	a.actor.act = func(r responder.Report, prev responder.Receipt) ([]responder.Page, responder.Receipt, error) {
		a.prevs = append(a.prevs, prev)
		return a.pages, responder.Receipt{"ts": r.Result.Reason}, a.err
	}
	a.handler = host.Emitter(&a.actor, host.EmitterPorts{Receipts: &a.receipts, Postpone: &a.postpones, Submit: &a.handed,
		Now: func() time.Time { return a.now }, Log: slog.New(slog.NewJSONHandler(&a.log, nil))}, host.EmitterOptions{ID: "em"})
	return a
}

func blocked(text string) []responder.Page {
	return []responder.Page{{Title: text, Attribute: &responder.Attribute{Type: responder.TypeIPAddr, Value: "192.0.2.7"}}}
}

// What an actor tells is handed in once, under a token that nobody awaits, and again when it changes.
func TestAnActorTells(t *testing.T) {
	a := newTelling(t)
	a.pages = blocked("would be blocked")
	assert.Empty(t, a.send(t, verdict("R", 3, "x")))
	require.Len(t, a.list, 1)
	assert.Equal(t, responder.Submission{V: responder.SchemaVersion, ReportID: "R", Token: protocol.LegacyToken("em"), Done: true,
		Pages: []responder.Page{{V: responder.SchemaVersion, ReportID: "R", Author: "em", Outcome: responder.Found,
			Title: "would be blocked", Attribute: a.pages[0].Attribute}}}, a.list[0])
	assert.Empty(t, a.pages[0].Author, "the actor's own pages stay as they are")

	assert.Empty(t, a.send(t, verdict("R", 5, "y")))
	assert.Len(t, a.list, 1, "the same is not told twice: each time is evidence, and a verdict follows")
	a.pages = blocked("is blocked")
	assert.Empty(t, a.send(t, verdict("R", 7, "z")))
	require.Len(t, a.list, 2)
	assert.Equal(t, "is blocked", a.list[1].Pages[0].Title)
	a.pages = nil
	assert.Empty(t, a.send(t, verdict("R", 9, "w")))
	assert.Len(t, a.list, 2, "nothing to tell")
	a.pages = blocked("is blocked")
	assert.Empty(t, a.send(t, verdict("R", 11, "v")))
	assert.Len(t, a.list, 2, "it still stands there")
	assert.Empty(t, a.send(t, verdict("Q", 3, "x")))
	assert.Len(t, a.list, 3, "another report")
	assert.Equal(t, []responder.Receipt{nil, {"ts": "x"}, {"ts": "y"}, {"ts": "z"}, {"ts": "w"}, nil}, a.prevs)
}

// What an actor's page says of itself stands.
func TestAnActorsPageIsCompleted(t *testing.T) {
	a := newTelling(t)
	a.pages = []responder.Page{{ReportID: "another", Author: "hand", Outcome: responder.Failed, Error: "denied"}}
	assert.Empty(t, a.send(t, verdict("R", 3, "x")))
	require.Len(t, a.list, 1)
	p := a.list[0].Pages[0]
	assert.Equal(t, []any{"R", "hand", responder.Failed, "denied"}, []any{p.ReportID, p.Author, p.Outcome, p.Error})
}

// Where the pages cannot be handed in, all is tried again, with the receipt, and they are told then.
func TestPagesThatCannotBeHandedIn(t *testing.T) {
	a := newTelling(t)
	a.pages = blocked("is blocked")
	a.handed.err = errors.New("throttled")
	assert.Equal(t, []string{"m1"}, a.send(t, verdict("R", 3, "x")))
	assert.Equal(t, "x", a.items["em#R"].Receipt["ts"], "what was done is remembered")
	assert.Empty(t, a.items["em#R"].Told)
	a.handed.err = nil
	assert.Empty(t, a.send(t, verdict("R", 3, "x")))
	assert.Len(t, a.list, 1)
	assert.Equal(t, []responder.Receipt{nil, {"ts": "x"}}, a.prevs)
	assert.NotEmpty(t, a.items["em#R"].Told)

	// Nor does an error that trying again does not mend hide that they were not told.
	a.pages, a.err, a.handed.err = blocked("is free again"), responder.Permanent(errors.New("no such thing")), errors.New("throttled")
	assert.Equal(t, []string{"m1"}, a.send(t, verdict("R", 5, "y")))
	a.handed.err = nil
	assert.Empty(t, a.send(t, verdict("R", 5, "y")))
	assert.Len(t, a.list, 2)
	assert.Contains(t, a.log.String(), "given up")
}

// An error of what an actor does does not keep its pages back, nor its receipt; what was told is not told again.
func TestAnActorsErrors(t *testing.T) {
	a := newTelling(t)
	a.pages, a.err = blocked("is blocked"), errors.New("the second of two failed")
	for range 3 {
		assert.Equal(t, []string{"m1"}, a.send(t, verdict("R", 3, "x")))
	}
	assert.Len(t, a.list, 1)
	assert.Equal(t, []responder.Receipt{nil, {"ts": "x"}, {"ts": "x"}}, a.prevs)
	a.actor.act = func(responder.Report, responder.Receipt) ([]responder.Page, responder.Receipt, error) { panic("oh") }
	assert.Equal(t, []string{"m1"}, a.send(t, verdict("R", 3, "x")))
	assert.Len(t, a.list, 1)
	assert.Equal(t, "x", a.items["em#R"].Receipt["ts"])
}

// An actor without somewhere to hand in its pages is a fault of the wiring, and says so.
func TestAnActorWithNowhereToTell(t *testing.T) {
	a := newTelling(t)
	a.pages = blocked("is blocked")
	var log bytes.Buffer
	h := host.Emitter(&a.actor, host.EmitterPorts{Receipts: &a.receipts, Now: func() time.Time { return a.now },
		Log: slog.New(slog.NewJSONHandler(&log, nil))}, host.EmitterOptions{ID: "em"})
	assert.Empty(t, failures(t, h, event(record{body: string(mustJSON(verdict("R", 3, "x")))})))
	assert.Contains(t, log.String(), "nowhere to hand them in")
	assert.Equal(t, "x", a.items["em#R"].Receipt["ts"])
}
