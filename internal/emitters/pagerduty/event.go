package pagerduty

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// The limits of an event: "Send an Alert Event", "Parameters", and "Events API v2 Overview", "Size Limits", with 512 KB as
// the smaller of the two things that it can mean. Those of fields and links are ours.
const (
	maxEvent   = 512_000
	maxKey     = 255
	maxSummary = 1024
	maxField   = 200
	maxLinks   = 12
)

// event is what the API takes ("Send an Alert Event"; PagerDuty's OpenAPI description of the Events API v2, createV2Event).
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     action   `json:"event_action"`
	DedupKey   string   `json:"dedup_key"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
}

type payload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp string         `json:"timestamp,omitempty"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group,omitempty"`
	Class     string         `json:"class,omitempty"`
	Details   map[string]any `json:"custom_details,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// dedupKey is the key of a report's incident.
func dedupKey(reportID string) string {
	if key := render.Line(reportID, maxKey); key == reportID && len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(reportID))
	return hex.EncodeToString(sum[:])
}

// event makes the event that opens an incident, or tells an open one more.
func (e *emitter) event(n notification) event {
	v := n.view
	if n.notice() && n.pages(n.report.Result.Severity) && v.Severity != n.report.Result.Severity { // the reason is of an older verdict
		v.Severity, v.Reason = n.report.Result.Severity, nil
	}
	if n.was.open != yes { // who is woken for the first time has seen nothing before
		v.Changes = nil
	}
	a := n.report.Alert
	out := event{Action: trigger, DedupKey: dedupKey(n.report.ReportID), Client: "AlertResponder"}
	out.Payload = &payload{
		Summary: v.Summary(maxSummary), Source: n.place(), Severity: severity(v.Severity), Timestamp: e.timestamp(a),
		Component: render.Line(a.Source, maxField), Group: render.Line(n.group(), maxField), Class: render.Line(a.Rule, maxField),
	}
	out.Links, out.ClientURL = links(v)
	return out.fit(v)
}

// severity is the word for a verdict. With "Dynamic notifications based on alert severity" critical is of high urgency and
// escalates, warning is of low urgency ("Dynamic Notifications"). Error and info are used for nothing.
func severity(s responder.Severity) string {
	if s == responder.Unclassified {
		return "warning"
	}
	return "critical"
}

// timestamp is when the alert was last seen, if that can be: a time of the future is some clock's fault.
func (e *emitter) timestamp(a responder.Alert) string {
	t := a.Timestamp.LastTime()
	if t.IsZero() || t.After(e.now()) {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// links are those that the view leads to, and the page of the report among them.
func links(v render.View) (out []link, report string) {
	list := v.Links
	for _, f := range v.Findings {
		if f.Link != nil {
			list = append(list, *f.Link)
		}
	}
	seen := map[string]bool{}
	for _, l := range list {
		if seen[l.URL] || len(out) == maxLinks {
			continue
		}
		seen[l.URL] = true
		out = append(out, link{l.URL, l.Text})
		if l.Text == "Report" { // what else links are called is the name of a service or of a host
			report = l.URL
		}
	}
	return out, report
}

// fit adds as many details as there is room for.
func (e event) fit(v render.View) event {
	p := *e.Payload
	e.Payload = &p
	for _, n := range []int{200, 100, 50, 20, 5, 1, 0} {
		p.Details = details(v, n)
		if e.size() <= maxEvent {
			return e
		}
	}
	return e.bare()
}

// bare is the event with what it cannot be without.
func (e event) bare() event {
	p := payload{Summary: e.Payload.Summary, Source: e.Payload.Source, Severity: e.Payload.Severity}
	return event{Action: e.Action, DedupKey: e.DedupKey, Payload: &p}
}

// size is how many bytes the event has, as it is sent.
func (e event) size() int {
	if e.RoutingKey == "" {
		e.RoutingKey = strings.Repeat("k", keyLength)
	}
	b, _ := json.Marshal(e) // texts, numbers and lists of them always marshal
	return len(b)
}
