package protocol_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// shortcuts are tempting simplifications of the protocol, each of which loses something.
type shortcuts struct {
	verBeforeBody, openCounts, judgedFirst, counter, anyDeadline, neverAgain, ownTokensOnly, noCondition,
	overwriteVerdict, repeatsDoNotLook, forgetLate, emptyIsKnown, nobodyHeals, waveMovesDeadline,
	holdBackShown, closeUnsettled, bodyStaysStored bool
}

// TestMain makes the property tests the same in each run, unless flags say otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["rapid.seed"] && os.Getenv("RAPID_SEED") == "" {
		_ = flag.Set("rapid.seed", "1")
	}
	os.Exit(m.Run())
}

// The transitions pass the invariants of the protocol's model under random schedules: no acknowledged alert or
// page is missing from the last verdict; no report is without verdict or has an older one; one seq has one
// content; nobody awaited is passed over before the deadline; every attribute is handed out.
func TestTheProtocolHolds(t *testing.T) {
	schedules := 0
	check := func(choose func(int) int) *world {
		schedules++
		w := newWorld(drawScenario(choose), shortcuts{}, choose)
		defer w.close()
		w.run()
		return w
	}
	rapid.Check(t, func(rt *rapid.T) { // a few that can be shrunk
		w := check(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
		require.Empty(rt, w.broken)
	})
	for seed := range many(10_000) {
		w := check(rand.New(rand.NewPCG(seed, 0)).IntN)
		require.Empty(t, w.broken, "seed %d: %s", seed, trace(seed, shortcuts{}))
	}
	t.Logf("%d schedules", schedules)
}

func many(n uint64) uint64 {
	if testing.Short() || raceDetector {
		return n / 20
	}
	return n
}

// trace plays a schedule again and tells it.
func trace(seed uint64, cut shortcuts) string {
	choose := rand.New(rand.NewPCG(seed, 0)).IntN
	w := newWorld(drawScenario(choose), cut, choose)
	defer w.close()
	w.tracing = true
	w.run()
	return strings.Join(w.trace, ", ")
}

// Each of the shortcuts that the model refutes breaks the protocol here too, in the way that it does there; so
// the checker can see.
func TestShortcutsAreRefuted(t *testing.T) {
	for _, test := range []struct {
		name   string
		cut    shortcuts
		breaks string
	}{
		{"ver + 1 before the body is stored", shortcuts{verBeforeBody: true}, "not in the last verdict"},
		{"opening counts as the first evidence", shortcuts{openCounts: true}, "not in the last verdict|not judged"},
		{"judged is set before publishing", shortcuts{judgedFirst: true}, "not in the last verdict"},
		{"a counter instead of the set", shortcuts{counter: true}, "judged while"},
		{"any deadline clears pending", shortcuts{anyDeadline: true}, "judged while"},
		{"who finds itself does not publish again", shortcuts{neverAgain: true}, "not judged|never handed out"},
		{"own tokens tell whose task it is", shortcuts{ownTokensOnly: true}, "never handed out"},
		{"pending is set without the condition on ver", shortcuts{noCondition: true}, "not in the last verdict|not judged|judged while|does not know"},
		{"a verdict is overwritten", shortcuts{overwriteVerdict: true}, "two contents"},
		{"a pure repeat does not look for a lost review", shortcuts{repeatsDoNotLook: true}, "not judged"},
		{"the deadline forgets who was awaited", shortcuts{forgetLate: true, ownTokensOnly: true}, "never handed out"},
		{"an empty report counts as known", shortcuts{emptyIsKnown: true}, "not judged"},
		{"nobody heals an overdue report", shortcuts{nobodyHeals: true}, "not in the last verdict"},
		{"a wave moves the deadline of who is awaited", shortcuts{waveMovesDeadline: true}, "was moved"},
		{"content that was shown is not published", shortcuts{holdBackShown: true}, "a notice stands"},
		{"a report closes whatever it awaits", shortcuts{closeUnsettled: true}, "closed before"},
		{"the next report takes the body for stored", shortcuts{bodyStaysStored: true}, "not in the last verdict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for seed := range uint64(100_000) {
				choose := rand.New(rand.NewPCG(seed, 0)).IntN
				w := newWorld(drawScenario(choose), test.cut, choose)
				w.run()
				w.close()
				if len(w.broken) > 0 {
					expected := slices.ContainsFunc(strings.Split(test.breaks, "|"), func(s string) bool {
						return strings.Contains(strings.Join(w.broken, "\n"), s)
					})
					assert.True(t, expected, "%v", w.broken)
					t.Logf("refuted by schedule %d: %v", seed+1, w.broken)
					return
				}
			}
			t.Error("not refuted")
		})
	}
}
