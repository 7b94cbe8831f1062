package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isTrail knows records of CloudTrail without the envelope of EventBridge, and files of them (AWS CloudTrail User Guide,
// "CloudTrail record contents", "CloudTrail log file examples").
func isTrail(m message) bool {
	return isRecord(m.doc) || slices.ContainsFunc(m.doc.objects("Records"), isRecord)
}

// isRecord: notifications of S3 have many of the names, but a source of another form. Insights name no source. Some who pass
// records on leave out what does not matter to them.
func isRecord(o object) bool {
	if o["detail-type"] != nil {
		return false
	}
	whole := o.isText("eventID") && o.isText("eventVersion")
	if o.isText("eventName") && strings.Contains(o.text("eventSource"), ".amazonaws.com") {
		return whole || o.isText("eventTime")
	}
	return whole && o.at("insightDetails") != nil
}

func trailRecords(m message) []message {
	if isRecord(m.doc) {
		return []message{m}
	}
	return m.partsAt("Records")
}

func trailRecord(m message) responder.Alert {
	if !isRecord(m.doc) {
		return unparsed(m, "records of CloudTrail, of which some are none")
	}
	ev := newEvent(object{"detail": map[string]any(m.doc), "time": m.doc.get("eventTime"), "id": m.doc.get("eventID")})
	cloudTrail(ev)
	return ev.done()
}

// cloudTrail reads a record. CloudTrail has no severity. The rule is what was called; the key who called it, and what it
// was to act upon: an attacker who stops a trail a second time is still the same incident, one who stops another trail, or
// another attacker, is another. Where they come from, when, and whether they succeeded is evidence, no key.
func cloudTrail(ev *event) {
	r := ev.detail
	service, _, _ := strings.Cut(or(r.text("eventSource"), r.at("insightDetails").text("eventSource")), ".")
	if service != "" {
		ev.alert.Source = "aws." + line(service, 40)
		ev.object = object{"source": ev.alert.Source, "detail": ev.get("detail"), "id": ev.get("id")}
	}
	ev.found = r.text("eventName")
	caller, _ := readARN(r.at("userIdentity").text("arn"))
	ev.of(or(or(r.text("recipientAccountId"), r.at("userIdentity").text("accountId")), caller.account), r.text("awsRegion"))
	ev.during("eventTime", "eventTime")
	if id := r.text("eventID"); id != "" && strings.Trim(id, "0123456789abcdefABCDEF-") == "" {
		ev.alert.Link = consoleLink(ev.alert.Region, "cloudtrailv2", "/events/"+id)
	}
	if insight := r.at("insightDetails"); insight != nil {
		trailInsight(ev, insight)
		return
	}
	who := readPrincipal(r.at("userIdentity"), ev.alert.Account)
	ev.about = append([]string{who.id(r)}, actedUpon(r.at("requestParameters"))...)
	ev.alert.Name = trailName(r, who)
	ev.alert.Description = trailText(r, who)
	if source := r.text("sourceIPAddress"); r.at("userIdentity").text("type") != "AWSService" {
		ev.remoteAddr(source, responder.ContextClient)
	}
	ev.principal(who)
	ev.acted(ev.alert, r)
}

// trailName is such as "ConsoleLogin by root from 198.51.100.7 (Failure)".
func trailName(r object, who principal) string {
	name := r.text("eventName") + " by " + line(who.name, 120)
	if from := r.text("sourceIPAddress"); isAddr(from) {
		name += " from " + from
	}
	if how := outcome(r); how != "" {
		name += " (" + how + ")"
	}
	return name
}

// outcome is why a call failed; empty where it did not.
func outcome(r object) string {
	for _, name := range []string{"ConsoleLogin", "SwitchRole", "ExitRole", "RenewRole", "PasswordRecoveryRequested"} {
		if s := r.at("responseElements").text(name); s != "" && s != "Success" {
			return line(s, 60)
		}
	}
	return line(r.text("errorCode"), 100)
}

func trailText(r object, who principal) string {
	text := fmt.Sprintf("%s of %s was called by %s", line(r.text("eventName"), 100), line(r.text("eventSource"), 100), who.text())
	if from := r.text("sourceIPAddress"); from != "" {
		text += " from " + line(from, 100)
	}
	failed, request, agent, more := "", "", "", ""
	if s := outcome(r); s != "" {
		failed = "It failed: " + line(strings.TrimSuffix(s+": "+r.text("errorMessage"), ": "), 500)
	}
	if mfa := r.at("additionalEventData").text("MFAUsed"); mfa != "" {
		more = "MFA used: " + line(mfa, 10)
	}
	if p := r.at("requestParameters"); len(p) > 0 {
		request = "Request: " + line(marshal(map[string]any(p)), 1500)
	}
	if s := r.text("userAgent"); s != "" {
		agent = "User agent: " + line(s, 300)
	}
	return lines(text+".", failed, more, request, agent)
}

// trailInsight is an unusual rate of calls or errors, which begins and ends (User Guide, "CloudTrail record contents for
// Insights events for trails").
func trailInsight(ev *event, i object) {
	ev.found = line(i.text("insightType")+" "+i.text("eventName"), 200)
	ev.alert.Name = line(fmt.Sprintf("Unusual rate of %s of %s %s", i.text("eventName"), i.text("eventSource"), i.text("errorCode")), 300)
	ev.about = []string{or(ev.detail.text("sharedEventID"), ev.detail.text("eventID"))}
	ev.alert.Description = ev.alert.Name + "\n" + line(marshal(i.get("insightContext")), 1500)
	if i.text("state") == "End" {
		ev.alert.State = responder.Resolved
	}
}

// actedUpon names what a call was to act upon: by its parameters that are names, ids or ARNs. Those that are another with
// every call say nothing.
func actedUpon(request object) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(request)) {
		for _, v := range request.texts(name) {
			if identifies(strings.TrimSuffix(name, "s")) && len(out) < 20 {
				out = append(out, name+" "+line(v, 300))
			}
		}
	}
	for _, i := range request.at("instancesSet").objects("items") {
		if len(out) < 20 && i.isText("instanceId") {
			out = append(out, "instanceId "+line(i.text("instanceId"), 50))
		}
	}
	return out
}

func identifies(parameter string) bool {
	name := strings.ToLower(parameter)
	for _, not := range []string{"session", "client", "external", "request", "token"} {
		if strings.Contains(name, not) {
			return false
		}
	}
	for _, end := range []string{"name", "id", "arn", "identifier", "url"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
