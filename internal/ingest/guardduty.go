package ingest

import (
	"math"
	"net/url"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isGuardDuty knows findings: in the envelope of EventBridge, and bare, in camelCase or, as GetFindings gives
// them, in PascalCase (Amazon GuardDuty User Guide, "GuardDuty finding format"; API Reference, Finding).
func isGuardDuty(m message) bool {
	if m.doc["detail"] != nil { // some rules pass the event on without its source
		return m.doc.text("detail-type") == "GuardDuty Finding" && m.doc.at("detail") != nil &&
			(m.doc.text("source") == "aws.guardduty" || !m.doc.has("source"))
	}
	return m.doc.isText("type") && m.doc.isText("id") && m.doc.isText("accountId") && m.doc.at("resource") != nil && m.doc.at("service") != nil
}

// guardDuty reads a finding. One that is sent again, with a larger count, has the same id, and so the same key.
func guardDuty(m message) responder.Alert {
	f, event := m.doc, object(nil)
	if detail := m.doc.at("detail"); detail != nil {
		f, event = detail, m.doc
	}
	service := f.at("service")
	a := responder.Alert{
		Name: f.text("title"), Rule: f.text("type"), Description: f.text("description"), Source: "guardduty",
		Account: or(f.text("accountId"), event.text("account")), Region: or(f.text("region"), event.text("region")),
		Timestamp: findingTime(f, service, event),
		Sample:    isSample(service.at("additionalInfo")),
		Attrs:     findingEntities(f),
	}
	if id := f.text("id"); id != "" {
		a.Key = keyOf(a.Account, a.Region, id)
		a.Link = consoleLink(a.Region, "guardduty", "/findings?search="+url.QueryEscape("id="+id))
	}
	if n, ok := f.number("severity"); ok {
		a.Severity = math.Round(n*100) / 10 // 0.1 to 10
	}
	if service.is("archived") {
		a.State = responder.Resolved
	}
	return a
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func findingTime(f, service, event object) responder.Timestamp {
	first, last := service.time("eventFirstSeen"), service.time("eventLastSeen")
	if last.IsZero() {
		last = f.time("updatedAt")
	}
	if last.IsZero() {
		last = event.time("time")
	}
	if first.IsZero() {
		first = f.time("createdAt")
	}
	return responder.Span(first, last)
}

// isSample: the mark stands there as a boolean, or in a JSON text.
func isSample(info object) bool {
	if info.is("sample") {
		return true
	}
	inner, ok := decode(info.text("value"))
	return ok && inner.is("sample")
}
