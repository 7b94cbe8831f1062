package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// service is an inspector of a service with a quota, whose minute is real.
type service struct {
	quota *intel.Quota
	mu    sync.Mutex
	asked map[string][]time.Time
	fail  error
	calls []time.Time
}

func newService(perMinute int) *service {
	return &service{asked: map[string][]time.Time{}, quota: &intel.Quota{Service: "virustotal", Name: "VirusTotal",
		Memory: responder.NewMemory(), Now: time.Now, Limits: []intel.Limit{{Per: intel.Minute, Most: perMinute}}}}
}

func (s *service) Inspect(ctx context.Context, t responder.Task) (responder.Page, error) {
	s.mu.Lock()
	s.calls = append(s.calls, time.Now())
	s.mu.Unlock()
	if s.fail != nil {
		return responder.Page{}, s.fail
	}
	if err := s.quota.Take(ctx); err != nil {
		return responder.Page{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[t.Attribute.Value] = append(s.asked[t.Attribute.Value], time.Now())
	return responder.Page{Signals: []responder.Signal{{Kind: "reputation", Verdict: responder.Malicious, Score: 90}}}, nil
}

// alertWith has so many addresses.
func alertWith(n int) string {
	var attrs []string
	for i := range n {
		attrs = append(attrs, fmt.Sprintf(`{"type": "ipaddr", "value": "8.8.8.%d", "context": ["remote"]}`, i+1))
	}
	return `{"name": "a", "rule": "r", "key": "k", "attrs": [` + strings.Join(attrs, ",") + `]}`
}

// through lets an alert with so many addresses go through the pipeline, with a service.
func through(ctx context.Context, t *testing.T, c Command, s responder.Inspector, deadline time.Duration, n int) (r responder.Report, stderr string, interrupted bool) {
	t.Helper()
	who, _ := shipped.Find("virustotal")
	w := watch(who, s)
	o := others{deadline: deadline, watched: []*watched{w}, inspectors: []inprocess.Inspector{{ID: who.ID, Types: who.Types, Inspector: w.inspector()}}}
	var out bytes.Buffer
	con := &console.Console{Err: &out, Screen: show.NewScreen(0, false)}
	p, err := c.pipeline(con, o, nil)
	require.NoError(t, err)
	require.NoError(t, p.Send(ctx, []byte(alertWith(n))))
	interrupted, err = c.settle(ctx, con, p, o)
	require.NoError(t, err)
	reports, err := p.Reports(context.WithoutCancel(ctx))
	require.NoError(t, err)
	require.Len(t, reports, 1)
	return reports[0], out.String(), interrupted
}

func outcomes(r responder.Report) map[responder.Outcome]int {
	out := map[responder.Outcome]int{}
	for _, i := range r.Inspections {
		out[i.Outcome]++
	}
	return out
}

// A quota's minute is waited for in real time: each address is asked about once, and never more than the quota has.
func TestQuotasAreWaitedForInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(4), time.Now()
		r, stderr, _ := through(t.Context(), t, Command{}, s, 10*time.Minute, 10)
		assert.Equal(t, map[responder.Outcome]int{responder.Found: 10}, outcomes(r))
		assert.Empty(t, stderr)
		assert.Len(t, s.asked, 10)
		for value, times := range s.asked {
			assert.Len(t, times, 1, value)
		}
		took := time.Since(began)
		assert.Greater(t, took, 2*time.Minute, "10 at 4 a minute")
		assert.Less(t, took, 4*time.Minute, "and then the deadline is not waited for")
	})
}

// Who is waited for no longer is missing in the report, and it is said when to ask again.
func TestTheWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(4), time.Now()
		patience := wait(3 * time.Minute)
		r, stderr, _ := through(t.Context(), t, Command{Wait: &patience}, s, 10*time.Minute, 64)
		assert.LessOrEqual(t, time.Since(began), 3*time.Minute+time.Second)
		found := outcomes(r)[responder.Found]
		assert.GreaterOrEqual(t, found, 8, "there was time for a second minute's")
		assert.LessOrEqual(t, found, 16)
		assert.NotZero(t, outcomes(r)[responder.Missing])
		assert.Len(t, s.asked, found)
		assert.Contains(t, stderr, fmt.Sprintf("virustotal: %d of 64 attributes have no answer: ", 64-found))
		assert.Contains(t, stderr, "it may be asked again in ")
	})
}

// A day is not waited for at all.
func TestWhatWouldBeTooLateIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(4), time.Now()
		s.fail = intel.QuotaError("enough for today", 8*time.Hour)
		r, stderr, _ := through(t.Context(), t, Command{}, s, 10*time.Minute, 2)
		assert.Zero(t, time.Since(began))
		assert.Equal(t, 1, outcomes(r)[responder.Missing])
		assert.Contains(t, stderr, "enough for today; it may be asked again in 8h0m, after 08:00:00 UTC")
	})
}

// What is out of order is tried again until the deadline, as on AWS.
func TestAServiceThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(4), time.Now()
		s.fail = errors.New("down")
		r, stderr, _ := through(t.Context(), t, Command{}, s, time.Minute, 1)
		assert.InDelta(t, time.Minute, time.Since(began), float64(40*time.Second))
		assert.Equal(t, 1, outcomes(r)[responder.Missing])
		assert.Contains(t, stderr, "1 of 1 attributes have no answer: down")
		assert.Greater(t, len(s.calls), 2)
		for n := range s.calls[1:] {
			assert.GreaterOrEqual(t, s.calls[n+1].Sub(s.calls[n]), 5*time.Second, "it is not hammered, also not at the end")
		}
	})
}

// Ctrl-C ends the waiting, and what there is, is there.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, context.Canceled)
		defer cancel()
		r, stderr, interrupted := through(ctx, t, Command{}, newService(4), 10*time.Minute, 6)
		assert.True(t, interrupted)
		assert.Equal(t, 4, outcomes(r)[responder.Found])
		assert.Contains(t, stderr, "2 of 6 attributes have no answer")
	})
}

// batch answers all at once.
type batch struct {
	*service
	calls int
}

func (b *batch) InspectAll(_ context.Context, tasks []responder.Task) ([]responder.Page, error) {
	if b.calls++; b.calls == 1 {
		return nil, intel.QuotaError("once more", 30*time.Second)
	}
	return make([]responder.Page, len(tasks)), nil
}

func TestWhoAnswersAllAtOnceIsWaitedForToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, began := &batch{service: newService(4)}, time.Now()
		r, _, _ := through(t.Context(), t, Command{}, b, time.Minute, 10)
		assert.Equal(t, map[responder.Outcome]int{responder.Nothing: 10}, outcomes(r))
		assert.Equal(t, 2, b.calls)
		assert.Empty(t, b.asked)
		assert.InDelta(t, 30*time.Second, time.Since(began), float64(2*time.Second))
	})
}

func TestProgress(t *testing.T) {
	now := time.Date(2026, 3, 14, 2, 0, 0, 0, time.UTC)
	l := left{name: "virustotal", open: 3, done: 1, next: now.Add(42 * time.Second), why: errors.New("enough")}
	assert.Equal(t, "virustotal: 3 of 4 left, again in 42s", l.progress(now))
	assert.Equal(t, "virustotal: 3 of 4 left", l.progress(now.Add(time.Minute)))
	assert.Equal(t, "virustotal: 3 of 4 attributes have no answer: enough; it may be asked again in 42s, after 02:00:42 UTC", l.missed(now))
}
