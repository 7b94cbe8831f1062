// Package explaintest makes reports to explain, for tests.
//
// in → out: the name of a scenario → what is stored of its report, after the pipeline in one process has played it.
package explaintest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Start is when a scenario begins.
var Start = time.Date(2026, 3, 14, 2, 17, 4, 0, time.UTC)

// Played is what is stored of a scenario's report.
type Played struct {
	ReportID string
	Item     protocol.Item // of its fingerprint
	Rows     []explain.Row
	Now      time.Time
}

// Explain explains it.
func (p Played) Explain() explain.Explanation {
	return explain.Explain(p.ReportID, explain.Live{Item: p.Item}, slices.Values(p.Rows), p.Now)
}

// Play plays a scenario on a store of one's own, or in memory if on is nil. What the store was told of verdicts stands in
// Rows.
func Play(t testing.TB, name string, on store.Store) Played {
	t.Helper()
	s, known := scenarios[name]
	require.True(t, known, name)
	st := &stage{t: t, ctx: context.Background()}
	c := inprocess.Config{Start: Start, Inspectors: inspectors(st)}
	c.Wrap.Store = func(memory store.Store) store.Store {
		if on != nil {
			memory = on
		}
		st.recorder = &recorder{Store: memory}
		return st.recorder
	}
	var err error
	st.p, err = inprocess.New(c)
	require.NoError(t, err)
	s(st)
	return st.played()
}

// recorder keeps what the store has no method to list.
type recorder struct {
	store.Store
	reports  []string
	verdicts map[string][]store.Verdict // by report
}

func (r *recorder) Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error) {
	if !slices.Contains(r.reports, was.ReportID) {
		r.reports = append(r.reports, was.ReportID)
	}
	return r.Store.Swap(ctx, was, next)
}

func (r *recorder) PutVerdict(ctx context.Context, id string, v store.Verdict) (store.Verdict, error) {
	stands, err := r.Store.PutVerdict(ctx, id, v)
	if err == nil {
		if r.verdicts == nil {
			r.verdicts = map[string][]store.Verdict{}
		}
		r.verdicts[id] = append(r.verdicts[id], stands)
	}
	return stands, err
}

// stage is where a scenario is played.
type stage struct {
	t   testing.TB
	ctx context.Context
	p   *inprocess.Pipeline
	*recorder
}

// played is the first report.
func (s *stage) played() Played {
	s.t.Helper()
	require.NotEmpty(s.t, s.reports)
	out := Played{ReportID: s.reports[0], Item: s.item(), Now: s.p.Now()}
	bodies, err := s.Bodies(s.ctx, out.ReportID)
	require.NoError(s.t, err)
	for _, b := range bodies {
		out.Rows = append(out.Rows, explain.Row{Key: b.Key, Data: b.Data})
	}
	for _, v := range s.verdicts[out.ReportID] {
		out.Rows = append(out.Rows, explain.Row{
			Key: fmt.Sprintf("V#%d", v.Ver), Data: v.Data, Severity: string(v.Severity), Title: v.Title,
		})
	}
	return out
}

// item is that of the first report's fingerprint.
func (s *stage) item() protocol.Item {
	s.t.Helper()
	fingerprint, _, err := protocol.ParseReportID(s.reports[0])
	require.NoError(s.t, err)
	item, err := s.Get(s.ctx, fingerprint)
	require.NoError(s.t, err)
	return item
}

func (s *stage) alert(a responder.Alert) {
	s.t.Helper()
	text, err := json.Marshal(a)
	require.NoError(s.t, err)
	s.message(string(text))
}

// message sends a message, which is worked on at once.
func (s *stage) message(text string) {
	s.t.Helper()
	require.NoError(s.t, s.p.Send(s.ctx, []byte(text)))
	require.NoError(s.t, s.p.Work(s.ctx))
}

func (s *stage) after(d time.Duration) {
	s.t.Helper()
	require.NoError(s.t, s.p.Advance(s.ctx, d))
}

// submit hands in pages for the first report, in the name of a token. Nothing is delivered yet.
func (s *stage) submit(token string, done bool, pages ...responder.Page) {
	s.t.Helper()
	out := bus.Outbox{Bus: s.p.Bus()}
	require.NoError(s.t, out.Submit(s.ctx, responder.Submission{ReportID: s.reports[0], Token: token, Pages: pages, Done: done}))
}
