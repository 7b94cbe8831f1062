package render

import (
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Options of what is shown. The zero value shows no link but those of inspectors that ship.
type Options struct {
	// ReportURL leads to a report, {report_id} in it is replaced; empty: there is no such page.
	ReportURL string
	// LinkHosts are further hosts to which links may lead, in alerts and signals; also those below them.
	LinkHosts []string
}

// Phase is what a notification is about.
type Phase string

// The phases.
const (
	New        Phase = "new"        // the report was opened, nothing is known yet
	Ongoing    Phase = "ongoing"    // more alerts came; the verdict, if there is one, is the former
	Verdict    Phase = "verdict"    // the first one
	Correction Phase = "correction" // a verdict that changes what was said before: its severity
	Update     Phase = "update"     // a verdict of the same severity, with more evidence
)

// View is what is to be shown of a report. All texts are for one line if not said otherwise, without control characters,
// defanged, bounded, and not escaped.
type View struct {
	ReportID string
	Title    string // at most 150 characters
	Phase    Phase
	Severity responder.Severity // the verdict that stands; empty: there is none yet
	Was      responder.Severity // in a Correction, the verdict before
	Seq      int64
	Alerts   int64 // how many came, with repeats

	Resolved  bool // its source says that it is over
	Sample    bool // all alerts are test findings
	Late      bool // it came long after it was sent
	Truncated bool // something did not fit

	Reason   []string  // why, in lines; of the verdict that stands
	Facts    []Fact    // source, account, region, rule, alerts, times
	Entities []Fact    // the attributes of the alerts: what they are called, and their values
	Findings []Finding // who found what, the strongest first; what was done about it before that
	Gaps     []Gap     // who failed, is missing, or skipped
	Quiet    []string  // who was asked and found nothing
	About    []Fact    // hosts and users, and what is known of them; only in verdicts
	Changes  []string  // what is new since what was shown before; empty for the first time
	Links    []Link    // to the console of the source, to the report

	// More says how many findings, gaps and so on were left out, as "12 more findings"; empty: none.
	More []string

	hidden hidden
	source string // URL of the link to the source
	shown  state
}

// hidden is how many entries of each list are not in it.
type hidden struct{ entities, findings, gaps, quiet, about int }

// Fact is a name and what stands beside it.
type Fact struct{ Name, Value string }

// Finding is what somebody found.
type Finding struct {
	Who     string                  // inspector
	Entity  string                  // what it is about; may be empty
	Verdict responder.SignalVerdict // empty: it is told, and nobody judges it
	Score   float64
	Text    string
	SeenAt  responder.Time
	Link    *Link
	New     bool // it was not shown with the verdict before
}

// Gap is an inspection without an answer.
type Gap struct {
	Who     string
	Entity  string            // empty: all
	Outcome responder.Outcome // missing, failed or skipped
	Text    string
}

// Link is one that may be followed: an https URL, and what it is called.
type Link struct{ Text, URL string }

// The bounds of a view, in characters and entries.
const (
	maxTitle   = 150
	maxID      = 80
	maxReason  = 1000
	maxWho     = 40
	maxEntity  = 200
	maxText    = 300
	maxActed   = 700 // what was done, what it does not stop, and why
	maxValue   = 300
	maxRows    = 200 // findings, gaps
	maxShort   = 50  // entities, hosts and users, who found nothing
	maxChanges = 12
)

// View makes the view of a report. before is the State of the last View that was shown of it, empty at first; what
// cannot be read counts as empty. A notice has no evidence: what was shown stays, so far as the state has it.
func (o Options) View(r responder.Report, before string) View {
	s := o.parseState(before)
	v := View{ReportID: line(r.ReportID, maxID), Seq: r.Seq, Alerts: max(r.AlertCount, int64(len(r.Alerts)), 0)}
	if r.Status == responder.StatusPublished {
		o.verdict(&v, r, s)
	} else {
		o.notice(&v, r, s)
	}
	v.Facts = append(v.Facts, o.links(&v, r, s)...)
	v.Changes = v.changes(r, s)
	v.markNew(s)
	v.More = v.hidden.lines()
	v.shown = v.remember(r, s)
	return v
}

// verdict has all that is known.
func (o Options) verdict(v *View, r responder.Report, s state) {
	v.Title, v.Truncated = title(r), r.Truncated
	v.Severity = known(r.Result.Severity, responder.Unclassified)
	switch {
	case s.Severity == "":
		v.Phase = Verdict
	case s.Severity != v.Severity:
		v.Phase, v.Was = Correction, s.Severity
	default:
		v.Phase = Update
	}
	if reason := line(r.Result.Reason, maxReason); reason != "" {
		v.Reason = []string{reason}
	}
	t := tellOf(alerts(r))
	v.Resolved, v.Sample, v.Late = t.resolved, t.sample, t.late
	v.Facts, v.Entities, v.hidden.entities = facts(r, t), t.entities, t.moreEntities
	v.Findings = v.findings(o, r)
	v.Gaps, v.Quiet = v.inspected(r)
	v.About = v.content(r.Content)
}

// known gives a severity that is one of the three.
func known(s, otherwise responder.Severity) responder.Severity {
	switch s {
	case responder.Urgent, responder.Unclassified, responder.Safe:
		return s
	}
	return otherwise
}

// first gives n entries of a list, and how many there are beyond them.
func first[T any](list []T, n int) (head []T, more int) {
	head = list[:min(len(list), n)]
	return head, len(list) - len(head)
}

func (h hidden) lines() (out []string) {
	for _, m := range []struct {
		n            int
		one, several string
	}{
		{h.findings, "finding", "findings"}, {h.gaps, "inspection without an answer", "inspections without an answer"},
		{h.quiet, "inspector that found nothing", "inspectors that found nothing"}, {h.entities, "entity", "entities"},
		{h.about, "host or user", "hosts and users"},
	} {
		switch {
		case m.n == 1:
			out = append(out, "1 more "+m.one)
		case m.n > 1:
			out = append(out, number(m.n)+" more "+m.several)
		}
	}
	return out
}
