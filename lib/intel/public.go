package intel

import (
	"net/netip"
	"slices"
	"strings"
)

// notPublic4 are what is not globally reachable (IANA, "IPv4 Special-Purpose Address Registry", RFC 6890), and what is
// no single host's (multicast, RFC 5771; reserved, RFC 1112, section 4).
var notPublic4 = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")

// notPublic6 likewise, in what is assigned at all (IANA, "IPv6 Global Unicast Address Assignments": 2000::/3): protocols
// (with Teredo), documentation (RFC 3849, RFC 9637).
var (
	global6    = netip.MustParsePrefix("2000::/3")
	notPublic6 = prefixes("2001::/23", "2001:db8::/32", "3fff::/20")
	nat64      = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052, section 2.1
	sixToFour  = netip.MustParsePrefix("2002::/16")    // RFC 3056, section 2
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// isPublic says whether an address is one of the public internet.
func isPublic(addr netip.Addr) bool {
	in := func(p netip.Prefix) bool { return p.Contains(addr) }
	if addr.Is4() {
		return !slices.ContainsFunc(notPublic4, in)
	}
	if v4 := inner(addr); v4 != addr {
		return isPublic(v4)
	}
	return global6.Contains(addr) && !slices.ContainsFunc(notPublic6, in)
}

// inner is the address of version 4 that one of version 6 stands for, by translation or in a tunnel; else the address.
func inner(addr netip.Addr) netip.Addr {
	b := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return addr
}

// privateNames are not in the public DNS, with all below them:
//   - RFC 6761, section 6 (test, localhost, invalid, example); RFC 6762, section 3 (local); RFC 8375 (home.arpa), and the rest of arpa,
//     which has addresses and no hosts (RFC 3172); RFC 9476 (alt);
//   - internal, which ICANN keeps for private use (draft-davies-internal-tld, "A Top-level Domain for Private Use");
//   - what networks commonly use though nobody reserved it: RFC 6762, appendix G (intranet, private, corp, home, lan), and mail, which ICANN
//     does not delegate like corp and home (resolution 2018.02.04.12); localdomain and domain, of routers and resolvers.
//
// Onion (RFC 7686) is not among them: such a name is the other side's, and tells nothing of the organization.
var privateNames = []string{"test", "localhost", "invalid", "example", "local", "arpa", "alt", "internal", "intranet", "private", "corp", "home", "lan",
	"mail", "localdomain", "domain"}

func isPrivateName(name string) bool { return slices.Contains(privateNames, lastLabel(name)) }

// normalName gives a name in lower case, without the root's dot.
func normalName(name string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ".")
}

// isName says whether a text is a name as the DNS has them, in ASCII (RFC 1035, section 2.3.1; RFC 2181, section 11).
func isName(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

func lastLabel(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// isNumber: browsers read a host that ends so as an address, as 0x7f.1 and 2130706433 (WHATWG, "URL", ends-in-a-number checker).
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}
