package intel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// lambdas are the processes of an inspector: each delivery of a task is in a new one (fresh), or all are in the same.
type lambdas struct {
	memory responder.Memory
	limits []intel.Limit
	fresh  bool
	now    func() time.Time
	given  grants

	mu    sync.Mutex
	live  map[<-chan struct{}]*intel.Client
	asked map[string]int
	wakes map[string]map[<-chan struct{}]bool // by report
}

func (l *lambdas) RoundTrip(r *http.Request) (*http.Response, error) {
	l.given.add(l.now())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked[r.URL.Path]++
	w := httptest.NewRecorder()
	status(200, good)(w, r)
	return w.Result(), nil
}

// process is the client of the process that has this delivery.
func (l *lambdas) process(ctx context.Context, report string) *intel.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wakes[report] == nil {
		l.wakes[report] = map[<-chan struct{}]bool{}
	}
	l.wakes[report][ctx.Done()] = true
	key := ctx.Done()
	if !l.fresh {
		key = nil
	}
	if l.live[key] == nil {
		l.live[key] = &intel.Client{Service: "svc", BaseURL: "https://svc.example", Keep: func(string, bool) time.Duration { return 100 * time.Hour },
			Settings: intel.Settings{Memory: l.memory, Transport: l, Now: l.now},
			Quota:    &intel.Quota{Service: "svc", Limits: l.limits, Memory: l.memory, Now: l.now}}
	}
	return l.live[key]
}

func (l *lambdas) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	if _, err := l.process(ctx, task.ReportID).Get(ctx, &says{}, "/%s", task.Attribute.Value); err != nil {
		return responder.Page{}, err
	}
	return responder.Page{Signals: []responder.Signal{{Kind: "reputation", Verdict: responder.Harmless}}}, nil
}

// Ten tasks of 64 attributes with a key of four requests a minute, in the real host and queues: every attribute is asked
// once, all are answered in the end, the limits hold; and so do 50 deliveries of a message. The verdict goes out at the
// deadline without them before.
func TestManyTasksWithASmallKey(t *testing.T) {
	for _, c := range []struct {
		name        string
		limits      []intel.Limit
		fresh       bool
		tasks, size int
		most        time.Duration
		wakes       int
	}{
		{"one process", free[:1], false, 10, 64, 3 * time.Hour, 20},
		{"a process for each delivery", free[:1], true, 10, 64, 3 * time.Hour, 20},
		{"500 a day as well", free, true, 10, 64, 24 * time.Hour, 25},
		{"300 a day and no more is said", []intel.Limit{{Per: intel.Day, Most: 300}}, true, 10, 64, 52 * time.Hour, 30},
		{"100 an hour", []intel.Limit{{Per: intel.Hour, Most: 100}}, true, 10, 64, 9 * time.Hour, 40},
		{"many small tasks", free[:1], true, 120, 3, 3 * time.Hour, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := &lambdas{memory: responder.NewMemory(), limits: c.limits, fresh: c.fresh, live: map[<-chan struct{}]*intel.Client{},
				asked: map[string]int{}, wakes: map[string]map[<-chan struct{}]bool{}}
			p, err := embedded.New(embedded.Options{Start: noon, Inspectors: []embedded.Inspector{{ID: "svc", Inspector: l}}})
			require.NoError(t, err)
			l.now = p.Now
			for task := range c.tasks {
				alert := responder.Alert{Name: "a", Rule: "r", Key: fmt.Sprint(task)}
				for i := range c.size {
					alert.Attrs = append(alert.Attrs, responder.Attribute{Type: responder.TypeIPAddr, Value: fmt.Sprintf("198.51.%d.%d", task, i)})
				}
				require.NoError(t, p.SendAlert(t.Context(), alert))
			}
			require.NoError(t, p.Advance(t.Context(), 11*time.Minute))
			reports, err := p.Reports(t.Context())
			require.NoError(t, err)
			assert.Len(t, reports, c.tasks, "at the deadline all have a verdict")

			require.NoError(t, p.Settle(t.Context()))
			assert.Empty(t, p.DeadLetters())
			reports, err = p.Reports(t.Context())
			require.NoError(t, err)
			found, wakes := 0, 0
			for _, r := range reports {
				for _, i := range r.Inspections {
					if i.Outcome == responder.Found {
						found++
					} else {
						t.Errorf("%s %s: %s", r.ReportID, i.Outcome, i.Error)
					}
				}
				wakes = max(wakes, len(l.wakes[r.ReportID]))
			}
			assert.Equal(t, c.tasks*c.size, found)
			assert.Len(t, l.asked, c.tasks*c.size)
			for path, n := range l.asked {
				assert.Equal(t, 1, n, path)
			}
			assert.NoError(t, l.given.exceeded(c.limits))
			took := l.given.times[len(l.given.times)-1].Sub(noon)
			assert.LessOrEqual(t, took, c.most)
			assert.LessOrEqual(t, wakes, c.wakes)
			t.Logf("%d questions took %s, at most %d deliveries of a task", found, took, wakes)
		})
	}
}
