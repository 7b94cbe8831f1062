package ingest

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// asff collects the entities of a finding. It knows the addresses of one's own resources, which are nobody else's whatever
// part they play.
type asff struct{ suspects }

// asffEntities are the entities of a finding, those of the other side first.
func asffEntities(f object, sample bool) []responder.Attribute {
	service := guardDutyFields(f)
	product, _ := readARN(f.text("productArn"))
	e := &asff{suspects{part: asffPart(service.text("resourceRole")), mine: map[netip.Addr]bool{}, theirs: map[netip.Addr]bool{}}}
	if !sample { // they have the same address for both sides
		e.claimResources(f)
	}
	e.action(f.at("action"), product.partition)
	e.action(service.at("action"), product.partition)
	e.threats(service)
	e.runtime(service.at("runtimeDetails"))
	e.network(f.at("network"))
	e.networkPath(f.objects("networkPath"))
	e.indicators(f.objects("threatIntelIndicators"))
	e.malwareOf(f)
	e.sequence(f.at("detection", "sequence"))
	e.vulnerabilities(f)
	e.resources(f)
	return e.list
}

func asffPart(role string) string {
	if strings.EqualFold(role, "ACTOR") {
		return responder.ContextSubject
	}
	return responder.ContextObject
}

// network is a connection (API Reference, Network). Its direction says who opened it, and so who is the other side.
// Where it is not said, private addresses and one's own tell.
func (e *asff) network(n object) {
	source, destination := end{n, "source", responder.ContextClient}, end{n, "destination", responder.ContextServer}
	switch direction := n.text("direction"); {
	case direction == "IN" || direction != "OUT" && e.isOwn(destination) && !e.isOwn(source):
		e.otherEnd(source)
		e.ourEnd(destination)
	case direction == "OUT" || e.isOwn(source) && !e.isOwn(destination):
		e.otherEnd(destination)
		e.ourEnd(source)
	default:
		e.eitherEnd(source)
		e.eitherEnd(destination)
	}
}

// end is one end of a connection: the names of its fields begin with the same word.
type end struct {
	object
	name, role string
}

func (p end) ips() []string  { return []string{p.text(p.name + "IpV4"), p.text(p.name + "IpV6")} }
func (p end) domain() string { return p.text(p.name + "Domain") }

func (e *asff) isOwn(p end) bool {
	return slices.ContainsFunc(p.ips(), e.isOwnAddr)
}

func (e *asff) isOwnAddr(s string) bool {
	return netAddr(s).IsValid() && (e.isMine(s) || entity.IsLocal(s))
}

func (e *asff) otherEnd(p end) {
	for _, ip := range p.ips() {
		e.remoteIP(ip, p.role)
	}
	e.domain(p.domain(), "domain", p.role)
}

func (e *asff) ourEnd(p end) {
	for _, ip := range p.ips() {
		e.ownIP(ip, p.role)
	}
	e.own(responder.TypeDomain, p.domain(), "domain", p.role)
}

func (e *asff) eitherEnd(p end) {
	for _, ip := range p.ips() {
		e.eitherAddr(ip, p.role)
	}
	e.add(responder.TypeDomain, p.domain(), "domain", p.role)
}

// eitherAddr adds an address of which nobody says whose it is.
func (e *asff) eitherAddr(ip, role string) {
	if e.isOwnAddr(ip) {
		e.ownIP(ip, role)
		return
	}
	e.addr(ip, "IP address", role)
}

// networkPath is how something can be reached (API Reference, NetworkPathComponent): its hosts, not whole networks.
// It says not which of them are one's own.
func (e *asff) networkPath(path []object) {
	for _, component := range path {
		if id := component.text("componentId"); isInstance(id) {
			e.own(responder.TypeInstance, id, "instance", "")
		}
		for _, flow := range []object{component.at("ingress"), component.at("egress")} {
			for _, side := range []object{flow.at("source"), flow.at("destination")} {
				for _, address := range side.texts("address") {
					e.eitherAddr(singleHost(address), "")
				}
			}
		}
	}
}

// singleHost is the address of a network that is a single host, and any other text as it is.
func singleHost(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil && p.IsSingleIP() {
		return p.Addr().String()
	}
	return s
}

// indicators are what threat intelligence knows (API Reference, ThreatIntelIndicator).
func (e *asff) indicators(list []object) {
	for _, i := range list {
		value := i.text("value")
		switch kind := i.text("type"); kind {
		case "IPV4_ADDRESS", "IPV6_ADDRESS":
			e.remoteIP(value)
		case "DOMAIN":
			e.domain(value, "domain")
		case "URL":
			e.add(responder.TypeURL, value, "URL", responder.ContextRemote)
		case "EMAIL_ADDRESS":
			e.add(responder.TypeEmail, value, "e-mail address", responder.ContextRemote)
		case "PROCESS":
			e.add(responder.TypeProcess, value, "process", responder.ContextLocal)
		default:
			if strings.HasPrefix(kind, "HASH_") {
				e.hash(value, "hash from threat intelligence")
			}
		}
	}
}

// malwareOf is what ran or lay on one's own side (API Reference, ProcessDetails, Malware, Threat).
func (e *asff) malwareOf(f object) {
	process := f.at("process")
	e.own(responder.TypeProcess, or(process.text("path"), process.text("name")), "process", responder.ContextSubject)
	for _, m := range f.objects("malware") {
		e.file(m.text("path"), "malware "+line(m.text("name"), 150))
	}
	for _, threat := range f.objects("threats") {
		name := line(threat.text("name"), 150)
		for _, file := range threat.objects("filePaths") {
			path := or(file.text("filePath"), file.text("fileName"))
			e.file(path, "file with "+name)
			e.hash(file.text("hash"), "file "+line(path, 150))
			e.resourceID("", file.text("resourceId"), responder.ContextObject)
		}
	}
}

// vulnerabilities are by their number (API Reference, Vulnerability); some scanners say it in the title alone.
func (e *asff) vulnerabilities(f object) {
	for _, v := range f.objects("vulnerabilities") {
		for _, id := range append([]string{v.text("id")}, v.texts("relatedVulnerabilities")...) {
			e.cve(id)
		}
	}
	for _, word := range strings.FieldsFunc(line(f.text("title"), 500), notOfCVE) {
		e.cve(word)
	}
}

func notOfCVE(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func (e *asff) cve(id string) {
	p := strings.Split(strings.ToUpper(strings.TrimSpace(id)), "-")
	if len(p) == 3 && p[0] == "CVE" && len(p[1]) == 4 && len(p[2]) >= 4 && len(p[2]) <= 10 && isDigits(p[1]+p[2]) {
		e.add(responder.TypeCVE, strings.Join(p, "-"), "vulnerability", responder.ContextObject)
	}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// externals are who from outside may use a resource: what IAM Access Analyzer says among other details (IAM User
// Guide, "Typical findings from IAM Access Analyzer").
func (e *asff) externals(other object) {
	for _, name := range slices.Sorted(maps.Keys(other)) {
		if principal, _ := other[name].(string); strings.HasPrefix(name, "External Principal") {
			if _, ok := readARN(principal); ok {
				e.add(responder.TypeARN, principal, "external principal", responder.ContextRemote, responder.ContextSubject)
			}
		}
	}
}
