package ingest

import (
	"fmt"
	"net/url"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// macie reads a finding (Amazon Macie User Guide, "Amazon EventBridge event schema for Macie findings"; API Reference,
// Finding). Its severity is a word, or a score from 1 (low) to 3 (high).
func macie(ev *event) {
	d := ev.detail
	ev.of(d.text("accountId"), d.text("region"))
	ev.found = or(d.text("type"), ev.found)
	ev.about = []string{d.text("id")}
	ev.alert.Name = or(d.text("title"), ev.alert.Name)
	ev.during("createdAt", "updatedAt")
	severity := d.at("severity")
	score, _ := severity.number("score")
	ev.alert.Severity = severityWord(or(severity.text("description"), map[float64]string{1: "LOW", 2: "MEDIUM", 3: "HIGH"}[score]), 0)
	ev.alert.Sample = d.is("sample")
	if d.is("archived") {
		ev.alert.State = responder.Resolved
	}
	bucket, file := d.at("resourcesAffected", "s3Bucket"), d.at("resourcesAffected", "s3Object")
	ev.alert.Description = lines(d.text("description"), sensitive(d.at("classificationDetails", "result")), access(bucket, file), policyAction(d.at("policyDetails")))
	if bucket.isText("name") {
		ev.alert.Link = consoleLink(ev.alert.Region, "macie", "findings?search="+url.QueryEscape("resourcesAffected.s3Bucket.name="+bucket.text("name"))+"&macros=current&itemId="+url.QueryEscape(d.text("id")))
	}
	ev.bucket(bucket.text("name"))
	ev.file(bucket.text("name"), file.text("key"))
	ev.actor(d.at("policyDetails", "actor"), ev.alert.Account)
}

// sensitive says what was found, and how often.
func sensitive(result object) string {
	var out []string
	add := func(name string, o object) {
		if len(out) < 30 {
			out = append(out, line(name, 100)+" "+line(o.text("count"), 20))
		}
	}
	for _, kind := range result.objects("sensitiveData") {
		for _, found := range kind.objects("detections") {
			add(found.text("type"), found)
		}
	}
	for _, found := range result.at("customDataIdentifiers").objects("detections") {
		add(found.text("name"), found)
	}
	if len(out) == 0 {
		return ""
	}
	return "Found: " + strings.Join(out, ", ")
}

// access says who can read it.
func access(bucket, file object) string {
	var out []string
	if s := bucket.at("publicAccess").text("effectivePermission"); s != "" {
		out = append(out, "The bucket is "+line(s, 40)+".")
	}
	if file.is("publicAccess") {
		out = append(out, "The object is public.")
	}
	return strings.Join(out, " ")
}

func policyAction(policy object) string {
	call := policy.at("action", "apiCallDetails")
	if call == nil {
		return ""
	}
	return fmt.Sprintf("By: %s of %s", line(call.text("api"), 100), line(call.text("apiServiceName"), 100))
}

// actor is who made a policy finding: one's own user as a rule, from an address that need not be one's own (API
// Reference, FindingActor).
func (e *entities) actor(actor object, account string) {
	e.remoteAddr(actor.at("ipAddressDetails").text("ipAddressV4"), responder.ContextClient)
	if name := actor.at("domainDetails").text("domainName"); !strings.HasSuffix(name, ".amazonaws.com") {
		e.add(responder.TypeDomain, name, "domain", responder.ContextRemote, responder.ContextClient)
	}
	u := actor.at("userIdentity")
	for kind, field := range map[string]string{
		"Root": "root", "IAMUser": "iamUser", "AssumedRole": "assumedRole", "FederatedUser": "federatedUser", "AWSAccount": "awsAccount",
	} {
		if who := u.at(field); u.text("type") == kind && who != nil {
			whole := object{"type": kind}
			for name, v := range who {
				whole[name] = v
			}
			whole["type"] = kind
			e.identity(whole, account)
		}
	}
}
