package ingest

import (
	"net/netip"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// suspects collects the entities of a finding. All names of fields are those of the API Reference, Finding, and of the
// types it leads to.
type suspects struct {
	entities
	part    string              // of one's own resource: subject where it acted, else object
	foreign bool                // the principal is of an account that has nothing to do with one's own
	mine    map[netip.Addr]bool // addresses of one's own resources
	theirs  map[netip.Addr]bool // addresses of the other side, so far
}

// findingEntities are the entities of a finding, those of the other side first.
func findingEntities(f object, sample bool) []responder.Attribute {
	resource, service := f.at("resource"), f.at("service")
	s := &suspects{part: responder.ContextObject, mine: map[netip.Addr]bool{}, theirs: map[netip.Addr]bool{}}
	if service.text("resourceRole") == "ACTOR" {
		s.part = responder.ContextSubject
	}
	s.foreign = isForeign(resource, service)
	if !sample { // they have the same address for both sides
		s.claim(resource, service.at("detection", "sequence"))
	}

	s.action(service.at("action"), f.text("partition"))
	s.more(moreInfo(service))
	s.threats(service)
	s.runtime(service.at("runtimeDetails"))
	s.sequence(service.at("detection", "sequence"))
	s.resource(resource)
	s.further(service.at("runtimeDetails", "context").text("commandLineExample"))
	if len(s.list) == 0 { // who passes findings on may leave out all but the words
		s.extracted(f.text("description"))
	}
	return s.list
}

// isForeign says whether a finding's access key is that of a stranger: of another account, which GuardDuty does not know as
// affiliated (User Guide, "Finding details", on user types and remote accounts). The remote account alone does not say that:
// for stolen keys of one's own it is where they are used.
func isForeign(resource, service object) bool {
	return resource.at("accessKeyDetails").text("userType") == "AWSAccount" &&
		!service.at("action", "awsApiCallAction", "remoteAccountDetails").is("affiliated")
}

// claim takes down the addresses of one's own resources, so that none of them is taken for the other side's.
func (s *suspects) claim(resource, sequence object) {
	list := resource.at("instanceDetails").objects("networkInterfaces")
	for _, r := range sequence.objects("resources") {
		list = append(list, r.at("data", "ec2NetworkInterface"))
	}
	for _, i := range list {
		for _, text := range addresses(i) {
			if ip := netAddr(text); ip.IsValid() {
				s.mine[ip] = true
			}
		}
	}
}

// addresses of a network interface.
func addresses(i object) []string {
	out := []string{i.text("privateIpAddress"), i.text("publicIp")}
	for _, private := range i.objects("privateIpAddresses") {
		out = append(out, private.text("privateIpAddress"))
	}
	return append(out, i.texts("ipv6Addresses")...)
}

// isMine says whether an address is one of one's own resources.
func (s *suspects) isMine(text string) bool { return s.mine[netAddr(text)] }

// netAddr reads an address; what is none is the zero address, which is nobody's.
func netAddr(text string) netip.Addr {
	ip, _ := netip.ParseAddr(strings.TrimSpace(text))
	return ip.Unmap().WithZone("")
}

// remote adds the addresses of the other side.
func (s *suspects) remote(details object, roles ...string) {
	s.remoteIP(details.text("ipAddressV4"), roles...)
	s.remoteIP(details.text("ipAddressV6"), roles...)
}

func (s *suspects) remoteIP(ip string, roles ...string) {
	if entity.IsLocal(ip) || s.isMine(ip) {
		s.addr(ip, "local IP address", append([]string{responder.ContextLocal}, roles...)...)
		return
	}
	s.theirs[netAddr(ip)] = true
	s.addr(ip, "remote IP address", append([]string{responder.ContextRemote}, roles...)...)
}

func (s *suspects) local(details object, role string) {
	s.ownIP(details.text("ipAddressV4"), role)
	s.ownIP(details.text("ipAddressV6"), role)
}

// ownIP adds an address of one's own, unless it has been found to be the other side's.
func (s *suspects) ownIP(ip, role string) {
	if !s.theirs[netAddr(ip)] {
		s.localAddr(ip, role)
	}
}

// domain adds a name of the internet.
func (s *suspects) domain(name, key string, roles ...string) {
	if _, err := netip.ParseAddr(strings.TrimSpace(name)); err == nil {
		s.remoteIP(name, roles...)
		return
	}
	if name = strings.Trim(name, ". "); strings.Contains(name, ".") && isName(name) {
		s.add(responder.TypeDomain, name, key, append([]string{responder.ContextRemote}, roles...)...)
	}
}

// isName says whether a text can be the name of a host.
func isName(s string) bool { return !strings.ContainsAny(s, " \t\r\n/\\:@[](){}<>\"'`,;") }

// isService says whether a name is that of a service of AWS, which calls in somebody's name: "ec2.amazonaws.com".
func isService(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, ". ")), ".cn")
	return strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".aws.internal")
}

// file adds the path of a file on one's own side.
func (s *suspects) file(path, key string) {
	s.add(responder.TypeFile, path, key, responder.ContextLocal, responder.ContextFile)
}

// hostname adds the name of one of one's own machines.
func (s *suspects) hostname(name, key, part string) {
	if isName(name) {
		s.own(responder.TypeHostname, name, key, part)
	}
}

// pack makes room in the list: an attribute that stands there often is kept once.
func (s *suspects) pack() {
	if len(s.list) > 2*maxAttributes {
		s.list = attributes(s.list)
	}
}
