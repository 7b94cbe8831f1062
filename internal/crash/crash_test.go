package crash

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each call of each function is the last one of its process once, before the service sees it and after: nothing is lost, and
// nothing that is done twice shows.
func TestEachCrash(t *testing.T) {
	onLinux(t)
	w := newWorld(t)
	groups := [][]*incident{w.batches(t)}
	w.oneByOne(t)
	groups = append(groups, w.delays(t))
	calm := w.calm(t, scenarios)
	each := eachPoint(calm)
	several := severalPoints(calm)
	groups = append(groups, calm, each, several)
	// An emitter that dies leaves its lease, which takes two minutes to end: those first.
	list := slices.Concat(each, several)
	slices.SortStableFunc(list, func(a, b *incident) int { return cmp.Compare(a.rank(), b.rank()) })
	w.send(t, list)
	w.rest(t, "ReporterQueue")
	again := unreached(each)
	w.send(t, again)
	groups = append(groups, again)
	w.say(t, "%d processes were killed, the leases of the emitter's end", w.killed())
	w.rest(t)
	w.report(t, slices.Concat(groups...))
	missed := unreached(again)
	for _, in := range missed {
		t.Logf("not reached: %s", in)
	}
	assert.Less(t, len(missed), len(each)/20)
}

func (in *incident) rank() int {
	if slices.ContainsFunc(in.points, func(p point) bool { return p.function == "Reporter" }) {
		return 0
	}
	return 1
}

// report looks at each incident at rest.
func (w *world) report(t *testing.T, list []*incident) {
	killed := map[string]int{}
	for _, in := range list {
		w.check(t.Context(), in)
		assert.Empty(t, in.broken, in.String())
		for _, p := range in.killed {
			killed[p.function]++
		}
	}
	for _, f := range []string{"Receptor", "Dispatcher", "Inspector", "Submitter", "Reviewer", "Reporter"} {
		assert.NotZero(t, killed[f], f)
	}
	w.say(t, "%d schedules, %d processes killed", len(list), w.killed())
}

// calm plays scenarios without a crash, up to their rest: so it is known which calls there are.
func (w *world) calm(t *testing.T, list []scenario) (calm []*incident) {
	for _, s := range list {
		calm = append(calm, newIncident(s))
	}
	w.send(t, calm)
	w.rest(t, "ReporterQueue")
	for _, in := range calm {
		var words []string
		for f, calls := range in.counted() {
			words = append(words, fmt.Sprint(f, " ", len(calls)))
		}
		slices.Sort(words)
		w.say(t, "%s: calls of %s", in.name, strings.Join(words, ", "))
	}
	return calm
}

// eachPoint has each call that was seen be the last one once.
func eachPoint(calm []*incident) (list []*incident) {
	for _, in := range calm {
		calls := in.counted()
		for _, f := range slices.Sorted(maps.Keys(calls)) {
			for n := range calls[f] {
				for _, what := range []fate{unsent, unanswered} {
					list = append(list, newIncident(in.scenario, point{f, n + 1, what}))
				}
			}
		}
	}
	return list
}

// severalPoints has processes die while they make up for one that died.
func severalPoints(calm []*incident) (list []*incident) {
	random := rand.New(rand.NewPCG(1, 1))
	for n := range 20 {
		in := calm[n%len(calm)]
		calls := in.counted()
		functions := slices.Sorted(maps.Keys(calls))
		var points []point
		for range 3 {
			f := functions[random.IntN(len(functions))]
			points = append(points, point{f, 1 + random.IntN(2*len(calls[f])), []fate{unsent, unanswered}[random.IntN(2)]})
		}
		list = append(list, newIncident(in.scenario, points...))
	}
	return list
}

// unreached are once more those whose call did not come, as where a notice was overtaken.
func unreached(list []*incident) (again []*incident) {
	for _, in := range list {
		if in.missed() {
			again = append(again, newIncident(in.scenario, in.points...))
		}
	}
	return again
}

// batches sends some storms at once to functions that get ten messages at a time; each seventh call is the last one of its process.
func (w *world) batches(t *testing.T) (list []*incident) {
	for range atOnce {
		list = append(list, newIncident(storm(10)))
	}
	w.any = &anyCall{each: 7, most: 6, calls: map[string]int{}}
	w.listen(t, "Receptor", false)
	w.send(t, list)
	w.listen(t, "Receptor", true)
	w.rest(t, "ReporterQueue", "ReviewQueue")
	w.mu.Lock()
	w.any = nil
	w.mu.Unlock()
	w.say(t, "%d processes were killed on batches", w.killed())
	return list
}

// delays has tasks wait in InspectionQueue, and processes die that have just begun, while they read who is awaited.
func (w *world) delays(t *testing.T) []*incident {
	w.inspectionDelay(t, 4*time.Second)
	w.mu.Lock()
	w.cold = []fate{unsent, unanswered}
	w.mu.Unlock()
	cold, calm := newIncident(scenario{name: "a cold start", steps: delayed.steps}), newIncident(delayed)
	for _, in := range []*incident{cold, calm} {
		w.send(t, []*incident{in})
		w.await(t.Context(), in, 0)
	}
	require.Empty(t, w.cold, "the list of inspectors was read")
	require.NotEmpty(t, calm.counted()["Dispatcher"])
	list := []*incident{cold, calm}
	for _, in := range eachPoint([]*incident{calm}) {
		if f := in.points[0].function; f == "Receptor" || f == "Dispatcher" {
			list = append(list, in)
		}
	}
	w.send(t, list[2:])
	for _, in := range list {
		w.await(t.Context(), in, 0)
	}
	w.inspectionDelay(t, 0)
	return list
}
