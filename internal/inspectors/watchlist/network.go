package watchlist

import (
	"net/netip"
	"strings"
)

// addressLetters are in addresses, networks and ranges, but for what follows a % (the zone).
const addressLetters = "0123456789abcdefABCDEF.:/- "

// networks reads an address, a network in CIDR notation or a range a-b; nil if it is none. IPv4-mapped IPv6 addresses
// are IPv4.
func networks(s string) []indicator {
	if before, _, _ := strings.Cut(s, "%"); !strings.ContainsAny(before, ".:") || strings.Trim(before, addressLetters) != "" {
		return nil
	}
	if p, ok := network(s); ok {
		return []indicator{{class: classNetwork, prefix: p}}
	}
	a, b, _ := strings.Cut(s, "-")
	from, err := netip.ParseAddr(strings.TrimSpace(a))
	to, err2 := netip.ParseAddr(strings.TrimSpace(b))
	if err != nil || err2 != nil {
		return nil
	}
	from, to = plainAddr(from), plainAddr(to)
	if from.BitLen() != to.BitLen() {
		return nil
	}
	var out []indicator
	for _, p := range span(from, to) {
		out = append(out, indicator{class: classNetwork, prefix: p, shown: from.String() + "-" + to.String()})
	}
	return out
}

func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// network reads an address or a network; of a network the bits of hosts do not count.
func network(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		a = plainAddr(a)
		return netip.PrefixFrom(a, a.BitLen()), err == nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, false
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

// span is the fewest networks that make up a range, at most two for each bit of an address; none if it is empty.
func span(from, to netip.Addr) (out []netip.Prefix) {
	for from.IsValid() && from.Compare(to) <= 0 {
		p := netip.PrefixFrom(from, from.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(from, p.Bits()-1)
			if wider.Masked().Addr() != from || last(wider).Compare(to) > 0 {
				break
			}
			p = wider
		}
		out = append(out, p)
		from = last(p).Next() // not valid after the last address there is
	}
	return out
}

// last is the last address of a network.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
