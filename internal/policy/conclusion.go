package policy

import (
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// conclusion is what a report comes down to.
type conclusion struct {
	report  responder.Report
	verdict responder.SignalVerdict // of the strongest signal
	strong  []responder.Signal      // the signals with that verdict, by score
	unknown []responder.Attribute   // on the other side, of which nobody said that they are harmless
	failed  []responder.Inspection  // one for each inspector
	missing []responder.Inspection  // likewise
}

func look(r responder.Report) conclusion {
	c := conclusion{report: r, verdict: responder.UnknownSignal}
	for _, s := range r.Signals {
		if s.Verdict.Rank() > c.verdict.Rank() {
			c.verdict = s.Verdict
		}
	}
	harmless := map[entity.Hash]bool{}
	for _, s := range r.Signals {
		if s.Verdict == c.verdict && c.verdict.Rank() > 0 {
			c.strong = append(c.strong, s)
		}
		if s.Verdict == responder.Harmless && s.Attribute != nil {
			harmless[hash(*s.Attribute)] = true
		}
	}
	slices.SortStableFunc(c.strong, strongerFirst)
	c.unknown = slices.DeleteFunc(otherSide(r), func(a responder.Attribute) bool { return harmless[hash(a)] })
	c.failed = unfinished(r, responder.Failed)
	c.missing = unfinished(r, responder.Missing)
	return c
}

// strongerFirst orders signals whatever order they came in.
func strongerFirst(a, b responder.Signal) int {
	switch {
	case a.Score != b.Score:
		if a.Score > b.Score {
			return -1
		}
		return 1
	case text(a) < text(b):
		return -1
	case text(a) > text(b):
		return 1
	}
	return 0
}

// otherSide are the attributes that have to be known as harmless, each once, sorted.
func otherSide(r responder.Report) []responder.Attribute {
	alerts := r.Alerts
	if len(alerts) == 0 {
		alerts = []responder.Alert{r.Alert}
	}
	var all, remote []responder.Attribute
	for _, a := range alerts {
		for _, attr := range a.Attrs {
			all = append(all, attr)
			if attr.Match(responder.ContextRemote) {
				remote = append(remote, attr)
			}
		}
	}
	if len(remote) > 0 {
		all = remote
	}
	slices.SortFunc(all, func(a, b responder.Attribute) int {
		return slices.Compare([]string{a.Type, a.Value}, []string{b.Type, b.Value})
	})
	return slices.CompactFunc(all, func(a, b responder.Attribute) bool { return a.Type == b.Type && a.Value == b.Value })
}

func hash(a responder.Attribute) entity.Hash { return entity.HashOf(entity.Normalize(a)) }

// unfinished gives one row for each inspector that ended so, sorted by name.
func unfinished(r responder.Report, outcome responder.Outcome) []responder.Inspection {
	var rows []responder.Inspection
	for _, i := range r.Inspections {
		if i.Outcome == outcome {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b responder.Inspection) int {
		return slices.Compare([]string{a.Inspector, a.Error}, []string{b.Inspector, b.Error})
	})
	return slices.CompactFunc(rows, func(a, b responder.Inspection) bool { return a.Inspector == b.Inspector })
}
