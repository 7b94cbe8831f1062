package ingest

import (
	"net/netip"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ocsfReader collects the entities of an event.
type ocsfReader struct {
	entities
	event   ocsfEvent
	account string
	mine    map[string]bool   // addresses, names and ids of one's own machines
	ends    map[string]string // the sides of src_endpoint and dst_endpoint, where all that happened agrees

	part string // that the resources have: object, or subject where they acted
}

// ocsfEntities are the entities of an event, those of what happened first. Observables come last: they only repeat, and tell
// of a role by the path of what they repeat (schema.ocsf.io: "Observable").
func ocsfEntities(e ocsfEvent) []responder.Attribute {
	r := &ocsfReader{event: e, account: e.account(), mine: map[string]bool{}, ends: map[string]string{}, part: responder.ContextObject}
	evidences := e.objects("evidences")
	for _, o := range append(evidences, e.object) {
		r.know(o.at("device"))
		if role := o.at("data").text("resource_role"); role == "ACTOR" {
			r.part = responder.ContextSubject
		}
		for _, res := range append(o.objects("resources"), o.objects("resource")...) {
			r.knowAsset(res)
		}
	}
	for _, o := range append(evidences, e.object) {
		r.evidence(o)
	}
	r.findings()
	for _, res := range e.resources() {
		r.asset(res)
	}
	r.observables()
	if len(r.list) == 0 { // the producer's own words are all there is
		for _, o := range evidences {
			r.extracted(o.get("data"))
		}
	}
	return r.list
}

// findings are what else the finding tells of: malware, vulnerabilities, intelligence, and what its parts have in common.
func (r *ocsfReader) findings() {
	for _, m := range r.event.objects("malware") {
		r.malware(m)
	}
	for _, v := range r.event.objects("vulnerabilities") {
		r.vulnerability(v)
	}
	for _, i := range r.event.objects("osint") {
		r.indicator(i.text("type_id"), i.text("value"))
	}
	for _, info := range r.event.infos {
		for _, t := range info.objects("traits") {
			r.trait(t)
		}
	}
}

// trait is what the signals of an attack sequence have in common (Amazon GuardDuty API Reference, Indicator).
func (r *ocsfReader) trait(t object) {
	for _, value := range t.texts("values") {
		switch name := t.text("name"); {
		case strings.HasSuffix(name, "_IP"):
			r.remoteAddr(value, "")
		case strings.HasSuffix(name, "_DOMAIN"):
			r.name(value, far, "")
		}
	}
}

func (r *ocsfReader) malware(m object) {
	for _, f := range m.objects("files") {
		r.file(f)
	}
	r.path(m.text("path"))
	for _, cve := range m.objects("cves") {
		r.cve(cve.text("uid"))
	}
}

func (r *ocsfReader) vulnerability(v object) {
	for _, cve := range v.objects("cve") {
		r.cve(cve.text("uid"))
	}
	for _, id := range v.texts("related_vulnerabilities") {
		r.cve(id)
	}
	for _, code := range v.objects("affected_code") {
		r.file(code.at("file"))
	}
}

// cve leaves out other names of vulnerabilities: advisories of a vendor.
func (r *ocsfReader) cve(id string) {
	if strings.HasPrefix(strings.ToUpper(id), "CVE-") {
		r.add(responder.TypeCVE, strings.ToUpper(id), "vulnerability")
	}
}

// indicator is one of the intelligence that an event matched (schema.ocsf.io: "OSINT", type_id).
func (r *ocsfReader) indicator(kind, value string) {
	switch kind {
	case "1":
		r.remoteAddr(value, "")
	case "2", "3":
		r.name(value, far, "")
	case "4":
		r.hash(value, "indicator")
	case "5":
		r.url(value, far)
	case "9":
		r.add(responder.TypeEmail, value, "indicator", far)
	case "10":
		r.cve(value)
	}
}

// know remembers a machine of one's own by all that it is called.
func (r *ocsfReader) know(machine object) {
	for _, name := range []string{"uid", "uid_alt", "instance_uid", "ip", "hostname", "name"} {
		r.remember(machine.text(name))
	}
	for _, i := range machine.objects("network_interfaces") {
		r.remember(i.text("ip"))
		r.remember(i.text("hostname"))
	}
}

func (r *ocsfReader) remember(s string) {
	if s = strings.ToLower(last(s)); meant(s) {
		r.mine[s] = true
	}
}

func (r *ocsfReader) isMine(s string) bool { return r.mine[strings.ToLower(last(s))] }

// last is the end of an ARN, and all of anything else.
func last(s string) string {
	if arn, ok := readARN(s); ok {
		return arn.resource[strings.LastIndexByte(arn.resource, '/')+1:]
	}
	return s
}

// meant says whether a text stands for something: some producers write a mark where there is nothing.
func meant(s string) bool {
	return strings.Trim(s, "-'\"? ") != "" && !oneOf(s, "unknown", "n/a", "none", "null", "undefined")
}

// name adds the name of a host: a domain, but for those within one's own network.
func (r *ocsfReader) name(s, side, role string) {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	switch {
	case !meant(s) || isServiceName(s):
	case isAddr(s):
		r.ip(s, side, role)
	case side == near || isInternal(s):
		r.add(responder.TypeHostname, s, "host", near, role)
	case isDomain(s):
		r.add(responder.TypeDomain, s, "domain", side, role)
	}
}

func (r *ocsfReader) ip(s, side, role string) {
	switch {
	case side == far:
		r.remoteAddr(s, role)
	case side == near || entity.IsLocal(s):
		r.localAddr(s, role)
	default:
		r.addr(s, "IP address", role)
	}
}

func (r *ocsfReader) url(s, side string) {
	if scheme, rest, ok := strings.Cut(s, "://"); ok && scheme != "" && rest != "" && !strings.ContainsAny(s, " \t\r\n") {
		r.add(responder.TypeURL, s, "URL", side, responder.ContextObject)
	}
}

// path adds a file by where it is, on one's own side.
func (r *ocsfReader) path(s string) {
	if meant(s) {
		r.add(responder.TypeFile, s, "file", near, responder.ContextFile)
	}
}

func isAddr(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// isServiceName knows the names by which services of AWS call each other's APIs.
func isServiceName(s string) bool {
	s = strings.ToLower(s)
	return strings.HasSuffix(s, ".amazonaws.com") && strings.Count(s, ".") == 2 || s == "aws internal"
}

// isInternal knows names that mean nothing on the internet: single ones, and those under what is reserved for networks of
// one's own (IANA, "Special-Use Domain Names"; ICANN, .internal).
func isInternal(s string) bool {
	s = strings.ToLower(s)
	if !strings.Contains(s, ".") {
		return !strings.ContainsAny(s, " /:\\")
	}
	switch s[strings.LastIndexByte(s, '.')+1:] {
	case "internal", "local", "localdomain", "lan", "localhost", "home", "corp":
		return true
	}
	return strings.HasSuffix(s, ".home.arpa")
}

// isDomain knows what can be a domain of the internet by its letters.
func isDomain(s string) bool {
	tld := s[strings.LastIndexByte(s, '.')+1:]
	return len(s) <= 253 && len(tld) >= 2 && strings.Contains(s, ".") && !strings.HasPrefix(s, ".") && !strings.Contains(s, "..") &&
		strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" &&
		strings.ContainsAny(strings.ToLower(tld), "abcdefghijklmnopqrstuvwxyz")
}
