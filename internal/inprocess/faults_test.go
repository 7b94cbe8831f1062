package inprocess

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Without a fault all is well; so what the tests below find comes of the faults.
func TestScenariosWithoutFaults(t *testing.T) {
	for _, s := range scenarios() {
		w := play(t.Context(), s, schedule{})
		require.Empty(t, w.broken, s.name)
		t.Logf("%-45s %3d calls", s.name, len(w.names))
	}
}

// Every single call of every stage and plugin is refused, or loses its answer, or panics, or is the last one of
// its function; before and after it was made.
func TestEachCallFails(t *testing.T) {
	var schedules atomic.Int64
	t.Run("in", func(t *testing.T) {
		for _, s := range scenarios() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				calls := play(t.Context(), s, schedule{}).names
				for n := 0; n < len(calls); n += short(1, 5) {
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

func short[T any](usual, short T) T {
	if testing.Short() {
		return short
	}
	return usual
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
				for seed := range uint64(short(600, 50)) {
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
	if s.seed != 0 {
		words = append(words, fmt.Sprintf("rude by %d", s.seed))
	}
	return strings.Join(words, ", ")
}
