package ingest

import (
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// accessAnalyzer reads a finding of external, internal or unused access (AWS IAM User Guide, "Monitoring AWS Identity and
// Access Management Access Analyzer with Amazon EventBridge"). It has no severity. External findings name no type.
func accessAnalyzer(ev *event) {
	d := ev.detail
	ev.of(d.text("accountId"), d.text("region"))
	ev.found = or(d.text("findingType"), "ExternalAccess")
	ev.about = []string{or(d.text("id"), d.text("findingId"))}
	ev.during("createdAt", "updatedAt")
	who := "Access"
	switch {
	case d.is("isPublic"):
		who = "Public access"
	case d.has("principal"):
		who = "Access of " + pairsOf(d.at("principal"))
	case d.isText("findingType"):
		who = d.text("findingType")
	}
	ev.alert.Name = line(who+" to "+or(d.text("resource"), d.text("resourceType")), 400)
	if strings.HasPrefix(ev.found, "Unused") {
		ev.alert.Name = line(ev.found+": "+d.text("resource"), 400)
	}
	if d.isText("error") {
		ev.alert.Name = line("Access to "+or(d.text("resource"), d.text("resourceType")), 400) + " could not be analyzed"
	}
	ev.alert.Description = lines(ev.alert.Name+".", prefixed("Actions: ", strings.Join(d.texts("action"), ", "), 1000), prefixed("Condition: ", textual(d.at("condition")), 1000),
		prefixed("Error: ", d.text("error"), 100))
	if s := d.text("status"); s == "ARCHIVED" || s == "RESOLVED" || d.is("isDeleted") {
		ev.alert.State = responder.Resolved
	}
	ev.arn(d.text("resource"), responder.ContextObject)
	ev.allowed(d.at("principal"), ev.found == "ExternalAccess")
	ev.alert.Link = consoleLink(ev.alert.Region, "access-analyzer", "/findings")
}

// prefixed says something, if there is something to say.
func prefixed(before, s string, n int) string {
	if s = line(s, n); s == "" {
		return ""
	}
	return before + s
}

func textual(o object) string {
	if len(o) == 0 {
		return ""
	}
	return marshal(map[string]any(o))
}

// allowed adds who has access. An account is written as policies write it; everybody is nobody to look into.
func (e *entities) allowed(principal object, external bool) {
	side := responder.ContextLocal
	if external {
		side = responder.ContextRemote
	}
	for _, kind := range slices.Sorted(maps.Keys(principal)) {
		who := textOf(principal[kind])
		if len(who) == 12 && strings.Trim(who, "0123456789") == "" {
			who = "arn:aws:iam::" + who + ":root"
		}
		if _, ok := readARN(who); ok {
			e.add(responder.TypeARN, who, "principal", side, responder.ContextSubject)
		}
	}
}
