package render

import responder "github.com/m-mizutani/AlertResponder/lib"

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

	Resolved  bool // its source says that it is over
	Sample    bool // a test finding
	Late      bool // it came long after it was sent
	Truncated bool // something did not fit

	Reason   []string  // why, in lines; of the verdict that stands
	Facts    []Fact    // source, account, region, rule, alerts, times, entities
	Findings []Finding // who found what, the strongest first
	Gaps     []Gap     // who failed, is missing, or skipped
	Quiet    []string  // who was asked and found nothing
	Changes  []string  // what is new since what was shown before; empty for the first time
	Links    []Link    // to the console of the source, to the report

	// More says how many findings, gaps and so on were left out, as "12 more findings"; empty: none.
	More []string
}

// Fact is a name and what stands beside it.
type Fact struct{ Name, Value string }

// Finding is what somebody found.
type Finding struct {
	Who     string // inspector
	Entity  string // what it is about
	Verdict responder.SignalVerdict
	Score   float64
	Text    string
	SeenAt  responder.Time
	Link    *Link
}

// Gap is an inspection without an answer.
type Gap struct {
	Who     string
	Entity  string // empty: all
	Outcome responder.Outcome
	Text    string
}

// Link is one that may be followed: an https URL, and what it is called.
type Link struct{ Text, URL string }

// View makes the view of a report. before is the State of the last View that was shown of it, empty at first; what
// cannot be read counts as empty.
func (o Options) View(r responder.Report, before string) View {
	s := parseState(before)
	v := View{ReportID: line(r.ReportID, 80), Title: line(r.Title(), 150), Severity: r.Result.Severity, Seq: r.Seq}
	switch {
	case r.Status == responder.StatusNew:
		v.Phase = New
	case r.Status != responder.StatusPublished:
		v.Phase = Ongoing
	case s.Severity == "":
		v.Phase = Verdict
	case s.Severity != r.Result.Severity:
		v.Phase, v.Was = Correction, s.Severity
	default:
		v.Phase = Update
	}
	v.Reason = []string{line(r.Result.Reason, 600)}
	return v
}

// State is what has to be known of the view when the next notification comes: at most 3,000 bytes, for a Receipt.
func (v View) State() string { return state{Severity: v.Severity}.String() }

// FromEnv reads the options of a function: REPORT_URL, an https URL with {report_id} in it, and LINK_HOSTS, names of hosts
// separated by commas. The error names what cannot be read.
func FromEnv(getenv func(name string) string) (Options, error) {
	return Options{ReportURL: getenv("REPORT_URL")}, nil
}
