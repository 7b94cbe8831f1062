package extract

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// addr4 takes four numbers that are an address: of one host, and no version.
func (s *scanner) addr4(p part) bool {
	if n := strings.LastIndexByte(p.text, '.'); strings.Count(p.text, ".") == 4 && s.isDumped(p) {
		p.text, p.end = p.text[:n], p.start+n
	}
	if len(p.text) > 15 || strings.Count(p.text, ".") != 3 || !only(p.text, digits+".") {
		return false
	}
	addr, err := netip.ParseAddr(p.text)
	if err != nil || s.isNetwork(p, addr) || s.isRange(p) || !s.defanged(p.start, p.end) && s.isVersion(p) {
		return true // and nothing else either
	}
	s.address(addr)
	return true
}

// isDumped knows the ends of a packet, each with the port as its last part: 192.0.2.7.443 > 192.0.2.8.51234: (tcpdump, "IPv4
// Packets", "TCP Packets").
func (s *scanner) isDumped(p part) bool {
	if !only(p.text, digits+".") {
		return false
	}
	if p.after == ':' && strings.HasSuffix(s.text[:p.start], " > ") {
		return true
	}
	to, ok := strings.CutPrefix(s.text[p.end:min(len(s.text), p.end+64)], " > ")
	to, _, _ = strings.Cut(to, " ")
	return ok && strings.HasSuffix(to, ":")
}

// isNetwork knows 192.0.2.0/24. A number that is too large for a prefix, or leaves bits of a host, is a port, as firewalls write
// it, or the mask of a host.
func (s *scanner) isNetwork(p part, addr netip.Addr) bool {
	if p.after != '/' || p.before == ':' || p.before == '/' {
		return false
	}
	bits, n := 0, p.end+1
	for ; n < len(s.text) && n < p.end+4 && isDigit(s.text[n]); n++ {
		bits = 10*bits + int(s.text[n]-'0')
	}
	network, err := addr.Prefix(bits)
	return n > p.end+1 && err == nil && bits < 32 && network.Addr() == addr
}

// isRange knows 192.0.2.0 - 192.0.2.255, as registries write networks.
func (s *scanner) isRange(p part) bool {
	next, behind := strings.CutPrefix(s.text[p.end:min(len(s.text), p.end+4)], " - ")
	before := s.text[max(0, p.start-4):p.start]
	return strings.HasSuffix(p.text, ".0") && behind && next != "" && isDigit(next[0]) ||
		strings.HasSuffix(p.text, ".255") && len(before) == 4 && before[1:] == " - " && isDigit(before[0])
}

// isVersion: v1.2.3.4 never comes here. Chrome/120.0.0.0 does, and version 1.2.3.4.
func (s *scanner) isVersion(p part) bool {
	if s.hint.kind == isVersion {
		return true
	}
	if p.before == '/' {
		product := s.text[:p.start-1]
		product = product[strings.LastIndexFunc(product[max(0, len(product)-32):], func(r rune) bool { return !isNameOf(r) })+max(0, len(product)-32)+1:]
		return product == "" || strings.ToLower(product) != product || slices.Contains(products, product)
	}
	if p.start > 0 && s.text[p.start-1] == '|' && (strings.Contains(s.before(p.start), "cef:") || strings.Contains(s.before(p.start), "leef:")) {
		return true // of the device, in the header of ArcSight's Common Event Format and IBM's LEEF
	}
	if strings.HasSuffix(p.text, ".0.0") && p.after != ':' && s.hint.kind == isFree {
		return true
	}
	for n, word := range s.words(p.start, 2) {
		if slices.Contains(versionWords, word) && (n == 0 || !isJoint(s.words(p.start, 1)[0])) {
			return true
		}
	}
	return p.before == '@' && s.isNamed(p.start-1)
}

// isNamed: package@1.2.3.4 is a version, root@192.0.2.7 is not. Only a name with a dash, a dot or a slash is a package's.
func (s *scanner) isNamed(i int) bool {
	name := s.text[max(0, i-32):i]
	name = name[strings.LastIndexAny(name, " \t\n\"'")+1:]
	return strings.ContainsAny(name, "-/.")
}

func isNameOf(r rune) bool {
	return r == '-' || r == '_' || r == '.' || r < 0x80 && isWord(byte(r))
}

// isJoint: "version 2 from 192.0.2.7" has a word between them that says that the address is one.
func isJoint(word string) bool {
	return slices.Contains([]string{"from", "to", "at", "by", "on", "ip", "address", "addr", "host", "server", "client", "source", "src", "dst"}, word)
}

var (
	versionWords = []string{"version", "versions", "ver", "v", "release", "build", "revision", "firmware", "upgrade", "upgraded", "section", "chapter", "rfc", "oid"}
	products     = []string{"curl", "wget", "python", "python-requests", "python-urllib", "nginx", "apache", "httpd", "php", "openssl", "sqlmap",
		"aws-cli", "boto3", "botocore", "go", "node", "java", "ruby", "git", "okhttp", "nmap", "masscan", "zgrab", "docker", "containerd", "kubelet", "kubectl", "terraform"}
)

// addr6 takes an address of version 6, also behind a name and a colon. Groups of letters as a::b are names of programs.
func (s *scanner) addr6(i, end int) bool {
	for range 2 {
		text := strings.TrimRight(s.text[i:min(end, i+64)], ".-_+~%")
		text, bits, network := strings.Cut(text, "/")
		if strings.HasSuffix(text, ":") && !strings.HasSuffix(text, "::") {
			text = strings.TrimSuffix(text, ":")
		}
		if addr, err := netip.ParseAddr(text); err == nil && strings.IndexByte(text, ':') >= 0 {
			if (!network || bits == "128") && isAssigned(addr) {
				s.address(addr)
			}
			return true
		}
		n := strings.IndexByte(s.text[i:end], ':')
		if n < 0 || n == 0 || !isLetter(s.text[i+n-1]) {
			return false
		}
		i += n + 1
	}
	return false
}

var hosts6 = []netip.Prefix{
	netip.MustParsePrefix("2000::/3"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("::ffff:0:0/96"), netip.MustParsePrefix("64:ff9b::/96"),
}

// isAssigned: what is assigned to hosts (IANA, "Internet Protocol Version 6 Address Space").
func isAssigned(addr netip.Addr) bool {
	return slices.ContainsFunc(hosts6, func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
}

// address adds an address. What never stands for another host says nothing: loopback, masks, multicast.
func (s *scanner) address(addr netip.Addr) {
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() || addr.IsUnspecified() || addr.IsMulticast() || addr.Is4() && (addr.As4()[0] == 0 || addr.As4()[0] >= 240) {
		return
	}
	s.add(responder.TypeIPAddr, addr.String(), s.hint.label("IP address"), s.hint.side(entity.IsLocal(addr.String()))...)
}
