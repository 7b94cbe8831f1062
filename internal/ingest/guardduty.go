package ingest

import (
	"math"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isGuardDuty knows findings: in the envelope of EventBridge, and bare, in camelCase, as they are exported to S3, or in
// PascalCase, as the AWS CLI gives them (Amazon GuardDuty User Guide, "GuardDuty finding format" and "Exporting generated
// findings to Amazon S3"; API Reference, Finding).
func isGuardDuty(m message) bool {
	if m.doc["detail"] == nil {
		return isFinding(m.doc)
	}
	f := m.doc.at("detail")
	if m.doc.has("detail-type") { // some rules pass the event on without its source
		return f != nil && m.doc.text("detail-type") == "GuardDuty Finding" && (m.doc.text("source") == "aws.guardduty" || !m.doc.has("source"))
	}
	// or without either
	return !m.doc.has("source") && (isFinding(f) || f.isText("type") && f.isText("id") && f.at("resource") != nil && f.at("service") != nil)
}

// isFinding knows a bare finding. Some who pass findings on leave the resource out, or the service.
func isFinding(f object) bool {
	if !f.isText("type") || !f.isText("id") || !f.isText("accountId") {
		return false
	}
	if service := f.at("service"); service != nil {
		return f.at("resource") != nil || service.text("serviceName") == "guardduty"
	}
	// types of Macie have the same form
	return isFindingType(f.text("type")) && !f.has("resourcesAffected") && !f.has("category") && (f.at("resource") != nil || f.text("severity") != "")
}

// isFindingType knows the form of types, as Recon:EC2/PortProbe (User Guide, "GuardDuty finding format").
func isFindingType(s string) bool {
	purpose, of, _ := strings.Cut(s, ":")
	resource, family, _ := strings.Cut(of, "/")
	return isWordOfASCII(purpose) && isWordOfASCII(resource) && family != "" && !strings.ContainsAny(family, " :/")
}

func isWordOfASCII(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// isFindings knows an answer of GetFindings as it is on the wire, in camelCase (API Reference, GetFindings), also as the detail
// of an event of which nothing else is left. One that is broken takes no other with it.
func isFindings(m message) bool {
	return (!m.doc.has("detail") || !m.doc.has("detail-type") && !m.doc.has("source")) &&
		slices.ContainsFunc(m.doc.at(ocsfDetail(m.doc)...).objects("findings"), isFinding)
}

func findingsOf(m message) []message { return m.partsAt(append(ocsfDetail(m.doc), "findings")...) }

// guardDuty reads a finding. One that is sent again, with a larger count, has the same id, and so the same key. The
// severity is that of GuardDuty, 0.1 to 10, times ten (User Guide, "Severity levels of GuardDuty findings"); some who pass
// findings on write its word. An archived finding is over.
func guardDuty(m message) responder.Alert {
	f, event := m.doc, object(nil)
	if detail := m.doc.at("detail"); detail != nil {
		f, event = detail, m.doc
	}
	service := f.at("service")
	a := responder.Alert{
		Name: f.text("title"), Rule: f.text("type"), Description: findingText(f), Source: "guardduty",
		Account: or(f.text("accountId"), event.text("account")), Region: or(f.text("region"), event.text("region")),
		Timestamp: findingTime(f, service, event),
		Sample:    isSample(f, service.at("additionalInfo")),
	}
	a.Attrs = findingEntities(f, a.Sample)
	if id := f.text("id"); id != "" {
		a.Key = keyOf(a.Account, a.Region, id)
		a.Link = findingLink(a.Region, id)
	}
	if n, ok := f.number("severity"); ok {
		a.Severity = math.Round(n*100) / 10
	} else {
		a.Severity = severityWord(f.text("severity"), 0)
	}
	if service.is("archived") {
		a.State = responder.Resolved
	}
	return a
}

// findingLink leads to a finding, also an attack sequence, which stands in the same list (User Guide, "Processing GuardDuty
// findings with Amazon EventBridge", has it in its template of a notification). The form with a macro, which Security Hub
// writes, shows no archived finding.
func findingLink(region, id string) string {
	return consoleLink(region, "guardduty", "/findings?search="+url.QueryEscape("id="+id))
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

// isSample: the mark stands there as a boolean, or in a JSON text; the title says it, too (User Guide, "Sample findings").
func isSample(f, info object) bool {
	if info.is("sample") || strings.HasPrefix(strings.TrimSpace(f.text("title")), "[SAMPLE]") {
		return true
	}
	inner, ok := decode(info.text("value"))
	return ok && inner.is("sample")
}

// moreInfo is what a finding says beyond its schema: a JSON text, of which older ones have the fields beside it.
func moreInfo(service object) object {
	info := service.at("additionalInfo")
	if inner, ok := decode(info.text("value")); ok && len(inner) > 0 {
		return inner
	}
	return info
}
