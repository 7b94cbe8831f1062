package inprocess

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// engineScenarios are all, and what only the engine has.
func engineScenarios() []scenario {
	two, one := []plugin{everything, users}, []string{"emitter"}
	return append(scenarios(),
		scenario{name: "a reviewer of one's own", own: true, inspectors: two, emitters: one,
			events: []testAlert{alert(0, "a", "p"), alert(0, "b", "q")}},
		scenario{name: "two incidents at once", together: true, rules: protocol.Rules{InspectionDelay: time.Minute}, inspectors: two, emitters: one,
			events: []testAlert{alert(0, "a", "p"), alert(0, "b", "q").with(otherKey)}},
		scenario{name: "an alert of several rows", inspectors: two, emitters: one,
			events: []testAlert{alert(0, "a", "p").with(large), alert(time.Second, "b", "p")}},
	)
}

// large gives an alert a text that no row takes: 260 kB that hardly get smaller, and again as it came.
func large(a *responder.Alert) {
	text := make([]byte, 260_000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range text {
		text[i] = byte('!' + random.IntN(90))
	}
	a.Description = string(text)
}

// Every single call that the handlers make of AWS fails before it, loses its answer, is throttled or takes all the time
// that the function has; or the handler panics after it, or the function dies before or after it.
func TestEachCallOfAWSFails(t *testing.T) {
	e, mine := newEngine(t), sharing(t)
	var schedules atomic.Int64
	t.Run("in", func(t *testing.T) {
		for _, s := range engineScenarios() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				w := e.play(t.Context(), s, schedule{})
				require.Empty(t, w.broken, "without a fault")
				for n := 0; n < len(w.names); n += stride() {
					for what := none + 1; what < engineFaults; what++ {
						if what == faults || !mine.has(n+int(what)) {
							continue
						}
						schedules.Add(1)
						plan := schedule{faults: map[int]fault{n: what}, hurry: hurried(w, n, what)}
						require.Empty(t, e.play(t.Context(), s, plan).broken, "call %d, %s: %s", n, w.names[n], what)
					}
				}
			})
		}
	})
	t.Logf("%d schedules", schedules.Load())
}

// hurried is which handler has a time that ends, so that its host sees it: that of a stage which makes the call n.
func hurried(w *world, n int, what fault) int {
	if what != timedOut || !w.ofStage[w.of[n]] {
		return 0
	}
	return w.of[n]
}

// Between two calls of AWS another alert comes in, and other handlers go on for a while.
func TestAnotherAlertBetweenTwoCallsOfAWS(t *testing.T) {
	e, mine := newEngine(t), sharing(t)
	var schedules atomic.Int64
	t.Run("in", func(t *testing.T) {
		for _, s := range engineScenarios() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				calls := e.play(t.Context(), s, schedule{}).names
				for n := 0; n < len(calls); n += stride() {
					if !mine.has(n) {
						continue
					}
					plan := schedule{pauses: map[int]time.Duration{n: time.Millisecond}, others: map[int]int{n: 12}}
					schedules.Add(1)
					require.Empty(t, e.play(t.Context(), s, plan).broken, "call %d, %s: %s", n, calls[n], plan)
				}
			})
		}
	})
	t.Logf("%d schedules", schedules.Load())
}

// Several calls of AWS fail, on a bus that repeats, reorders and delays.
func TestRandomFaultsOfAWS(t *testing.T) {
	e, mine := newEngine(t), sharing(t)
	all := engineScenarios()
	var schedules atomic.Int64
	check := func(choose func(n int) int) (broken []string, what string) {
		s, plan := all[choose(len(all))], schedule{faults: map[int]fault{}}
		for range 1 + choose(4) {
			if f := fault(1 + choose(int(engineFaults)-1)); f != faults {
				plan.faults[choose(60)] = f
			}
		}
		if choose(2) == 1 {
			plan.seed = uint64(1 + choose(1<<20))
		}
		schedules.Add(1)
		return e.play(t.Context(), s, plan).broken, fmt.Sprintf("%s: %s", s.name, plan)
	}
	t.Run("of", func(t *testing.T) {
		t.Run("rapid", func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				broken, what := check(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
				require.Empty(rt, broken, what)
			})
		})
		t.Run("seeds", func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(400 / stride()) {
				if !mine.has(int(seed)) {
					continue
				}
				broken, what := check(rand.New(rand.NewPCG(seed, 7)).IntN)
				require.Empty(t, broken, "seed %d: %s", seed, what)
			}
		})
	})
	t.Logf("%d schedules", schedules.Load())
}
