package history

import (
	"fmt"
	"math"
	"slices"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What a history has to be like. They are stricter than a person would be: who is wrong about harmless is not told.
const (
	leastSafe  = 10       // reports of the same rule
	leastShare = 90       // of 100 of them
	leastSpan  = 7 * day  // between the first and the last
	freshFor   = 30 * day // after the last safe one, and after an urgent one
	doubtful   = 50       // the score of suspicious
)

// judgement is what follows from a history.
type judgement struct {
	verdict responder.SignalVerdict
	score   float64
	why     string
}

// judge says what follows for a task from the reports before it.
func judge(e entry, task responder.Task, now time.Time) judgement {
	if isLocal(task.Attribute) {
		return judgement{responder.UnknownSignal, 0, "It is on one's own side, so nothing follows from that."}
	}
	recent := func(r row) bool { return now.Sub(r.OpenedAt.Time) <= freshFor }
	accused := filter(e.Reports, func(r row) bool { return r.Accused && recent(r) })
	if n := len(accused); n > 0 {
		return judgement{responder.Suspicious, doubtful, fmt.Sprintf("An urgent report was about it on %s.", date(accused[n-1].OpenedAt))}
	}
	if why := doubt(e, task, now); why != "" {
		return judgement{responder.UnknownSignal, 0, "Not called harmless: " + why + "."}
	}
	all, safe := ofRule(e.Reports, task)
	return judgement{responder.Harmless, share(len(safe), len(all)), fmt.Sprintf("Of %d of the same rule %d were safe.", len(all), len(safe))}
}

// share is how sure one may be, of 100, that the next one is safe too (Laplace, rule of succession).
func share(safe, all int) float64 { return math.Round(100 * float64(safe+1) / float64(all+2)) }

// ofRule are the reports that say something of an attribute that was on the other side, in the order of their opening, and the safe
// ones of them.
func ofRule(rows []row, task responder.Task) (all, safe []row) {
	rule := ruleOf(task.Alert)
	all = filter(rows, func(r row) bool { return r.Rule == rule && !r.Local && !r.Void })
	slices.SortStableFunc(all, func(a, b row) int { return a.OpenedAt.Compare(b.OpenedAt.Time) })
	return all, filter(all, func(r row) bool { return r.Severity == responder.Safe })
}

// doubt says why a history is not enough to call an attribute harmless; empty if it is.
func doubt(e entry, task responder.Task, now time.Time) string {
	all, safe := ofRule(e.Reports, task)
	n := len(safe)
	switch {
	case e.Total.Urgent > 0: // also one of which nothing else is known any more
		return "one was urgent"
	case task.Attribute.Match(responder.ContextExtracted) || task.Alert.Rule == "":
		return "nobody knows what the alert says"
	case n < leastSafe:
		return fmt.Sprintf("%d of the same rule were safe, expected %d", n, leastSafe)
	case 100*n < leastShare*len(all):
		return fmt.Sprintf("%d of %d of the same rule were safe, expected %d of 100", n, len(all), leastShare)
	case safe[n-1].OpenedAt.Sub(safe[0].OpenedAt.Time) < leastSpan:
		return fmt.Sprintf("those of the same rule are of less than %d days", leastSpan/day)
	case now.Sub(safe[n-1].OpenedAt.Time) > freshFor:
		return fmt.Sprintf("the last safe one is older than %d days", freshFor/day)
	case task.Alert.Severity > level(safe):
		return "none of the safe ones was as severe"
	}
	return ""
}

// level is the highest severity of alerts that were safe.
func level(rows []row) (most float64) {
	for _, r := range rows {
		most = max(most, r.Level)
	}
	return most
}
