package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func (v View) isNotice() bool { return v.Phase == New || v.Phase == Ongoing }

// notice adds what has come to what was shown.
func (o Options) notice(v *View, r responder.Report, s state) {
	v.Phase = Ongoing
	if r.Status == responder.StatusNew && s.Severity == "" {
		v.Phase = New
	}
	t := tellOf(alerts(r))
	v.Title, v.Severity = cmp.Or(s.Title, title(r)), cmp.Or(s.Severity, known(r.Result.Severity, ""))
	v.Alerts = max(v.Alerts, s.Alerts)
	v.Resolved, v.Sample, v.Late = t.resolved, t.sample && (!s.wasShown() || s.has(flagSample)), t.late || s.has(flagLate)
	if s.Last > t.end.Unix() {
		v.Resolved = s.has(flagResolved)
	}
	v.Truncated = r.Truncated || s.has(flagTruncated)
	if s.Reason != "" {
		v.Reason = []string{s.Reason}
	}
	v.Facts, v.Entities = facts(r, t), t.entities
	v.hidden.entities = t.moreEntities
	if s.wasShown() {
		v.hidden = hidden{entities: s.Hidden[0] + t.moreEntities, findings: s.Hidden[1], gaps: s.Hidden[2], quiet: s.Hidden[3]}
		v.Facts, v.Entities = withFacts(s.Facts, v), s.withEntities(t.entities)
	}
	for _, f := range s.Findings {
		v.Findings = append(v.Findings, o.restored(f))
	}
	for _, g := range s.Gaps {
		v.Gaps = append(v.Gaps, Gap{Who: g[0], Entity: g[1], Outcome: gapOutcome(g[2]), Text: g[3]})
	}
	v.Quiet = slices.Clone(s.Quiet)
}

// withFacts are the facts that were shown, with what is new in those of now.
func withFacts(shown [][]string, v *View) (out []Fact) {
	now := map[string]string{}
	for _, f := range v.Facts {
		now[f.Name] = f.Value
	}
	for _, f := range shown {
		name, value := f[0], f[1]
		switch fresh := now[name]; {
		case name == "" || value == "":
			continue
		case name == factAlerts:
			value = count(v.Alerts)
		case name == factFirst && fresh != "":
			value = min(value, fresh) // they are written so that the earlier one is the smaller text
		case name == factLast:
			value = max(value, fresh)
		}
		delete(now, name)
		out = append(out, Fact{name, value})
	}
	for _, f := range v.Facts {
		if _, ok := now[f.Name]; ok {
			out = append(out, f)
		}
	}
	return out
}

// withEntities are those that were shown, and those that were not.
func (s state) withEntities(now []Fact) (out []Fact) {
	for _, e := range s.Entities {
		if e[1] != "" {
			out = append(out, Fact{e[0], e[1]})
		}
	}
	for _, e := range now {
		if !s.knows(e) && len(out) < maxShort {
			out = append(out, e)
		}
	}
	return out
}

// knows says whether an entity was shown or counted. Beyond those that are noted, only those that are in the state are known.
func (s state) knows(e Fact) bool {
	return s.Named.has(mark(e.Value)) || slices.ContainsFunc(s.Entities, func(was []string) bool {
		begin, cut := strings.CutSuffix(was[1], "…")
		return was[1] == e.Value || cut && strings.HasPrefix(e.Value, begin)
	})
}

// restored is a finding that was shown.
func (o Options) restored(f []string) Finding {
	n, _ := strconv.ParseFloat(f[3], 64)
	at, _ := time.Parse(time.RFC3339, f[5])
	out := Finding{Who: f[0], Entity: f[1], Score: score(n), Text: f[4], SeenAt: responder.At(at)}
	if f[2] != "" {
		out.Verdict = verdict(responder.SignalVerdict(f[2]))
	}
	return out
}

func gapOutcome(s string) responder.Outcome {
	switch o := responder.Outcome(s); o {
	case responder.Missing, responder.Skipped:
		return o
	}
	return responder.Failed
}

// State is what has to be known of the view when the next notification comes: at most 3,000 bytes, for a Receipt.
func (v View) State() string { return v.shown.String() }

// remember is the state of a view.
func (v View) remember(r responder.Report, was state) state {
	s := state{V: stateForm, Seq: max(r.Seq, was.Seq), Severity: v.Severity, Title: v.Title, Reason: strings.Join(v.Reason, " "), Link: v.source, Alerts: v.Alerts,
		Last: max(tellOf(alerts(r)).end.Unix(), was.Last, 0), Quiet: v.Quiet,
		Hidden: []int{v.hidden.entities, v.hidden.findings, v.hidden.gaps, v.hidden.quiet}}
	for _, f := range []struct {
		on   bool
		flag string
	}{{v.Resolved, flagResolved}, {v.Sample, flagSample}, {v.Late, flagLate}, {v.Truncated, flagTruncated}} {
		if f.on {
			s.Flags += f.flag
		}
	}
	for _, f := range v.Facts {
		s.Facts = append(s.Facts, []string{f.Name, f.Value})
	}
	for _, e := range v.Entities {
		s.Entities = append(s.Entities, []string{e.Name, e.Value})
		if !was.knows(e) || !v.isNotice() {
			s.Named.add(mark(e.Value), maxEntities)
		}
	}
	for _, f := range v.Findings {
		s.Findings = append(s.Findings, f.kept())
	}
	for _, g := range v.Gaps {
		s.Gaps = append(s.Gaps, []string{g.Who, g.Entity, string(g.Outcome), g.Text})
	}
	if v.isNotice() {
		s.Named = (was.Named + s.Named).first(maxAll)
		s.Known, s.Missing, s.Failed = was.Known, was.Missing, was.Failed
		return s
	}
	for _, f := range v.Findings {
		s.Known.add(f.mark(), maxKnown)
	}
	for _, who := range standing(r.Inspections) {
		switch who.outcome {
		case responder.Missing:
			s.Missing.add(mark(who.who), maxNames)
		case responder.Failed:
			s.Failed.add(mark(who.who), maxNames)
		}
	}
	return s
}

func (f Finding) kept() []string {
	at := ""
	if stamp(f.SeenAt.Time) != "" {
		at = f.SeenAt.UTC().Format(time.RFC3339)
	}
	return []string{f.Who, f.Entity, string(f.Verdict), strconv.FormatFloat(f.Score, 'f', -1, 64), f.Text, at}
}

// mark is what makes a finding another one. What nobody judges is another one with other words.
func (f Finding) mark() string {
	text := ""
	if f.Verdict == "" || f.Who == acting {
		text = f.Text
	}
	return mark(f.Who, f.Entity, string(f.Verdict), text)
}
