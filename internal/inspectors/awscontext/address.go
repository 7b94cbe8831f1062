package awscontext

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// address looks into an IP address of one's own: which interface has it, and what is behind. A private address is looked
// for where the alert is; one of the internet also in the other accounts, since it stands in only one of them. One of the
// internet that is nobody's of these is the other side's: of that, what the alert's principals did from there is told.
func (l *look) address(ctx context.Context, value string) (responder.Page, error) {
	ip, ok := addressOf(value)
	switch {
	case !ok:
		return responder.Page{}, nil
	case isPrivate(ip):
		return l.byPrivate(ctx, ip)
	}
	find := l.byPublic
	if ip.Is6() {
		find = l.byPrivate
	}
	page, err := l.anywhere(ctx, ip, find)
	if err == nil && page.Title == "" && !l.task.Attribute.Match(responder.ContextLocal) {
		return l.callsFrom(ctx, ip)
	}
	return page, err
}

// addressOf reads an address that a host can have among others.
func addressOf(value string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.TrimSpace(value))
	ip = ip.Unmap()
	return ip, err == nil && ip.Zone() == "" && ip.IsGlobalUnicast()
}

// isPrivate says whether many have the address: private networks, and those of carriers (RFC 1918, RFC 4193, RFC 6598).
func isPrivate(ip netip.Addr) bool { return ip.IsPrivate() || carriers.Contains(ip) }

var carriers = netip.MustParsePrefix("100.64.0.0/10")

func isInternet(s string) bool {
	ip, ok := addressOf(s)
	return ok && !isPrivate(ip)
}

// anywhere looks in all accounts, the alert's first, until the address is found.
func (l *look) anywhere(ctx context.Context, ip netip.Addr, find func(context.Context, netip.Addr) (responder.Page, error)) (responder.Page, error) {
	first := l.account
	for _, a := range l.accounts.all(first) {
		l.account = a
		if page, err := find(ctx, ip); err != nil || page.Title != "" {
			return page, err
		}
	}
	l.account = first
	return responder.Page{}, nil
}

// byPrivate finds an address that an interface itself has, of either family.
func (l *look) byPrivate(ctx context.Context, ip netip.Addr) (responder.Page, error) {
	filter := "addresses.private-ip-address"
	if ip.Is6() {
		filter = "ipv6-addresses.ipv6-address"
	}
	list, err := l.interfaces(ctx, filter, ip)
	if err != nil || len(list) == 0 {
		return responder.Page{}, err
	}
	return l.oneOf(ctx, ip, list)
}

// byPublic finds an address of the internet: on an interface; as an Elastic IP address, which may also be a further one of an
// interface, or of none; or in a VPC whose network is of the internet's, where the alert says that the address is one's own.
func (l *look) byPublic(ctx context.Context, ip netip.Addr) (responder.Page, error) {
	list, err := l.interfaces(ctx, "association.public-ip", ip)
	if err != nil {
		return responder.Page{}, err
	}
	if len(list) > 0 {
		return l.oneOf(ctx, ip, list)
	}
	if page, err := l.elastic(ctx, ip); err != nil || page.Title != "" {
		return page, err
	}
	if l.task.Attribute.Match(responder.ContextLocal) {
		return l.byPrivate(ctx, ip)
	}
	return responder.Page{}, nil
}

// oneOf tells of the interface that has the address. Where several VPCs use it, the alert's other attributes say which is
// meant; else all are told, and that it is not known.
func (l *look) oneOf(ctx context.Context, ip netip.Addr, list []netInterface) (responder.Page, error) {
	if meant := slices.DeleteFunc(slices.Clone(list), func(n netInterface) bool { return !l.mentions(n) }); len(meant) == 1 {
		list = meant
	}
	if len(list) == 1 {
		return l.interfacePage(ctx, ip.String(), list[0])
	}
	return l.ambiguous(ctx, ip, list)
}

// mentions says whether the alert names what has the interface, or where it is.
func (l *look) mentions(n netInterface) bool {
	ids := present(n.ID, n.Instance, n.VPC, n.Subnet)
	return slices.ContainsFunc(l.task.Alert.Attrs, func(a responder.Attribute) bool {
		parsed, _ := parseARN(a.Value)
		return slices.Contains(ids, a.Value) || slices.Contains(ids, parsed.last())
	})
}

// ambiguous is the page where several have the address.
func (l *look) ambiguous(ctx context.Context, ip netip.Addr, list []netInterface) (responder.Page, error) {
	alias, err := l.alias(ctx)
	if err != nil {
		return responder.Page{}, err
	}
	p := responder.Page{Title: ip.String() + " in several VPCs"}
	var texts []string
	for i, n := range list {
		what, name := n.behind()
		texts = append(texts, what+" "+text(name)+" in "+text(n.VPC))
		if i < maxList {
			p.AlliedHosts = append(p.AlliedHosts, responder.AlliedHost{ID: text(name), IPAddr: []string{ip.String()},
				MACAddr: present(text(n.MAC)), Owner: l.owners(n.Tags, alias), Software: []string{what}})
		}
	}
	p.Signals = []responder.Signal{l.says(ownership, responder.UnknownSignal, 0,
		ip.String()+" is in several VPCs of "+l.accountName(alias)+" in "+l.region+", and which is meant is not known: "+
			strings.Join(several(texts, "and more"), "; "), "")}
	return p, nil
}
