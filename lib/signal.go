package responder

// Signal is a statement about the inspected attribute that a policy can judge without knowing its source.
type Signal struct {
	// Kind is what the signal is about: reputation, watchlist, exposure…; open.
	Kind    string        `json:"kind"`
	Verdict SignalVerdict `json:"verdict"`
	// Score is 0 to 100: how sure or how bad, on the source's own scale made to fit.
	Score float64 `json:"score,omitempty"`
	// Summary is one sentence for people.
	Summary string `json:"summary,omitempty"`
	Source  string `json:"source,omitempty"`
	// URL leads to the source's page about it, for people.
	URL    string `json:"url,omitempty"`
	SeenAt Time   `json:"seen_at,omitzero"`

	// Attribute and Inspector are filled in by the reviewer's compiler, in a Report.
	Attribute *Attribute `json:"attribute,omitempty"`
	Inspector string     `json:"inspector,omitempty"`
}

// SignalVerdict is what a signal says of the attribute.
type SignalVerdict string

// The verdicts of signals, strongest first. Anything else counts as UnknownSignal.
const (
	Malicious     SignalVerdict = "malicious"
	Suspicious    SignalVerdict = "suspicious"
	Harmless      SignalVerdict = "harmless"
	UnknownSignal SignalVerdict = "unknown"
)

// Rank orders verdicts by strength: 3 malicious, 2 suspicious, 1 harmless, 0 anything else.
func (v SignalVerdict) Rank() int {
	switch v {
	case Malicious:
		return 3
	case Suspicious:
		return 2
	case Harmless:
		return 1
	}
	return 0
}
