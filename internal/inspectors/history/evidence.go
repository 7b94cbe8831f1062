package history

import (
	"slices"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// maxAttributes of a report are kept.
const maxAttributes = 64

// seen is an attribute with what a report says of it.
type seen struct {
	attribute responder.Attribute
	row       row
}

// evidence is what a verdict says of each of its attributes; nothing where it is no verdict, or of tests only.
func evidence(r responder.Report) []seen {
	if r.Status != responder.StatusPublished {
		return nil
	}
	alerts := firing(r)
	if len(alerts) == 0 {
		return nil
	}
	sayings := said(r.Signals)
	base := rowOf(r, alerts)
	base.Void = base.Severity == responder.Safe && (r.Truncated || sayings.lean())
	var out []seen
	for _, a := range attributes(alerts, r.Inspections) {
		s := seen{a, base}
		s.row.Local = isLocal(a)
		s.row.Accused = base.Severity == responder.Urgent && !s.row.Local && sayings.accuse(a, alerts)
		out = append(out, s)
	}
	return out
}

// firing are the alerts that are evidence.
func firing(r responder.Report) (out []responder.Alert) {
	alerts := r.Alerts
	if len(alerts) == 0 {
		alerts = []responder.Alert{r.Alert}
	}
	for _, a := range alerts {
		if !a.Sample && a.State.OrFiring() == responder.Firing {
			out = append(out, a)
		}
	}
	return out
}

func rowOf(r responder.Report, alerts []responder.Alert) row {
	severity, _ := responder.ParseSeverity(string(r.Result.Severity)) // anything else is unclassified
	out := row{ID: intel.Clean(r.ReportID, maxID), Title: intel.Clean(r.Title(), maxTitle), Rule: ruleOf(r.Alert), Severity: severity,
		OpenedAt: firstOf(r.OpenedAt, r.SettledAt), Seq: r.Seq}
	for _, a := range alerts {
		out.Level = max(out.Level, a.Severity)
	}
	return out
}

func firstOf(a, b responder.Time) responder.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// attributes are those of the alerts, each once, and those that inspectors brought; the other side first.
func attributes(alerts []responder.Alert, inspections []responder.Inspection) (out []responder.Attribute) {
	at := map[string]int{}
	add := func(a responder.Attribute) {
		if key := keyOf(a); isKept(a) {
			at[key] = len(out)
			out = append(out, a)
		}
	}
	for _, alert := range alerts {
		for _, a := range alert.Attrs {
			if i, ok := at[keyOf(a)]; !ok {
				add(a)
			} else if isLocal(out[i]) { // on both sides is on the other
				out[i] = a
			}
		}
	}
	for _, i := range inspections {
		if i.Attribute == nil {
			continue
		}
		if _, ok := at[keyOf(*i.Attribute)]; !ok {
			add(*i.Attribute)
		}
	}
	slices.SortStableFunc(out, func(a, b responder.Attribute) int { return side(a) - side(b) })
	return out[:min(len(out), maxAttributes)]
}

func side(a responder.Attribute) int {
	if isLocal(a) {
		return 1
	}
	return 0
}

// isLocal: on one's own side, and on no other.
func isLocal(a responder.Attribute) bool {
	return a.Match(responder.ContextLocal) && !a.Match(responder.ContextRemote)
}

// sayings are what signals say of attributes: history itself, and all others.
type sayings struct {
	own, others map[string]responder.SignalVerdict
}

func said(signals []responder.Signal) sayings {
	out := sayings{map[string]responder.SignalVerdict{}, map[string]responder.SignalVerdict{}}
	for _, s := range signals {
		about, by := "", out.others
		if s.Attribute != nil {
			about = keyOf(*s.Attribute)
		}
		if s.Inspector == ID || s.Kind == ID {
			by = out.own
		}
		if s.Verdict.Rank() > by[about].Rank() {
			by[about] = s.Verdict
		}
	}
	return out
}

// lean says whether history is the only one that says harmless of an attribute: without it, nobody would.
func (s sayings) lean() bool {
	for about, verdict := range s.own {
		if verdict == responder.Harmless && s.others[about] != responder.Harmless {
			return true
		}
	}
	return false
}

// accuse says whether an urgent report is about the attribute: others say that it is bad; or it is in an alert, and nobody says
// of anything in particular that it is.
func (s sayings) accuse(a responder.Attribute, alerts []responder.Alert) bool {
	if named := bad(s.others, true); named || bad(s.own, true) && !bad(s.others, false) {
		return isBad(s.others[keyOf(a)])
	}
	return slices.ContainsFunc(alerts, func(alert responder.Alert) bool {
		return slices.ContainsFunc(alert.Attrs, func(b responder.Attribute) bool { return a.Type == b.Type && a.Value == b.Value })
	})
}

// bad says whether anything is said to be bad, of something in particular if it must be named.
func bad(by map[string]responder.SignalVerdict, named bool) bool {
	for about, verdict := range by {
		if isBad(verdict) && (about != "" || !named) {
			return true
		}
	}
	return false
}

func isBad(v responder.SignalVerdict) bool { return v.Rank() > responder.Harmless.Rank() }
