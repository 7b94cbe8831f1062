package awscontext

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// securityGroup is a group of rules as DescribeSecurityGroups tells (Amazon EC2 API Reference, SecurityGroup and IpPermission).
type securityGroup struct {
	ID    string `xml:"groupId"`
	Name  string `xml:"groupName"`
	Rules []rule `xml:"ipPermissions>item"`
}

type rule struct {
	Protocol string   `xml:"ipProtocol"` // -1: all
	From     int      `xml:"fromPort"`
	To       int      `xml:"toPort"`
	V4       []string `xml:"ipRanges>item>cidrIp"`
	V6       []string `xml:"ipv6Ranges>item>cidrIpv6"`
	Lists    []string `xml:"prefixListIds>item>prefixListId"`
}

// opening is what a group lets in from far more than one's own networks.
type opening struct {
	ports string // tcp/22
	to    string // the whole internet
	group string // sg-1 (web)
	world bool   // to the whole internet
	risky bool   // a door that is rarely meant for everybody
}

func (o opening) String() string { return o.ports + " to " + o.to + " by " + o.group }

// maxGroups is how many groups an interface may have (Amazon VPC User Guide, "Amazon VPC quotas": at most 16).
const maxGroups = 16

// openings reads what groups let in.
func (l *look) openings(ctx context.Context, ids []string) (out []opening, err error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	ids = ids[:min(len(ids), maxGroups)]
	if len(ids) == 0 {
		return nil, nil
	}
	var answer struct {
		Groups []securityGroup `xml:"securityGroupInfo>item"`
	}
	if _, err = l.also(ctx, awsapi.EC2("DescribeSecurityGroups", numbered("GroupId", ids)...), &answer); err != nil {
		return nil, err
	}
	for _, g := range answer.Groups[:min(len(answer.Groups), maxGroups)] {
		for _, r := range g.Rules {
			out = append(out, r.openings(text(g.ID)+bracketed(text(g.Name)))...)
		}
	}
	slices.SortFunc(out, func(a, b opening) int { return strings.Compare(a.rank()+a.String(), b.rank()+b.String()) })
	return slices.CompactFunc(out, func(a, b opening) bool { return a == b }), nil
}

// rank puts what is worst first.
func (o opening) rank() string {
	switch {
	case o.world && o.risky:
		return "0"
	case o.world:
		return "1"
	}
	return "2"
}

func (r rule) openings(group string) (out []opening) {
	ports, risky := r.ports()
	for _, cidr := range slices.Concat(r.V4, r.V6) {
		p, err := netip.ParsePrefix(cidr)
		switch {
		case err != nil:
		case p.Bits() == 0:
			out = append(out, opening{ports, "the whole internet" + family(p), group, true, risky})
		case isVast(p):
			out = append(out, opening{ports, p.String(), group, false, risky})
		}
	}
	for _, list := range r.Lists {
		out = append(out, opening{ports, "prefix list " + text(list), group, false, risky})
	}
	return out
}

func family(p netip.Prefix) string {
	if p.Addr().Is6() {
		return " (IPv6)"
	}
	return ""
}

// isVast says whether a network of the internet is larger than almost anybody's own: more than a million addresses, or an
// IPv6 network as registries have them.
func isVast(p netip.Prefix) bool {
	if p.Addr().IsPrivate() {
		return false
	}
	return p.Addr().Is4() && p.Bits() < 12 || p.Addr().Is6() && p.Bits() < 24
}

// riskyPorts are those of remote control, of data and of file shares.
var riskyPorts = []int{21, 22, 23, 135, 139, 445, 873, 1433, 1521, 2049, 2375, 2379, 3306, 3389, 4444, 5432, 5601, 5900, 5985, 5986, 6379, 6443,
	8020, 9042, 9200, 10250, 11211, 27017, 50070}

// ports is what a rule is for, and whether a risky port is among it.
func (r rule) ports() (s string, risky bool) {
	switch p := r.protocol(); {
	case r.Protocol == "-1":
		return "everything", true
	case p != "tcp" && p != "udp":
		return p, false
	case r.From <= 0 && r.To >= 65535:
		return p + "/all ports", true
	case r.From == r.To:
		return fmt.Sprintf("%s/%d", p, r.From), p == "tcp" && slices.Contains(riskyPorts, r.From)
	default:
		inside := func(port int) bool { return port >= r.From && port <= r.To }
		return fmt.Sprintf("%s/%d-%d", p, r.From, r.To), p == "tcp" && slices.ContainsFunc(riskyPorts, inside)
	}
}

// protocol is its name (Amazon EC2 API Reference, IpPermission: names of the usual ones, else numbers).
func (r rule) protocol() string {
	switch r.Protocol {
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "1":
		return "icmp"
	case "58":
		return "icmpv6"
	}
	return text(r.Protocol)
}

// numbered are the parameters of a list: GroupId.1, sg-1, GroupId.2, …
func numbered(name string, values []string) (params []string) {
	for i, v := range values {
		params = append(params, fmt.Sprintf("%s.%d", name, i+1), v)
	}
	return params
}
