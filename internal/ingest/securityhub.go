package ingest

import (
	"net/url"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/ingest/writeback"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isSecurityHub knows findings in the AWS Security Finding Format: in the events "Security Hub Findings - Imported"
// and "Security Hub Findings - Custom Action" (AWS Security Hub User Guide, "EventBridge event formats for Security
// Hub CSPM"), in the detail of one alone, and bare, as GetFindings gives them and BatchImportFindings takes them. An
// event without findings is none of these: "Security Hub Insight Results".
func isSecurityHub(m message) bool { return isASFF(m.doc) || len(asffFindings(m.doc)) > 0 }

// isASFF: some of the fields that the format requires (User Guide, "Required top-level ASFF attributes").
func isASFF(o object) bool {
	return o.isText("id") && o.isText("productArn") && (o.isText("schemaVersion") || o.isText("awsAccountId"))
}

// asffFindings are the findings of an event, or of its detail; none where no one of them is in the format. What else is
// among them becomes an alert of its own, which nobody knows: one broken finding takes no other with it.
func asffFindings(doc object) (out []object) {
	if doc["detail"] != nil {
		doc = doc.at("detail")
	}
	list, _ := doc.get("findings").([]any)
	if len(list) > maxMessages || slices.ContainsFunc(list, func(v any) bool { _, isList := v.([]any); return isList }) {
		return nil
	}
	for _, f := range doc.objects("findings") {
		if isASFF(f) {
			out = append(out, f)
		}
	}
	return out
}

// securityHubParts: each finding is an alert of its own. The same one twice is one incident.
func securityHubParts(m message) []message {
	switch {
	case isASFF(m.doc):
		return []message{m}
	case m.doc["detail"] != nil:
		return m.partsAt("detail", "findings")
	}
	return m.partsAt("findings")
}

// securityHub reads a finding (User Guide, "AWS Security Finding Format (ASFF)"; API Reference, AwsSecurityFinding).
// Its times are those of the provider: what customers do to a finding changes none of them.
func securityHub(m message) responder.Alert {
	f, event := asffOf(m)
	a := responder.Alert{
		Name: line(f.text("title"), maxName), Description: asffDescription(f, event), Source: "securityhub",
		Account: or(asffAccount(f), event.text("account")), Region: or(asffRegion(f), event.text("region")),
		Severity: asffSeverity(f), State: asffState(f), Sample: asffSample(f),
	}
	a.Attrs = asffEntities(f, a.Sample)
	a.Rule, a.Key = asffIdentity(f)
	first, last := f.time("firstObservedAt"), f.time("lastObservedAt")
	if first.IsZero() {
		first = f.time("createdAt")
	}
	if updated := f.time("updatedAt"); updated.After(last) {
		last = updated
	}
	if last.IsZero() {
		last = event.time("time")
	}
	a.Timestamp = responder.Span(first, last)
	a.Link = asffLink(f, a.Region)
	return a
}

// asffOf is the finding of a message, and the event that it came in.
func asffOf(m message) (f, event object) {
	if isASFF(m.doc) {
		return m.doc, m.outer
	}
	for _, f := range asffFindings(m.doc) {
		return f, m.doc
	}
	return nil, m.doc
}

// asffRegion: old findings do not say theirs, but their product's name does.
func asffRegion(f object) string {
	product, _ := readARN(f.text("productArn"))
	return or(f.text("region"), product.region)
}

// asffAccount is the account that a finding is about; some partners say it only in their id.
func asffAccount(f object) string {
	id, _ := readARN(f.text("id"))
	return or(f.text("awsAccountId"), id.account)
}

// securityHubEcho says whether a finding may come round only because AlertResponder wrote an answer to it. What a
// person sent on purpose, by a custom action, does not.
func securityHubEcho(m message) bool {
	f, event := asffOf(m)
	return asffAction(event) == nil && isOwnStatus(f)
}

func isOwnStatus(f object) bool {
	return writeback.IsOwn(f.at("userDefinedFields").text(writeback.Field), f.at("workflow").text("status"))
}

// asffState: it is over when the provider says so, by archiving or by a control that passes now, and when a person
// does, by resolving or suppressing it. What AlertResponder itself set says nothing of the sort: Security Hub leaves
// it in place while the provider goes on reporting (API Reference, Workflow). WorkflowState is the older word.
func asffState(f object) responder.State {
	status := f.at("workflow").text("status")
	if f.at("workflow") == nil {
		status = f.text("workflowState")
	}
	closed := (status == "RESOLVED" || status == "SUPPRESSED") && !isOwnStatus(f)
	if closed || f.text("recordState") == "ARCHIVED" || f.at("compliance").text("status") == "PASSED" {
		return responder.Resolved
	}
	return responder.Firing
}

// asffBands are the bands of severities (API Reference, Severity).
var asffBands = map[string][2]float64{
	"INFORMATIONAL": {0, 0}, "LOW": {1, 39}, "MEDIUM": {40, 69}, "HIGH": {70, 89}, "CRITICAL": {90, 100},
}

// asffSeverity: the label counts, also where it stands alone, and inside its band the number. Old findings have only that, or only the product's
// own, which for most is one of 0 to 10.
func asffSeverity(f object) float64 {
	s := f.at("severity")
	if len(s) == 0 {
		s = f.at("findingProviderFields", "severity")
	}
	n, ok := s.number("normalized")
	if product, has := s.number("product"); !ok && has {
		if n, ok = product, true; n <= 10 {
			n *= 10
		}
	}
	label := or(or(s.text("label"), f.text("severity")), f.at("productFields").text("aws/securityhub/SeverityLabel"))
	band, known := asffBands[strings.ToUpper(label)]
	switch {
	case known && ok:
		return min(max(n, band[0]), band[1])
	case known:
		return band[0]
	}
	return n
}

// asffSample: GuardDuty marks its samples in its own way as well.
func asffSample(f object) bool {
	if f.is("sample") {
		return true
	}
	service := guardDutyFields(f)
	info, _ := decode(service.text("additionalInfo"))
	return isSample(f, service.at("additionalInfo")) || isSample(f, info)
}

// asffLink leads to the provider's page if that is one of AWS's console, and otherwise to the finding in Security
// Hub's. Any other page is the provider's word for where to go.
func asffLink(f object, region string) string {
	if u, err := url.Parse(f.text("sourceUrl")); err == nil && u.Scheme == "https" && u.User == nil && isConsole(u.Host) {
		return u.String()
	}
	if f.text("id") == "" {
		return ""
	}
	// The console escapes the parts of a search, and then the whole.
	search := `Id=` + url.QueryEscape(`\operator\:EQUALS\:`+f.text("id"))
	return consoleLink(region, "securityhub", "/findings?search="+url.QueryEscape(search))
}

func isConsole(host string) bool {
	for _, console := range []string{"console.aws.amazon.com", "console.amazonaws.cn", "console.amazonaws-us-gov.com"} {
		if host == console || strings.HasSuffix(host, "."+console) {
			return true
		}
	}
	return false
}
