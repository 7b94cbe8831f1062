package ingest

import (
	"net/url"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
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

func guardDuty(m message) responder.Alert {
	f, event := m.doc, object(nil)
	if detail := m.doc.at("detail"); detail != nil {
		f, event = detail, m.doc
	}
	service := f.at("service")
	a := responder.Alert{
		Name: f.text("title"), Rule: f.text("type"), Description: f.text("description"), Source: "guardduty",
		Account: or(f.text("accountId"), event.text("account")), Region: or(f.text("region"), event.text("region")),
		Sample: isSample(service.at("additionalInfo")),
	}
	if id := f.text("id"); id != "" {
		a.Key = keyOf(a.Account, a.Region, id)
	}
	a.Link = findingLink(a.Region, f.text("id"))
	if n, ok := f.number("severity"); ok {
		a.Severity = n * 10 // 0.1 to 10
	}
	if service.is("archived") {
		a.State = responder.Resolved
	}
	first, last := service.time("eventFirstSeen"), service.time("eventLastSeen")
	if last.IsZero() {
		last = f.time("updatedAt")
	}
	if first.IsZero() {
		first = f.time("createdAt")
	}
	a.Timestamp = responder.Span(first, last)
	a.Attrs = findingEntities(f)
	return a
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// isSample: the mark stands there as a boolean, or in a JSON text.
func isSample(info object) bool {
	if info.is("sample") {
		return true
	}
	inner, ok := decode(info.text("value"))
	return ok && inner.is("sample")
}

func findingLink(region, id string) string {
	if region == "" || id == "" {
		return ""
	}
	return "https://" + url.PathEscape(region) + ".console.aws.amazon.com/guardduty/home?region=" + url.QueryEscape(region) +
		"#/findings?search=" + url.QueryEscape("id="+id)
}

// findingEntities are the entities of a finding, those of the other side first.
func findingEntities(f object) []responder.Attribute {
	e := &entities{}
	service := f.at("service")
	e.action(service.at("action"))
	for _, detail := range service.objects("ebsVolumeScanDetails") {
		e.scan(detail)
	}
	process := service.at("runtimeDetails", "process")
	e.hash(process.text("executableSha256"), "executable of "+line(process.text("name"), 80))
	e.resource(f.at("resource"), service.text("resourceRole"))
	return e.list
}

// action is what happened. Who opened the connection is the client.
func (e *entities) action(action object) {
	if c := action.at("networkConnectionAction"); c != nil {
		remote, local := responder.ContextServer, responder.ContextClient
		switch c.text("connectionDirection") {
		case "INBOUND":
			remote, local = local, remote
		case "OUTBOUND":
		default:
			remote, local = "", ""
		}
		e.remote(c.at("remoteIpDetails"), remote)
		e.local(c.at("localIpDetails"), local)
	}
	for _, probe := range action.at("portProbeAction").objects("portProbeDetails") {
		e.remote(probe.at("remoteIpDetails"), responder.ContextClient)
		e.local(probe.at("localIpDetails"), responder.ContextServer)
	}
	e.domain(action.at("dnsRequestAction").text("domain"))
	call := action.at("awsApiCallAction")
	e.remote(call.at("remoteIpDetails"), responder.ContextClient)
	e.domain(call.at("domainDetails").text("domain"))
	kubernetes := action.at("kubernetesApiCallAction")
	e.remote(kubernetes.at("remoteIpDetails"), responder.ContextClient)
	for _, name := range []string{"sourceIPs", "sourceIps"} {
		for _, ip := range kubernetes.texts(name) {
			e.remoteAddr(ip, responder.ContextClient)
		}
	}
	e.remote(action.at("rdsLoginAttemptAction").at("remoteIpDetails"), responder.ContextClient)
}

func (e *entities) remote(details object, role string) {
	e.remoteAddr(details.text("ipAddressV4"), role)
	e.remoteAddr(details.text("ipAddressV6"), role)
}

// remoteAddr adds an address of the other side. A private one is on one's own, whatever the finding calls it.
func (e *entities) remoteAddr(ip, role string) {
	if entity.IsLocal(ip) {
		e.localAddr(ip, role)
		return
	}
	e.add(responder.TypeIPAddr, ip, "remote IP address", responder.ContextRemote, role)
}

func (e *entities) local(details object, role string) {
	e.localAddr(details.text("ipAddressV4"), role)
	e.localAddr(details.text("ipAddressV6"), role)
}

func (e *entities) localAddr(ip, role string) {
	e.add(responder.TypeIPAddr, ip, "local IP address", responder.ContextLocal, role)
}

func (e *entities) domain(name string) {
	e.add(responder.TypeDomain, name, "domain", responder.ContextRemote, responder.ContextObject)
}

// hash adds what can be the hash of a file: sample findings have other things in its place.
func (e *entities) hash(value, key string) {
	if n := len(value); n != 32 && n != 40 && n != 64 || strings.Trim(strings.ToLower(value), "0123456789abcdef") != "" {
		return
	}
	e.add(responder.TypeFileHash, value, key, responder.ContextFile)
}

// scan is what a malware scan found.
func (e *entities) scan(details object) {
	for _, threat := range details.at("scanDetections", "threatDetectedByName").objects("threatNames") {
		for _, file := range threat.objects("filePaths") {
			e.hash(file.text("hash"), "file "+line(file.text("filePath"), 150))
		}
	}
}

// resource is one's own side: who acted, or what was acted upon.
func (e *entities) resource(r object, role string) {
	part := responder.ContextObject
	if role == "ACTOR" {
		part = responder.ContextSubject
	}
	instance := r.at("instanceDetails")
	e.add(responder.TypeInstance, instance.text("instanceId"), "instance", responder.ContextLocal, part)
	for _, i := range instance.objects("networkInterfaces") {
		e.localAddr(i.text("privateIpAddress"), "")
		e.localAddr(i.text("publicIp"), "")
	}
	key := r.at("accessKeyDetails")
	e.add(responder.TypeAccessKey, key.text("accessKeyId"), "access key", responder.ContextLocal, responder.ContextSubject)
	e.user(key.text("userName"), "user")
	e.user(r.at("kubernetesDetails", "kubernetesUserDetails").text("username"), "Kubernetes user")
	e.user(r.at("rdsDbUserDetails").text("user"), "database user")
	for _, b := range r.objects("s3BucketDetails") {
		e.add(responder.TypeBucket, b.text("name"), "bucket", responder.ContextLocal, responder.ContextObject)
	}
}

func (e *entities) user(name, key string) {
	e.add(responder.TypeUsername, name, key, responder.ContextLocal, responder.ContextSubject)
}
