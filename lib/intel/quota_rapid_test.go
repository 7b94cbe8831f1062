package intel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// slow is a Memory whose answers take time.
type slow struct {
	responder.Memory
	takes func()
}

func (s slow) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	e, made, err := s.Memory.Swap(ctx, key, was, value, expires)
	s.takes()
	return e, made, err
}

// grants are when requests could be made, by a clock that is right.
type grants struct {
	mu    sync.Mutex
	times []time.Time
}

func (g *grants) add(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.times = append(g.times, t)
}

// exceeded says which limit was. It knows nothing of how they are kept.
func (g *grants) exceeded(limits []intel.Limit) error {
	slices.SortFunc(g.times, time.Time.Compare)
	for _, l := range limits {
		for i := l.Most; i < len(g.times); i++ {
			first, last := g.times[i-l.Most], g.times[i]
			over := map[intel.Period]bool{
				intel.Minute: last.Sub(first) < time.Minute, intel.Hour: last.Sub(first) < time.Hour,
				intel.Day: first.Format("2006-01-02") == last.Format("2006-01-02"), intel.Month: first.Format("2006-01") == last.Format("2006-01"),
			}
			if over[l.Per] {
				return fmt.Errorf("%d per %s: one more from %s to %s", l.Most, l.Per, first.Format(time.StampMilli), last.Format(time.StampMilli))
			}
		}
	}
	return nil
}

func drawLimits(t *rapid.T) (limits []intel.Limit) {
	for _, per := range []intel.Period{intel.Minute, intel.Hour, intel.Day, intel.Month} {
		if most := rapid.IntRange(0, 6).Draw(t, string(per)); most > 0 {
			limits = append(limits, intel.Limit{Per: per, Most: most * map[intel.Period]int{intel.Minute: 1, intel.Hour: 5, intel.Day: 20, intel.Month: 40}[per]})
		}
	}
	if len(limits) == 0 {
		limits = free
	}
	return limits
}

// drawStep is some time, as often as not until something is just about to end: a day, a minute or an hour since a request.
func drawStep(t *rapid.T, now time.Time, given []time.Time) time.Duration {
	edges := []time.Time{now.Truncate(24*time.Hour).AddDate(0, 0, 1)}
	for _, g := range given {
		edges = append(edges, g.Add(time.Minute), g.Add(time.Hour))
	}
	edges = slices.DeleteFunc(edges, func(e time.Time) bool { return !e.After(now) })
	if rapid.Bool().Draw(t, "edge") {
		near := time.Duration(rapid.IntRange(-1500, 1500).Draw(t, "near")) * time.Millisecond
		return max(edges[rapid.IntRange(0, len(edges)-1).Draw(t, "which")].Add(near).Sub(now), 0)
	}
	return time.Duration(rapid.SampledFrom([]int{0, 0, 10, 999, 2000, 20_000, 61_000, 3_600_000}).Draw(t, "later")) * time.Millisecond
}

// Processes whose clocks differ, over a Memory that is slow, fails and repeats, never exceed a limit; and who comes when he
// is told to gets through.
func TestNoLimitIsExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits, at := drawLimits(t), &clock{now: time.Date(2026, 1, 31, 23, 58, 0, 0, time.UTC)}
		m, given := responder.NewMemory(), &grants{}
		var processes []*intel.Quota
		for i := range rapid.IntRange(1, 5).Draw(t, "processes") {
			off := time.Duration(rapid.IntRange(-400, 400).Draw(t, "off")) * time.Millisecond
			delays := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 5, 300, 900, 5000}), 1, 7).Draw(t, "slow")
			delays = append(delays, 0) // it is not always too slow
			var calls atomic.Int64
			processes = append(processes, &intel.Quota{
				Service: "svc", Limits: limits, Now: func() time.Time { return at.Now().Add(off) },
				Memory: slow{respondertest.RudeMemory(m, rapid.Uint64().Draw(t, "seed")+uint64(i)), func() {
					at.add(time.Duration(delays[int(calls.Add(1))%len(delays)]) * time.Millisecond)
				}},
			})
		}
		take := func(q *intel.Quota) error {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			err := q.Take(ctx)
			if err == nil {
				given.add(at.Now())
			}
			return err
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at.add(drawStep(t, at.Now(), given.times))
			var wg sync.WaitGroup
			for range rapid.IntRange(1, 8).Draw(t, "takers") {
				q := processes[rapid.IntRange(0, len(processes)-1).Draw(t, "process")]
				wg.Go(func() { _ = take(q) })
			}
			wg.Wait()
		}
		// Ten come back as they are told, and nobody else.
		waiting := map[int]time.Time{}
		for i := range 10 {
			waiting[i] = at.Now()
		}
		for n := 0; len(waiting) > 0; n++ {
			next := 0
			for i, due := range waiting {
				if soonest, ok := waiting[next]; !ok || due.Before(soonest) {
					next = i
				}
			}
			if due := waiting[next]; due.After(at.Now()) {
				at.add(due.Sub(at.Now()))
			}
			err := take(processes[n%len(processes)])
			d, waits := responder.RetryDelay(err)
			switch {
			case err == nil:
				delete(waiting, next)
			case waits && errors.Is(err, intel.ErrQuota):
				waiting[next] = at.Now().Add(d)
			case errors.Is(err, respondertest.ErrRude):
				waiting[next] = at.Now().Add(time.Second)
			default:
				t.Fatalf("%v", err)
			}
			if n > 2000 {
				t.Fatalf("%d never get through, at %s: %v", len(waiting), at.Now(), err)
			}
		}
		if err := given.exceeded(limits); err != nil {
			t.Fatal(err)
		}
	})
}
