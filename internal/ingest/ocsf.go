package ingest

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ocsfEvent is an event of the Open Cybersecurity Schema Framework (schema.ocsf.io: "Findings", "Base Event").
type ocsfEvent struct {
	object
	class int      // class_uid, without the number of an extension
	info  object   // finding_info; finding in class 2001; the first of finding_info_list in class 2005
	infos []object // all of them
}

// The classes that are read in their own way.
const (
	ocsfSecurityFinding = 2001
	ocsfVulnerability   = 2002
	ocsfCompliance      = 2003
	ocsfIncident        = 2005
	ocsfAuthentication  = 3002
)

// readOCSF reads an event; ok is false for what is none.
func readOCSF(o object) (e ocsfEvent, ok bool) {
	class, ok := o.number("class_uid")
	if !ok {
		class, _ = o.number("type_uid")
		class = math.Floor(class / 100)
	}
	base := ok && class == 0 && o.text("category_uid") == "0"
	if (class < 1000 || class > 1e9) && !base || o.at("metadata") == nil && !o.has("category_uid") && !o.has("severity_id") {
		return ocsfEvent{}, false
	}
	e = ocsfEvent{object: o, class: int(class) % 100_000}
	for _, name := range []string{"finding_info", "finding", "finding_info_list"} {
		if e.infos = o.objects(name); len(e.infos) > 0 {
			e.info = e.infos[0]
			break
		}
	}
	return e, true
}

func (e ocsfEvent) category() int { return e.class / 1000 }

func (e ocsfEvent) product() object { return e.at("metadata", "product") }

// isOCSF knows events that stand alone, as the detail of an event of a bus, and the findings of AWS Security Hub there,
// of detail-type "Findings Imported V2" (AWS Security Hub User Guide, "EventBridge event formats").
func isOCSF(m message) bool {
	_, ok := ocsfIn(m.doc)
	return ok
}

// ocsfIn gives the event in a document, the first of several.
func ocsfIn(o object) (ocsfEvent, bool) {
	if e, ok := readOCSF(o); ok {
		return e, true
	}
	if e, ok := readOCSF(o.at("detail")); ok {
		return e, true
	}
	for _, f := range o.at(ocsfDetail(o)...).objects("findings") {
		if e, ok := readOCSF(f); ok {
			return e, true
		}
	}
	return ocsfEvent{}, false
}

// ocsfDetail is the path to the detail of an event; the empty one where a rule passed the detail on alone.
func ocsfDetail(o object) []string {
	if o.has("detail") {
		return []string{"detail"}
	}
	return nil
}

// ocsfParts gives the findings of an event of Security Hub, each as an alert.
func ocsfParts(m message) []message {
	path := ocsfDetail(m.doc)
	if _, alone := readOCSF(m.doc); alone || m.doc.at(path...).objects("findings") == nil {
		return []message{m}
	}
	return m.partsAt(append(path, "findings")...)
}

// ocsf reads an event. The severity is the lowest number of its band in Security Hub (AWS Security Hub User Guide,
// "Severity"): Informational 0, Low 1, Medium 40, High 70, Critical 90, Fatal 100. A score of risk or confidence is none.
func ocsf(m message) responder.Alert {
	e, _ := ocsfIn(m.doc)
	event := m.outer
	if _, bare := readOCSF(m.doc); !bare {
		event = m.doc
	}
	rule, key := e.identity()
	attrs := ocsfEntities(e)
	if key == "" {
		key = e.about(attrs)
	}
	return responder.Alert{
		Name: e.name(), Rule: rule, Key: key, Description: e.describe(), Source: "ocsf",
		Account: or(e.account(), event.text("account")), Region: or(e.region(), event.text("region")),
		Timestamp: e.span(event), Severity: e.severity(), State: e.state(), Sample: e.sample(), Link: e.link(),
		Attrs: attrs,
	}
}

func (e ocsfEvent) name() string {
	title := e.info.text("title")
	if more := len(e.infos) - 1; title != "" && more > 0 {
		title += " (and " + strconv.Itoa(more) + " more)"
	}
	if e.category() == 2 {
		title = or(title, e.text("message"))
	}
	return or(title, e.does())
}

// does names what an activity is: its class, and what was done.
func (e ocsfEvent) does() string {
	class := or(e.text("class_name"), className(e.class))
	what := or(e.at("api").text("operation"), e.text("activity_name"))
	if what == "" {
		return or(e.text("type_name"), class)
	}
	return class + ": " + what
}

// className is what those classes are called that are met most (schema.ocsf.io: "Classes").
func className(class int) string {
	switch class {
	case 1001:
		return "File System Activity"
	case 1007:
		return "Process Activity"
	case ocsfVulnerability:
		return "Vulnerability Finding"
	case ocsfCompliance:
		return "Compliance Finding"
	case 2004:
		return "Detection Finding"
	case 3001:
		return "Account Change"
	case ocsfAuthentication:
		return "Authentication"
	case 4001:
		return "Network Activity"
	case 4002:
		return "HTTP Activity"
	case 4003:
		return "DNS Activity"
	case 6003:
		return "API Activity"
	}
	return "OCSF class " + strconv.Itoa(class)
}

// account is where the finding is, as whose it says it is.
func (e ocsfEvent) account() string {
	cloud := e.at("cloud")
	for _, id := range []string{cloud.at("account").text("uid"), cloud.text("account_uid")} {
		if arn, ok := readARN(id); ok {
			id = arn.account
		}
		if id != "" {
			return id
		}
	}
	for _, r := range e.resources() {
		if id := r.at("owner", "account").text("uid"); id != "" {
			return id
		}
	}
	r, _ := readARN(e.info.text("uid"))
	return r.account
}

func (e ocsfEvent) region() string {
	r, _ := readARN(e.info.text("uid"))
	return or(e.at("cloud").text("region"), r.region)
}

// resources are those of a finding; older ones have one at most.
func (e ocsfEvent) resources() []object {
	return append(e.objects("resources"), e.objects("resource")...)
}

func (e ocsfEvent) severity() float64 {
	n, ok := e.number("severity_id")
	if !ok || n < 1 || n > 6 {
		n = float64(1 + slices.Index(ocsfSeverities, strings.ToLower(strings.TrimSpace(e.text("severity")))))
	}
	return ocsfScores[int(n)]
}

var (
	ocsfSeverities = []string{"informational", "low", "medium", "high", "critical", "fatal"}
	ocsfScores     = [7]float64{0, 0, 1, 40, 70, 90, 100} // by severity_id
)

// state: a finding is over when it was closed, suppressed, resolved, archived or deleted (schema.ocsf.io: "Finding",
// activity_id and status_id; "Incident Finding"; "Security Finding", state_id), and a check that passes is none.
func (e ocsfEvent) state() responder.State {
	if e.category() != 2 {
		return responder.Firing
	}
	over := []string{"suppressed", "resolved", "archived", "deleted", "closed"}
	ids := []string{"3", "4", "5", "6"}
	switch e.class {
	case ocsfIncident:
		ids = []string{"4", "5"} // 3 is on hold
	case ocsfSecurityFinding:
		ids = []string{"3", "4"}
	}
	for _, status := range []string{"status", "state"} {
		if id := e.text(status + "_id"); slices.Contains(ids, id) || (id == "" || id == "0" || id == "99") && oneOf(e.text(status), over...) {
			return responder.Resolved
		}
	}
	check := e.at("compliance")
	if e.text("activity_id") == "3" || check.text("status_id") == "1" || oneOf(check.text("status"), "pass", "passed") ||
		oneOf(e.text("status_code"), "pass") {
		return responder.Resolved
	}
	return responder.Firing
}

// oneOf says whether a text is one of some words, in whatever case.
func oneOf(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(strings.TrimSpace(s), w) })
}

// sample: there is no field for it. GuardDuty begins the title with a mark (Amazon GuardDuty User Guide, "Sample
// findings"), Security Hub keeps its own where it found no place for it, and others have a label (schema.ocsf.io:
// "Metadata", labels) or a verdict.
func (e ocsfEvent) sample() bool {
	if strings.HasPrefix(strings.ToUpper(e.info.text("title")), "[SAMPLE]") || e.text("verdict_id") == "6" {
		return true
	}
	unmapped := e.at("unmapped")
	return slices.ContainsFunc(e.at("metadata").texts("labels"), func(l string) bool { return oneOf(l, "sample") }) ||
		unmapped.is("Sample") || unmapped.is("ProductFields.aws/guardduty/service/additionalInfo/sample")
}

// link leads to the finding in its product.
func (e ocsfEvent) link() string {
	if id := e.guardDutyID(); id != "" {
		arn, _ := readARN(e.info.text("uid"))
		return findingLink(arn.region, id)
	}
	if s := or(e.info.text("src_url"), e.text("src_url")); s != "" {
		return s
	}
	id, view := e.at("metadata").text("uid"), e.view()
	if id == "" || view == "" || e.hubProduct() == "" || !strings.Contains(e.product().text("uid"), ":productv2/") {
		return ""
	}
	return consoleLink(e.region(), "securityhub/v2", "/"+view+"?findingDetailId="+url.QueryEscape(id))
}

// view is the page of Security Hub's console that has findings of such types; empty where it is not known.
func (e ocsfEvent) view() string {
	for _, t := range e.info.texts("types") {
		switch head, _, _ := strings.Cut(t, "/"); head {
		case "Exposure":
			return "exposure"
		case "Posture Management":
			return "postureManagement"
		case "Vulnerabilities":
			return "vulnerabilities"
		case "Threats":
			return "threats"
		}
	}
	return ""
}

// span is when it was seen first and last. Each time may stand there twice, as a number and as a text.
func (e ocsfEvent) span(event object) responder.Timestamp {
	first := ocsfTime(e.info, "first_seen_time", "created_time")
	if first.IsZero() {
		first = ocsfTime(e.object, "start_time", "time")
	}
	last := ocsfTime(e.info, "last_seen_time", "modified_time")
	if last.IsZero() {
		last = ocsfTime(e.object, "end_time", "time")
	}
	if last.IsZero() {
		last = event.time("time")
	}
	if last.Before(first) {
		last = first
	}
	return responder.Span(first, last)
}

// ocsfTime gives the first of some times that is there: epoch milliseconds (Prowler writes seconds, tables of Security
// Lake microseconds), or a text.
func ocsfTime(o object, names ...string) time.Time {
	for _, name := range names {
		for _, name := range []string{name, name + "_dt"} {
			if t := timeOfAnyUnit(o, name); !t.IsZero() {
				return t
			}
		}
	}
	return time.Time{}
}

func timeOfAnyUnit(o object, name string) time.Time {
	if n, ok := o.number(name); ok {
		for n > 1e11 { // seconds of year 5138
			n /= 1000
		}
		return responder.Timestamp{Init: n}.InitTime()
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 MST"} {
		if t, err := time.Parse(layout, o.text(name)); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
			return t.UTC()
		}
	}
	return o.time(name)
}
