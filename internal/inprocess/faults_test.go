package inprocess

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Without a fault all is well; so what the tests below find comes of the faults.
func TestScenariosWithoutFaults(t *testing.T) {
	for _, s := range scenarios() {
		w := play(t.Context(), s, schedule{})
		require.Empty(t, w.broken, s.name)
		t.Logf("%-45s %3d calls", s.name, len(w.names))
	}
}

// Every single call of every stage and plugin is refused, or loses its answer; or the handler panics after it, or
// the function dies before or after it.
func TestEachCallFails(t *testing.T) {
	var schedules atomic.Int64
	t.Run("in", func(t *testing.T) {
		for _, s := range scenarios() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				calls := play(t.Context(), s, schedule{}).names
				for n := 0; n < len(calls); n += stride() {
					for what := none + 1; what < faults; what++ {
						w := play(t.Context(), s, schedule{faults: map[int]fault{n: what}})
						schedules.Add(1)
						require.Empty(t, w.broken, "call %d, %s: %s", n, calls[n], what)
					}
				}
			})
		}
	})
	t.Logf("%d schedules", schedules.Load())
}

// Between two calls of a handler another alert comes in, and other handlers go on for a while; in some, the
// window ends meanwhile, so that it opens the next report.
func TestAnotherAlertBetweenTwoCalls(t *testing.T) {
	var schedules atomic.Int64
	t.Run("in", func(t *testing.T) {
		for _, s := range scenarios() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				pause := time.Millisecond
				if s.name == "at the end of the window" {
					pause = 2 * time.Minute // messages are hidden for longer
				}
				calls := play(t.Context(), s, schedule{}).names
				for n := 0; n < len(calls); n += stride() {
					for _, others := range []int{1, 12} {
						plan := schedule{pauses: map[int]time.Duration{n: pause}, others: map[int]int{n: others}}
						schedules.Add(1)
						require.Empty(t, play(t.Context(), s, plan).broken, "call %d, %s: %s", n, calls[n], plan)
					}
				}
			})
		}
	})
	t.Logf("%d schedules", schedules.Load())
}

// An alert's last delivery dies before it has sent the deadline: the next alert that finds the report overdue
// heals it. A redrive of the dead letter finishes its work.
func TestADeadLetterIsHealed(t *testing.T) {
	for _, lost := range []string{"bus.Send ReviewQueue", "bus.Publish TaskNotification"} {
		s := scenario{inspectors: []plugin{everything, users}, emitters: []string{"emitter"}, events: []testAlert{alert(0, "a", "p")}}
		calls := play(t.Context(), s, schedule{}).names
		require.Contains(t, calls, lost)
		w := begin(s, schedule{})
		w.outage = lost
		w.script(t.Context())
		require.Len(t, w.p.DeadLetters(), 1, lost)

		w.outage = ""
		w.send(t.Context(), alert(w.p.Now().Sub(start), "b", "p"))
		require.NoError(t, w.p.Settle(t.Context()))
		require.Len(t, w.reports, 1)
		for id, k := range w.reports {
			require.Equal(t, responder.StatusPublished, k.last.Status, "%s: %s", lost, id)
			require.True(t, tells(k.last)["alert a"])
			require.Len(t, k.last.Inspections, 2, "who was not asked is missing")
		}
		_, err := w.p.bus.Redrive(bus.AlertQueue)
		require.NoError(t, err)
		require.NoError(t, w.p.Settle(t.Context()))
		w.check(t.Context())
		require.Empty(t, w.broken, lost)
	}
}

// No timer is on the way from the last page to the verdict.
func TestTheVerdictWaitsForNoTimer(t *testing.T) {
	for _, s := range scenarios() {
		if s.name != "a new alert" && s.name != "further waves" && s.name != "nothing to inspect, two incidents" {
			continue
		}
		w := begin(s, schedule{})
		for _, e := range s.events {
			w.send(t.Context(), e)
		}
		require.NoError(t, w.p.Work(t.Context()))
		require.Equal(t, start, w.p.Now())
		require.NotEmpty(t, w.reports)
		for _, k := range w.reports {
			require.Equal(t, responder.StatusPublished, k.last.Status, s.name)
		}
	}
}

// Where nobody knows who is awaited, the verdict waits for the deadline, and says so.
func TestWhoIsUnknownIsAwaited(t *testing.T) {
	s := scenario{unreadable: true, inspectors: []plugin{users}, emitters: []string{"emitter"}, events: []testAlert{alert(0, "a", "p")}}
	w := play(t.Context(), s, schedule{})
	require.Empty(t, w.broken)
	for _, k := range w.reports {
		require.Equal(t, 10*time.Minute, k.last.SettledAt.Sub(k.last.OpenedAt.Time))
		require.True(t, slices.ContainsFunc(k.last.Inspections, func(i responder.Inspection) bool {
			return i.Inspector == protocol.Unlisted && i.Outcome == responder.Missing
		}))
		require.Len(t, k.published, 1)
	}
}

// stride is which calls are tried: each, or in a short run each fifth. With the race detector all is ten times as
// slow.
func stride() int {
	switch {
	case raceDetector:
		return 17
	case testing.Short():
		return 5
	}
	return 1
}

// Several calls fail, other deliveries run between two calls of a handler, and the bus repeats, reorders and
// delays.
func TestRandomSchedules(t *testing.T) {
	all := scenarios()
	var schedules atomic.Int64
	check := func(choose func(n int) int) (broken []string, what string) {
		s, plan := all[choose(len(all))], drawSchedule(choose)
		schedules.Add(1)
		return play(t.Context(), s, plan).broken, fmt.Sprintf("%s: %s", s.name, plan)
	}
	t.Run("of", func(t *testing.T) {
		t.Run("rapid", func(t *testing.T) { // some that it can shrink
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				broken, what := check(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
				require.Empty(rt, broken, what)
			})
		})
		for part := range uint64(2) {
			t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(400 / stride()) {
					broken, what := check(rand.New(rand.NewPCG(seed, part)).IntN)
					require.Empty(t, broken, "seed %d: %s", seed, what)
				}
			})
		}
	})
	t.Logf("%d schedules", schedules.Load())
}

// drawSchedule draws up to four faults and up to eight interleavings, on a bus that is rude or not.
func drawSchedule(choose func(n int) int) schedule {
	const most = 60 // calls
	plan := schedule{faults: map[int]fault{}, others: map[int]int{}}
	for range choose(5) {
		plan.faults[choose(most)] = fault(1 + choose(int(faults)-1))
	}
	for range choose(9) {
		plan.others[choose(most)] = 1 + choose(4)
	}
	if choose(2) == 1 {
		plan.seed = uint64(1 + choose(1<<20))
	}
	return plan
}

// String tells a schedule to who has to find out what went wrong.
func (s schedule) String() string {
	var words []string
	for _, n := range slices.Sorted(maps.Keys(s.faults)) {
		words = append(words, fmt.Sprintf("call %d: %s", n, s.faults[n]))
	}
	for _, n := range slices.Sorted(maps.Keys(s.others)) {
		words = append(words, fmt.Sprintf("%d others before call %d", s.others[n], n))
	}
	for _, n := range slices.Sorted(maps.Keys(s.pauses)) {
		words = append(words, fmt.Sprintf("%s and another alert before call %d", s.pauses[n], n))
	}
	if s.seed != 0 {
		words = append(words, fmt.Sprintf("rude by %d", s.seed))
	}
	return strings.Join(words, ", ")
}
