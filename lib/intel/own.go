package intel

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Own tells what is the organization's own, and so is never sent to a third party. The zero value knows none but what is
// so for everybody: addresses that are not of the public internet, names that are not of the public DNS.
type Own struct {
	Domains  []string // in lower case, as in the DNS; with all names below them
	Networks []netip.Prefix
}

// ParseOwn reads domains and networks separated by commas or white space, as in OWN_DOMAINS: example.com, 203.0.113.0/24.
// The error names each that is neither.
func ParseOwn(list string) (Own, error) {
	var o Own
	var errs []error
	for _, one := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \t\r\n;", r) }) {
		if network, ok := parseNetwork(one); ok {
			o.Networks = append(o.Networks, network)
			continue
		}
		name := normalName(strings.TrimPrefix(strings.TrimPrefix(one, "*"), "."))
		if !isName(name) || isNumber(lastLabel(name)) {
			errs = append(errs, fmt.Errorf("own domains: %.80q, expected a domain as in the DNS (xn--… for other letters), an address or a network", one))
			continue
		}
		o.Domains = append(o.Domains, name)
	}
	if err := errors.Join(errs...); err != nil {
		return Own{}, err
	}
	return o, nil
}

func parseNetwork(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

// Withhold says why an attribute must not be sent to a third party; empty: it may be. Attributes of the context local are
// withheld, addresses and hosts of URLs and e-mail addresses are looked at. So are all types but addresses, domains, URLs,
// e-mail addresses, hashes and vulnerabilities: a user, a bucket, a path is the organization's own.
//
// What cannot be read is withheld too, and so is a name with other letters than the DNS has: the pipeline spells names as
// xn--…, and what it could not spell is none. Send a URL as [SendableURL] gives it.
func (o Own) Withhold(a responder.Attribute) (why string) {
	if slices.ContainsFunc(a.Context, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), responder.ContextLocal) }) {
		return "it is on the local side of the alert"
	}
	value := strings.TrimSpace(a.Value)
	switch a.Type {
	case responder.TypeFileHash, responder.TypeCVE:
		return ""
	case responder.TypeIPAddr:
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return "it cannot be read as an address"
		}
		return o.addr(addr)
	case responder.TypeDomain:
		return o.name(value)
	case responder.TypeURL:
		return o.url(value)
	case responder.TypeEmail:
		at := strings.LastIndexByte(value, '@')
		if at < 1 {
			return "it cannot be read as an e-mail address"
		}
		return o.host(strings.TrimSuffix(strings.TrimPrefix(value[at+1:], "["), "]"))
	}
	return fmt.Sprintf("values of type %.40q are not sent", a.Type)
}

// host is an address or a name.
func (o Own) host(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return o.addr(addr)
	}
	return o.name(host)
}

func (o Own) addr(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if network := o.network(addr); network.IsValid() {
		return fmt.Sprintf("it is in the organization's own network %s", network)
	}
	if !isPublic(addr) {
		return "it is no address of the public internet"
	}
	return ""
}

// network is which of the organization's networks an address is in; not valid where it is in none.
func (o Own) network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	for _, network := range o.Networks {
		if network.Contains(addr) || network.Contains(inner(addr)) {
			return network
		}
	}
	return netip.Prefix{}
}

func (o Own) name(name string) string {
	name = normalName(name)
	if d := o.domain(name); d != "" {
		return fmt.Sprintf("it is of the organization's own domain %.80s", d)
	}
	switch {
	case !isName(name):
		return "it cannot be read as a name of the DNS"
	case isNumber(lastLabel(name)):
		return "it is an address in a spelling of its own"
	case !strings.Contains(name, "."):
		return "it is a name of a local network"
	case isPrivateName(name):
		return "it is no name of the public DNS"
	}
	return ""
}

// domain is which of the organization's domains a name is of.
func (o Own) domain(name string) string {
	for _, d := range o.Domains {
		if d = normalName(d); name == d || d != "" && strings.HasSuffix(name, "."+d) {
			return d
		}
	}
	return ""
}
