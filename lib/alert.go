package responder

import (
	"math"
	"time"
)

// Alert is one alert as its source told it, normalized.
type Alert struct {
	// Name is what happened, in the source's words; Rule is what found it. Rule and Key together are the
	// incident: alerts with the same ones are one report.
	Name        string    `json:"name"`
	Rule        string    `json:"rule"`
	Key         string    `json:"key"`
	Description string    `json:"description"`
	Timestamp   Timestamp `json:"timestamp"`

	// Attrs are the entities of the alert, which inspectors look into.
	Attrs []Attribute `json:"attrs"`

	// Source is whose message it was: guardduty, securityhub, ocsf, cloudwatch, falco, alertmanager (also Grafana's), wazuh,
	// aws.<service>, a mapping's own name, what an alert in this format calls it or native, or unknown.
	Source  string `json:"source,omitempty"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`

	// Severity is 0 to 100 as the source said; 0 where it said nothing.
	Severity float64 `json:"severity,omitempty"`
	// State is firing (also when empty) or resolved.
	State State `json:"state,omitempty"`
	// Sample marks a test finding. Nothing may act on it.
	Sample bool `json:"sample,omitempty"`
	// Late marks an alert that reached AlertResponder long after it was sent, by a redrive for example.
	Late bool `json:"late,omitempty"`
	// Link leads to the alert in the sender's console. It comes from outside: show it, never fetch it.
	Link string `json:"link,omitempty"`
	// Raw is the original message, verbatim. Tasks never carry it, notices leave it out when it is large.
	Raw string `json:"raw,omitempty"`

	// V is the schema version of the message.
	V int `json:"v,omitempty"`
}

// State says whether the condition that an alert is about still holds.
type State string

// The states of an alert.
const (
	Firing   State = "firing"
	Resolved State = "resolved"
)

// OrFiring returns the state, and Firing for the empty one.
func (s State) OrFiring() State {
	if s == Resolved {
		return Resolved
	}
	return Firing
}

// Timestamp is when the condition was first and last seen, in epoch seconds.
type Timestamp struct {
	Init float64 `json:"init"`
	Last float64 `json:"last"`
}

// Span makes a Timestamp of two times; a zero time is 0.
func Span(first, last time.Time) Timestamp {
	return Timestamp{Init: epoch(first), Last: epoch(last)}
}

func epoch(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// InitTime returns Init as a time in UTC; the zero time for 0 and for what is no time of the years 1970 to 9999.
func (t Timestamp) InitTime() time.Time { return fromEpoch(t.Init) }

// LastTime returns Last likewise.
func (t Timestamp) LastTime() time.Time { return fromEpoch(t.Last) }

const lastSecond = 253402300799 // 9999-12-31T23:59:59Z, the last one that RFC 3339 can write

func fromEpoch(s float64) time.Time {
	if !(s > 0 && s <= lastSecond) {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(s * 1000))).UTC()
}
