package policy

import (
	"cmp"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// conclusion is what a report comes down to.
type conclusion struct {
	report  responder.Report
	verdict responder.SignalVerdict // of the strongest signal
	strong  []responder.Signal      // the signals with that verdict, by score
	other   []responder.Attribute   // on the other side
	unknown []responder.Attribute   // of them, those of which nobody said that they are harmless
	failed  []responder.Inspection  // one for each inspector
	missing []responder.Inspection  // likewise
	unread  bool                    // there is an alert of which nobody understood the message
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
			harmless[entity.HashOf(entity.Normalize(*s.Attribute))] = true
		}
	}
	slices.SortStableFunc(c.strong, strongerFirst)
	c.other = otherSide(r)
	for _, a := range c.other {
		if !harmless[entity.HashOf(a)] {
			c.unknown = append(c.unknown, a)
		}
	}
	c.failed = unfinished(r, responder.Failed)
	c.missing = unfinished(r, responder.Missing)
	c.unread = slices.ContainsFunc(alerts(r), isUnread)
	return c
}

// alerts are those of a report, at least the first.
func alerts(r responder.Report) []responder.Alert {
	if len(r.Alerts) == 0 {
		return []responder.Alert{r.Alert}
	}
	return r.Alerts
}

// isUnread: what was found in a text may be all that is harmless in it, where nothing else is on the other side. Nobody
// knows what it says.
func isUnread(a responder.Alert) bool {
	stated := func(attr responder.Attribute) bool { return !attr.Match(responder.ContextExtracted) }
	others := opponents(a)
	return a.Rule == "unparsed" || len(others) > 0 && !slices.ContainsFunc(others, stated)
}

// strongerFirst orders signals whatever order they came in.
func strongerFirst(a, b responder.Signal) int {
	if order := cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Inspector, b.Inspector), cmp.Compare(a.Summary, b.Summary)); order != 0 {
		return order
	}
	return cmp.Compare(text(a), text(b))
}

// otherSide are the attributes that have to be known as harmless, each once, sorted.
func otherSide(r responder.Report) []responder.Attribute {
	var all []responder.Attribute
	own := map[entity.Hash]bool{}
	for _, a := range alerts(r) {
		all = append(all, opponents(a)...)
		for _, attr := range a.Attrs {
			own[entity.HashOf(entity.Normalize(attr))] = true
		}
	}
	for _, i := range r.Inspections { // what inspectors brought, and others looked into
		if i.Attribute != nil && !own[entity.HashOf(entity.Normalize(*i.Attribute))] && canBeOpponent(*i.Attribute) {
			all = append(all, entity.Normalize(*i.Attribute))
		}
	}
	slices.SortFunc(all, func(a, b responder.Attribute) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value))
	})
	return slices.CompactFunc(all, func(a, b responder.Attribute) bool { return a.Type == b.Type && a.Value == b.Value })
}

// opponents are the attributes of an alert that can be the other side; all of them, where none can.
func opponents(a responder.Alert) (out []responder.Attribute) {
	for _, attr := range a.Attrs {
		if canBeOpponent(attr) {
			out = append(out, entity.Normalize(attr))
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, attr := range a.Attrs {
		out = append(out, entity.Normalize(attr))
	}
	return out
}

// canBeOpponent: what is said to be remote, and what an attacker brings along unless it is said to be local.
func canBeOpponent(a responder.Attribute) bool {
	switch a.Type {
	case responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeFileHash, responder.TypeEmail:
		return !a.Match(responder.ContextLocal) || a.Match(responder.ContextRemote)
	}
	return a.Match(responder.ContextRemote)
}

// unfinished gives one row for each inspector that ended so, sorted by name. What is no outcome must not pass for a
// clean one.
func unfinished(r responder.Report, wanted responder.Outcome) []responder.Inspection {
	var rows []responder.Inspection
	for _, i := range r.Inspections {
		if !isClean(i.Outcome) && i.Outcome != responder.Missing {
			i.Outcome = responder.Failed
		}
		if i.Outcome == wanted {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b responder.Inspection) int {
		return cmp.Or(cmp.Compare(a.Inspector, b.Inspector), cmp.Compare(a.Error, b.Error))
	})
	return slices.CompactFunc(rows, func(a, b responder.Inspection) bool { return a.Inspector == b.Inspector })
}

func isClean(o responder.Outcome) bool {
	return o == responder.Found || o == responder.Nothing || o == responder.Skipped
}
