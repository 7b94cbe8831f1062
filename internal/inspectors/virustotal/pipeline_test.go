package virustotal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

// pipe is the whole pipeline, whose clock is the fake's and the inspector's.
type pipe struct {
	*embedded.Pipeline
	t    *testing.T
	fake *fake

	mu   sync.Mutex
	told []told
}

// told is a verdict, and how long after the start people had it.
type told struct {
	responder.Report
	after time.Duration
}

func newPipe(t *testing.T, f *fake, env map[string]string) *pipe {
	p := &pipe{t: t, fake: f}
	var err error
	f.now = func() time.Time { return start }
	i := f.inspector(env)
	p.Pipeline, err = embedded.New(embedded.Options{
		Start:      start,
		Inspectors: []embedded.Inspector{{ID: virustotal.ID, Types: virustotal.Types, Inspector: i}},
		Emitters: []embedded.Emitter{{ID: "people", Emitter: responder.EmitterFunc(
			func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
				p.mu.Lock()
				defer p.mu.Unlock()
				if r.Status == responder.StatusPublished {
					p.told = append(p.told, told{r, p.Now().Sub(start)})
				}
				return nil, nil
			})}},
	})
	require.NoError(t, err)
	f.now = p.Now
	return p
}

func address(i int) string { return fmt.Sprintf("185.220.101.%d", i+1) }

// alert with so many addresses, all malicious.
func (p *pipe) alert(addresses int) responder.Alert {
	a := responder.Alert{Name: "beacon", Rule: "r", Key: "k"}
	for i := range addresses {
		p.fake.put("ipaddr", address(i), [4]int{9, 0, 50, 20}, day)
		a.Attrs = append(a.Attrs, responder.Attribute{Type: "ipaddr", Value: address(i), Context: []string{"remote"}})
	}
	return a
}

// run sends the alert, and gives the report after its last verdict.
func (p *pipe) run(a responder.Alert) responder.Report {
	require.NoError(p.t, p.SendAlert(p.t.Context(), a))
	require.NoError(p.t, p.Settle(p.t.Context()))
	reports, err := p.Reports(p.t.Context())
	require.NoError(p.t, err)
	require.Len(p.t, reports, 1)
	assert.Empty(p.t, p.DeadLetters())
	return reports[0]
}

func outcomes(r responder.Report) map[responder.Outcome]int {
	out := map[responder.Outcome]int{}
	for _, i := range r.Inspections {
		out[i.Outcome]++
	}
	return out
}

// Sixty-four attributes and a key with four requests a minute: each is asked once and answered; the verdict goes out at the deadline
// without the rest, and is corrected.
func TestSixtyFourAttributes(t *testing.T) {
	f := newFake(t)
	f.perMinute, f.perDay = 4, 500
	p := newPipe(t, f, nil)
	r := p.run(p.alert(64))

	assert.Equal(t, map[responder.Outcome]int{responder.Found: 64}, outcomes(r))
	require.Len(t, f.asked, 64)
	for path, n := range f.asked {
		assert.Equal(t, 1, n, path)
	}
	assert.Zero(t, f.refused, "nobody asks in vain")
	assert.Equal(t, 64, len(f.requests()))

	first, last := p.told[0], p.told[len(p.told)-1]
	assert.InDelta(t, 10*time.Minute, first.after, float64(5*time.Second), "ReviewDelay")
	assert.NotZero(t, outcomes(first.Report)[responder.Missing], "it says who is missing")
	assert.Zero(t, outcomes(last.Report)[responder.Missing])
	assert.Len(t, last.Signals, 64)
	assert.Less(t, last.after, 30*time.Minute)
	t.Logf("verdicts after %v; at the deadline %v", durations(p.told), outcomes(first.Report))
}

func durations(all []told) (out []time.Duration) {
	for _, v := range all {
		out = append(out, v.after)
	}
	return out
}

// The day's quota is used up by others at nine: it is asked for again, but not often, and all is answered on the next day.
func TestTheDaysQuotaIsUsedUpElsewhere(t *testing.T) {
	f := newFake(t)
	p := newPipe(t, f, nil)
	a := p.alert(6)
	midnight := start.Truncate(day).Add(day)
	tries := map[time.Time]int{}
	f.odd = func(w http.ResponseWriter, _ *http.Request) bool {
		if p.Now().Before(midnight) {
			tries[p.Now().Truncate(time.Minute)]++
			fail(w, 429, "QuotaExceededError", "Quota exceeded")
			return true
		}
		return false
	}
	r := p.run(a)
	assert.Equal(t, map[responder.Outcome]int{responder.Found: 6}, outcomes(r))
	for path, n := range f.asked {
		assert.Equal(t, 1, n, path)
	}
	assert.LessOrEqual(t, len(tries), 7+15, "a few times in the first hour, and then once each")
	assert.InDelta(t, 10*time.Minute, p.told[0].after, float64(5*time.Second))
	assert.Equal(t, 1, outcomes(p.told[0].Report)[responder.Missing])
	last := p.told[len(p.told)-1].after
	assert.Greater(t, last, 15*time.Hour)
	assert.Less(t, last, 15*time.Hour+30*time.Minute, "soon after midnight")
	t.Logf("asked at %d times, %d requests in all; last verdict after %v", len(tries), len(f.requests()), last)
}

// All ways in which a service can be away: what is promised holds.
func TestTheServiceIsAway(t *testing.T) {
	down := errors.New("connection refused")
	for name, c := range map[string]struct {
		odd   func(w http.ResponseWriter) error
		hours float64
		want  responder.Outcome
	}{
		"away for 40 minutes":         {func(http.ResponseWriter) error { return down }, 0.66, responder.Found},
		"away for a day":              {func(http.ResponseWriter) error { return down }, 24, responder.Failed},
		"429 for an hour":             {func(w http.ResponseWriter) error { fail(w, 429, "TooManyRequestsError", "Too many"); return nil }, 1, responder.Found},
		"429 of a proxy, for an hour": {func(w http.ResponseWriter) error { w.WriteHeader(429); return nil }, 1, responder.Found},
		"quota for an hour":           {func(w http.ResponseWriter) error { fail(w, 429, "QuotaExceededError", "Quota exceeded"); return nil }, 1, responder.Found},
		"503 for 40 minutes":          {func(w http.ResponseWriter) error { fail(w, 503, "TransientError", "Try later"); return nil }, 0.66, responder.Found},
		"html for 40 minutes":         {func(w http.ResponseWriter) error { _, err := w.Write([]byte("<html>")); return err }, 0.66, responder.Found},
		"html for a day":              {func(w http.ResponseWriter) error { _, err := w.Write([]byte("<html>")); return err }, 24, responder.Failed},
		"404 of a proxy":              {func(w http.ResponseWriter) error { w.WriteHeader(404); return nil }, 24, responder.Failed},
		"the key is wrong":            {func(w http.ResponseWriter) error { fail(w, 401, "WrongCredentialsError", "Wrong API key"); return nil }, 24, responder.Failed},
		"10 MB":                       {func(w http.ResponseWriter) error { _, err := w.Write(make([]byte, 10<<20)); return err }, 24, responder.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			p := newPipe(t, f, unlimited)
			a := p.alert(3)
			back := start.Add(time.Duration(c.hours * float64(time.Hour)))
			f.odd = func(w http.ResponseWriter, _ *http.Request) bool {
				if !p.Now().Before(back) {
					return false
				}
				if c.odd(w) == down {
					panic(http.ErrAbortHandler) // the fake's transport makes an error of it
				}
				return true
			}
			r := p.run(a)
			assert.Equal(t, map[responder.Outcome]int{c.want: 3}, outcomes(r))
			assert.LessOrEqual(t, p.told[0].after, 10*time.Minute+5*time.Second, "the first verdict is on time")
			switch c.want {
			case responder.Found:
				assert.Equal(t, responder.Urgent, r.Result.Severity)
				for path, n := range f.asked {
					assert.Equal(t, 1, n, path)
				}
			case responder.Failed:
				assert.Equal(t, responder.Unclassified, r.Result.Severity, "a failure is not a clean answer")
				assert.NotContains(t, r.Inspections[0].Error, key)
				assert.Contains(t, r.Inspections[0].Error, "virustotal: the service")
			}
			t.Logf("%d requests, verdicts after %v: %s", len(f.requests()), durations(p.told), r.Inspections[0].Error)
		})
	}
}

// The day's limit is known: nobody asks in vain.
func TestTheDaysLimit(t *testing.T) {
	f := newFake(t)
	f.perDay = 10
	p := newPipe(t, f, map[string]string{"VIRUSTOTAL_LIMITS": "100/minute,10/day"})
	r := p.run(p.alert(14))
	assert.Equal(t, map[responder.Outcome]int{responder.Found: 14}, outcomes(r))
	askedOnce(t, f, 14)
	assert.Zero(t, f.refused)
	assert.Equal(t, 10, outcomes(p.told[0].Report)[responder.Found])
	last := p.told[len(p.told)-1].after
	assert.Greater(t, last, 15*time.Hour)
	assert.Less(t, last, 16*time.Hour, "soon after midnight")
	t.Logf("verdicts after %v", durations(p.told))
}
