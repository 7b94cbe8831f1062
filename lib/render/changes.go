package render

import (
	"cmp"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const maxNew = 5 // findings that are named as new

// changes are what is new since the state was shown.
func (v View) changes(r responder.Report, s state) (out []string) {
	if !s.wasShown() {
		return nil
	}
	switch {
	case v.isNotice():
		out = v.arrived(r, s)
	case s.Severity == "":
		out = append(out, "The verdict is "+string(v.Severity)+".")
	case s.Severity != v.Severity:
		out = append(out, "The verdict is "+string(v.Severity)+", it was "+string(s.Severity)+".")
	}
	switch was := s.has(flagResolved); {
	case v.Resolved && !was:
		out = append(out, resolvedNote)
	case was && !v.Resolved:
		out = append(out, "It fires again.")
	}
	if !v.isNotice() {
		out = append(out, v.news(s)...)
		out = append(out, answered(r, s)...)
	}
	if v.Alerts > s.Alerts && s.Alerts > 0 {
		out = append(out, counted(int(min(v.Alerts, 1<<31-1)), "alert")+", there were "+count(s.Alerts)+".")
	}
	if left := len(out) - maxChanges; left > 0 {
		out = append(out[:maxChanges], "And "+counted(left, "more change")+".")
	}
	return out
}

// arrived is the alert of a notice, and what it brings.
func (v View) arrived(r responder.Report, s state) (out []string) {
	if r.Seq <= s.Seq {
		return nil
	}
	out = append(out, "Another alert: "+title(r)+".")
	var fresh []string
	for _, e := range v.Entities {
		if !s.knows(e) {
			fresh = append(fresh, e.Value)
		}
	}
	if len(fresh) > 0 {
		out = append(out, short("New in it: "+joined(fresh, maxNew, len(fresh))+".", 2*maxValue))
	}
	return out
}

// brief are the changes for where all that stands is shown beside them: without what was found, and none at first.
func (v View) brief() (out []string) {
	if v.Phase == Verdict {
		return nil
	}
	for _, c := range v.Changes {
		if !strings.HasPrefix(c, newFinding) {
			out = append(out, c)
		}
	}
	return out
}

// markNew marks the findings of which the last verdict had nothing; of the first verdict all would be.
func (v View) markNew(s state) {
	if v.Phase != Correction && v.Phase != Update || s.Known.full(maxKnown) {
		return
	}
	for i := range v.Findings {
		v.Findings[i].New = !s.Known.has(v.Findings[i].mark())
	}
}

// newFinding begins the change that is a finding.
const newFinding = "New: "

// news are findings that were not shown.
func (v View) news(s state) (out []string) {
	list, more := v.Findings, 0
	if s.Known.full(maxKnown) { // what stands behind them may have been there
		list = list[:min(len(list), maxKnown)]
	}
	for _, f := range list {
		switch {
		case s.Known.has(f.mark()):
		case len(out) < maxNew:
			out = append(out, newFinding+f.sentence())
		default:
			more++
		}
	}
	if more > 0 {
		out = append(out, counted(more, "more new finding")+".")
	}
	return out
}

// standing is how it stands with each inspector, by name: missing where it is for one question, else failed likewise.
func standing(list []responder.Inspection) (out []row) {
	at := map[string]int{}
	for _, i := range list {
		n, ok := at[i.Inspector]
		if !ok {
			n = len(out)
			at[i.Inspector], out = n, append(out, row{who: i.Inspector, outcome: responder.Found})
		}
		switch {
		case i.Outcome == responder.Missing, i.Outcome == responder.Failed && out[n].outcome != responder.Missing:
			out[n].outcome = i.Outcome
		}
	}
	slices.SortFunc(out, func(a, b row) int { return cmp.Compare(a.who, b.who) })
	return out
}

// answered says who has answered meanwhile, and who has not any more.
func answered(r responder.Report, s state) (out []string) {
	for _, now := range standing(r.Inspections) {
		m, name := mark(now.who), now.name()
		missing, failed := s.Missing.has(m), s.Failed.has(m)
		switch {
		case now.outcome == responder.Missing && !missing && !s.Missing.full(maxNames):
			out = append(out, "No answer from "+name+".")
		case now.outcome == responder.Failed && !failed && !s.Failed.full(maxNames):
			out = append(out, name+" failed.")
		case now.outcome == responder.Found && missing:
			out = append(out, name+" has answered.")
		case now.outcome == responder.Found && failed:
			out = append(out, name+" has answered, after it had failed.")
		}
	}
	return out
}
