package crash

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachCrash(t *testing.T) {
	w, began := newWorld(t), time.Now()
	var calm []*incident
	for _, s := range scenarios {
		calm = append(calm, newIncident(s, "calm "+s.name))
	}
	w.play(t, calm)
	for _, in := range calm {
		for _, f := range slices.Sorted(maps.Keys(in.calls)) {
			t.Logf("%s: %s: %v", in.name, f, in.calls[f])
		}
		require.Empty(t, in.broken, "without a crash: %s", in)
	}
	t.Logf("%s", time.Since(began))
	var list []*incident
	for _, in := range calm {
		for _, f := range slices.Sorted(maps.Keys(in.calls)) {
			for n := range in.calls[f] {
				for _, what := range []fate{unsent, unanswered} {
					p := point{f, n + 1, what}
					list = append(list, newIncident(in.scenario, fmt.Sprint(in.name, p), p))
				}
			}
		}
	}
	w.play(t, list)
	t.Logf("%d schedules, %d kills, %s", len(list), w.kills, time.Since(began))
	for _, in := range list {
		if !in.spent() {
			t.Logf("not reached: %s", in)
		}
		if len(in.broken) > 0 {
			t.Errorf("%s: %v", in, in.broken)
		}
	}
}
