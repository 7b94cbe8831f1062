package render

import (
	"cmp"
	"slices"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// acting is the id of the emitter that acts. What it did, or would do, stands before all that was found.
const acting = "quarantine"

// found is a finding as it came: only those that are shown are made to be shown.
type found struct {
	who, kind, value string // of the inspector and the attribute
	about            *responder.Attribute
	verdict          responder.SignalVerdict
	score            float64
	text, url        string
	at               responder.Time
}

// findings are the signals, and what was found without one, the strongest first.
func (v *View) findings(o Options, r responder.Report) (out []Finding) {
	list := signals(r)
	slices.SortFunc(list, stronger)
	list = slices.CompactFunc(list, func(a, b found) bool { return stronger(a, b) == 0 })
	list, v.hidden.findings = first(list, maxRows)
	for _, f := range list {
		out = append(out, f.finding(o))
	}
	return out
}

func signals(r responder.Report) (list []found) {
	type asked struct{ who, kind, value string }
	judged := map[asked]bool{}
	for _, s := range r.Signals {
		f := found{who: cmp.Or(s.Inspector, s.Source), about: s.Attribute, verdict: verdict(s.Verdict), score: score(s.Score),
			text: cmp.Or(s.Summary, s.Kind), url: s.URL, at: s.SeenAt}
		f.kind, f.value = identity(s.Attribute)
		judged[asked{s.Inspector, f.kind, f.value}] = true
		list = append(list, f)
	}
	for _, i := range r.Inspections {
		kind, value := identity(i.Attribute)
		if i.Outcome == responder.Found && !judged[asked{i.Inspector, kind, value}] {
			list = append(list, found{who: i.Inspector, kind: kind, value: value, about: i.Attribute, text: i.Title})
		}
	}
	return list
}

func identity(a *responder.Attribute) (kind, value string) {
	if a == nil {
		return "", ""
	}
	return a.Type, a.Value
}

func verdict(v responder.SignalVerdict) responder.SignalVerdict {
	if v.Rank() == 0 {
		return responder.UnknownSignal
	}
	return v
}

// weight is how much a finding has to be seen: what was done, malicious, suspicious, what nobody judges, harmless, unknown.
func (f found) weight() int {
	switch {
	case f.who == acting:
		return 5
	case f.verdict.Rank() >= 2:
		return f.verdict.Rank() + 1
	case f.verdict == "":
		return 2
	}
	return f.verdict.Rank()
}

func stronger(a, b found) int {
	return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(b.score, a.score), cmp.Compare(a.who, b.who),
		cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value), cmp.Compare(a.verdict, b.verdict), cmp.Compare(a.text, b.text),
		cmp.Compare(a.url, b.url), a.at.Compare(b.at.Time))
}

func (f found) finding(o Options) Finding {
	n := maxText
	if f.who == acting {
		n = maxActed
	}
	return Finding{Who: cmp.Or(line(f.who, maxWho), "somebody"), Entity: about(f.about), Verdict: f.verdict, Score: f.score,
		Text: line(f.text, n), SeenAt: f.at, Link: o.link(f.url)}
}
