package history_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

// life is a pipeline with the reviewer that ships, in which somebody logs in once a day.
type life struct {
	*testing.T
	pipeline *embedded.Pipeline
	memory   *rude
	list     responder.SignalVerdict // what another inspector says of the visitor; empty: nothing
	trouble  string
	calls    atomic.Int64
	days     int
}

func newLife(t *testing.T, with bool) *life {
	t.Helper()
	l := &life{T: t}
	l.memory = &rude{Memory: responder.NewMemory(), trouble: func() string { l.calls.Add(1); return l.trouble }, others: func() {}}
	o := embedded.Options{Start: begin, Inspectors: []embedded.Inspector{{ID: "list", Types: []string{responder.TypeIPAddr}, Inspector: responder.InspectorFunc(l.look)}}}
	if with {
		memory := history.Options{Memory: l.memory, Now: func() time.Time { return l.pipeline.Now() }}
		reader, err := history.New(memory)
		require.NoError(t, err)
		writer, err := history.NewHistorian(memory)
		require.NoError(t, err)
		o.Inspectors = append(o.Inspectors, embedded.Inspector{ID: history.ID, Types: history.Types, Inspector: reader})
		o.Emitters = []embedded.Emitter{{ID: "historian", Emitter: writer}}
	}
	var err error
	l.pipeline, err = embedded.New(o)
	require.NoError(t, err)
	return l
}

func (l *life) look(context.Context, responder.Task) (responder.Page, error) {
	if l.list == "" {
		return responder.Page{}, nil
	}
	return responder.Page{Signals: []responder.Signal{{Kind: "list", Verdict: l.list, Score: 90}}}, nil
}

// next is the report of the next day.
func (l *life) next(change ...func(*responder.Alert)) responder.Report {
	l.Helper()
	a := responder.Alert{Name: "Login from afar", Rule: "login", Key: fmt.Sprint("day ", l.days), Attrs: []responder.Attribute{visitor, desk}}
	for _, f := range change {
		f(&a)
	}
	l.days++
	require.NoError(l, l.pipeline.SendAlert(l.Context(), a))
	require.NoError(l, l.pipeline.Advance(l.Context(), day))
	reports, err := l.pipeline.Reports(l.Context())
	require.NoError(l, err)
	require.Len(l, reports, l.days)
	for _, r := range reports {
		if r.Alert.Key == a.Key {
			return r
		}
	}
	l.Fatal("there is no report")
	return responder.Report{}
}

func TestAHistoryChangesAVerdict(t *testing.T) {
	for _, with := range []bool{true, false} {
		l := newLife(t, with)
		l.list = responder.Harmless
		for range 14 {
			require.Equal(t, responder.Safe, l.next().Result.Severity)
		}
		l.list = "" // the entry on the list has expired
		r := l.next()
		if !with {
			assert.Equal(t, responder.Unclassified, r.Result.Severity, r.Result.Reason)
			continue
		}
		assert.Equal(t, responder.Safe, r.Result.Severity, r.Result.Reason)
		assert.Contains(t, r.Result.Reason, "history says of 198.51.100[.]7: seen 14 times in reports since 2026-03-01: 14 safe, 0 unclassified, 0 urgent")
		other := l.next(func(a *responder.Alert) { a.Rule = "root login" })
		assert.Equal(t, responder.Unclassified, other.Result.Severity, "another rule is another thing")
		assert.Empty(t, l.pipeline.DeadLetters())
	}
}

func TestOneUrgentReportPreventsIt(t *testing.T) {
	l := newLife(t, true)
	for n := range 15 {
		l.list = responder.Harmless
		if n == 7 {
			l.list = responder.Malicious
		}
		l.next()
	}
	l.list = ""
	r := l.next()
	assert.Equal(t, responder.Unclassified, r.Result.Severity)
	assert.Equal(t, []string{"strongest-signal/suspicious"}, r.Result.Rules)
	assert.Contains(t, r.Result.Reason, "7 safe, 7 unclassified, 1 urgent. An urgent report was about it on 2026-03-08",
		"since then a person has to look, whatever the list says")
}

// A history lives on what others say: on its own it is over after thirty days.
func TestAHistoryDoesNotFeedItself(t *testing.T) {
	l := newLife(t, true)
	l.list = responder.Harmless
	for range 14 {
		l.next()
	}
	l.list = ""
	safe := 0
	for range 60 {
		if l.next().Result.Severity == responder.Safe {
			safe++
		}
	}
	assert.Equal(t, 30, safe)
	l.list = responder.Harmless
	assert.Equal(t, responder.Safe, l.next().Result.Severity)
}

// The memory is gone for an hour when a verdict is told: it is told again until it is remembered, once.
func TestTheMemoryIsDown(t *testing.T) {
	l := newLife(t, true)
	l.list = responder.Harmless
	l.next()
	l.trouble = "lost"
	a := responder.Alert{Name: "Login from afar", Rule: "login", Key: "x", Attrs: []responder.Attribute{visitor, desk}}
	require.NoError(t, l.pipeline.SendAlert(t.Context(), a))
	require.NoError(t, l.pipeline.Advance(t.Context(), 30*time.Minute))
	reports, err := l.pipeline.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 2)
	assert.Equal(t, responder.Unclassified, reports[1].Result.Severity)
	assert.Contains(t, reports[1].Result.Reason, "No answer in time from history", "at the deadline it goes out without")
	l.trouble = "answer lost"
	require.NoError(t, l.pipeline.Advance(t.Context(), 30*time.Minute))
	l.trouble = ""
	require.NoError(t, l.pipeline.Settle(t.Context()))
	reports, err = l.pipeline.Reports(t.Context())
	require.NoError(t, err)
	assert.Equal(t, responder.Safe, reports[1].Result.Severity, "%s: it is corrected", reports[1].Result.Reason)
	d := &diary{t: t, memory: l.memory, now: l.pipeline.Now()}
	d.reader, err = history.New(history.Options{Memory: l.memory, Now: func() time.Time { return d.now }})
	require.NoError(t, err)
	assert.Equal(t, "Seen 2 times, 2 safe", d.ask(task()).Title)
	assert.Empty(t, l.pipeline.DeadLetters())
}

// An entry that cannot be read and one that cannot be reached: trying again mends the second one, so it is tried.
func TestWhatCanBeMendedIsTriedAgain(t *testing.T) {
	m := responder.NewMemory()
	writer, err := history.NewHistorian(history.Options{Memory: m})
	require.NoError(t, err)
	require.NoError(t, m.Store(t.Context(), history.KeyOf(visitor), []byte("broken"), time.Now().Add(day)))
	_, err = writer.Emit(t.Context(), verdict(0, responder.Safe), nil)
	require.True(t, responder.IsPermanent(err), err)
	writer, err = history.NewHistorian(history.Options{Memory: &picky{m, history.KeyOf(desk)}})
	require.NoError(t, err)
	_, err = writer.Emit(t.Context(), verdict(2, responder.Safe), nil)
	require.ErrorIs(t, err, errRude)
	require.False(t, responder.IsPermanent(err), err)
}

// picky cannot be reached for one key.
type picky struct {
	responder.Memory
	key string
}

func (p *picky) Load(ctx context.Context, key string) (responder.Entry, error) {
	if key == p.key {
		return responder.Entry{}, errRude
	}
	return p.Memory.Load(ctx, key)
}

// Nobody asks more than once for an attribute, and nobody but the historian writes.
func TestWhatItCosts(t *testing.T) {
	l := newLife(t, true)
	l.list = responder.Harmless
	l.next()
	assert.Equal(t, int64(2+2*2), l.calls.Load(), "two attributes, asked for once each, then read and written")
}

// crowd takes a second for each answer.
type crowd struct {
	responder.Memory
	asking, most atomic.Int64
}

func (c *crowd) Load(ctx context.Context, key string) (responder.Entry, error) {
	n := c.asking.Add(1)
	defer c.asking.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	time.Sleep(time.Second) // of the bubble
	return c.Memory.Load(ctx, key)
}

func TestEightAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{Memory: responder.NewMemory()}
		writer, err := history.NewHistorian(history.Options{Memory: c})
		require.NoError(t, err)
		r := verdict(0, responder.Safe)
		for i := range 30 {
			r.Alerts[0].Attrs = append(r.Alerts[0].Attrs, responder.Attribute{Type: responder.TypeHostname, Value: fmt.Sprint("h", i)})
		}
		begin := time.Now()
		_, err = writer.Emit(t.Context(), r, nil)
		require.NoError(t, err)
		assert.Equal(t, int64(8), c.most.Load())
		assert.Equal(t, 4*time.Second, time.Since(begin))
	})
}

// stuck never answers.
type stuck struct{ responder.Memory }

func (stuck) Load(ctx context.Context, _ string) (responder.Entry, error) {
	<-ctx.Done()
	return responder.Entry{}, errors.Join(ctx.Err(), errRude)
}

func TestAMemoryThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reader, err := history.New(history.Options{Memory: stuck{}})
	require.NoError(t, err)
	_, err = reader.Inspect(ctx, task())
	require.ErrorIs(t, err, context.Canceled)
	writer, err := history.NewHistorian(history.Options{Memory: stuck{}})
	require.NoError(t, err)
	_, err = writer.Emit(ctx, verdict(0, responder.Safe), nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, responder.IsPermanent(err))
}
