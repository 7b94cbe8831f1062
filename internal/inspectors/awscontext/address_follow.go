package awscontext

import (
	"context"
	"net/netip"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// follow asks further about what is behind an interface, where there is more to know.
func (l *look) follow(ctx context.Context, n netInterface) (thing, error) {
	t := thing{tags: n.Tags, called: n.Tags.get("Name"), page: "NetworkInterface:networkInterfaceId=" + n.ID}
	t.what, t.name = n.behind()
	switch t.what {
	case ec2Instance:
		return l.followInstance(ctx, t)
	case natGateway:
		return l.followNAT(ctx, t)
	case loadBalancer:
		return l.followBalancer(ctx, t)
	case lambdaFunction:
		t.brings = []responder.Attribute{local(responder.TypeARN, l.resource("lambda", "function:"+t.name), "function behind the address")}
	}
	return t, nil
}

// resource is the ARN of something in the account and region of the look.
func (l *look) resource(service, resource string) string {
	return arn{l.account.partition, service, l.region, l.account.id, resource}.String()
}

// followInstance names the instance; its own page, in the next wave, tells the rest.
func (l *look) followInstance(ctx context.Context, t thing) (thing, error) {
	t.brings = []responder.Attribute{local(responder.TypeInstance, t.name, "instance behind the address")}
	t.exposed, t.page = true, "InstanceDetails:instanceId="+t.name
	in, found, err := l.describeInstance(ctx, t.name, l.also)
	if err != nil || !found {
		return t, err
	}
	t.tags, t.called, t.os, t.hosts = in.Tags, in.Tags.get("Name"), in.os(), []string{text(in.PublicName)}
	t.facts = []string{text(in.State), text(in.Type), labeled("launched", in.Launched.day())}
	return t, nil
}

func (l *look) followNAT(ctx context.Context, t thing) (thing, error) {
	t.exposed = true // it lets nothing in
	t.means = "What comes from there comes from hosts of its VPC, or of networks that are routed through it"
	if !strings.HasPrefix(t.name, "nat-") {
		return t, nil
	}
	var answer struct {
		Gateways []struct {
			VPC     string    `xml:"vpcId"`
			State   string    `xml:"state"`
			Kind    string    `xml:"connectivityType"`
			Created timestamp `xml:"createTime"`
			Tags    tags      `xml:"tagSet>item"`
		} `xml:"natGatewaySet>item"`
	}
	if _, err := l.also(ctx, awsapi.EC2("DescribeNatGateways", "NatGatewayId.1", t.name), &answer); err != nil || len(answer.Gateways) == 0 {
		return t, err
	}
	g := answer.Gateways[0]
	t.known, t.tags, t.called = true, g.Tags, g.Tags.get("Name")
	t.facts = []string{text(g.State), text(g.Kind), labeled("made", g.Created.day()), labeled("of", text(g.VPC))}
	return t, nil
}

// followBalancer asks about a load balancer of the newer kinds; its name is app/web/50dc6c495c0c9188.
func (l *look) followBalancer(ctx context.Context, t thing) (thing, error) {
	id := l.resource("elasticloadbalancing", "loadbalancer/"+t.name)
	t.page = "LoadBalancer:loadBalancerArn=" + id
	var answer struct {
		Balancers []struct {
			Name    string    `xml:"LoadBalancerName"`
			DNS     string    `xml:"DNSName"`
			Scheme  string    `xml:"Scheme"`
			Type    string    `xml:"Type"`
			State   string    `xml:"State>Code"`
			Created timestamp `xml:"CreatedTime"`
		} `xml:"DescribeLoadBalancersResult>LoadBalancers>member"`
	}
	if _, err := l.also(ctx, awsapi.ELB("DescribeLoadBalancers", "LoadBalancerArns.member.1", id), &answer); err != nil {
		return t, err
	}
	if len(answer.Balancers) > 0 {
		b := answer.Balancers[0]
		t.known, t.called, t.hosts = true, text(b.Name), []string{text(b.DNS)}
		t.facts = []string{text(b.State), text(b.Scheme), text(b.Type), labeled("made", b.Created.day()), text(b.DNS)}
	}
	var marked struct {
		Tags []struct {
			Key   string
			Value string
		} `xml:"DescribeTagsResult>TagDescriptions>member>Tags>member"`
	}
	if _, err := l.also(ctx, awsapi.ELB("DescribeTags", "ResourceArns.member.1", id), &marked); err != nil {
		return t, err
	}
	for _, m := range marked.Tags {
		t.tags = append(t.tags, tag{m.Key, m.Value})
	}
	return t, nil
}

// elastic finds an Elastic IP address.
func (l *look) elastic(ctx context.Context, ip netip.Addr) (responder.Page, error) {
	var answer struct {
		Addresses []struct {
			ID        string `xml:"allocationId"`
			IP        string `xml:"publicIp"`
			Interface string `xml:"networkInterfaceId"`
			Instance  string `xml:"instanceId"`
			Private   string `xml:"privateIpAddress"`
			Tags      tags   `xml:"tagSet>item"`
		} `xml:"addressesSet>item"`
	}
	_, err := l.also(ctx, awsapi.EC2("DescribeAddresses", "Filter.1.Name", "public-ip", "Filter.1.Value.1", ip.String()), &answer)
	if err != nil {
		return responder.Page{}, err
	}
	for _, a := range answer.Addresses {
		if a.IP != ip.String() {
			continue
		}
		n := netInterface{ID: a.Interface, Instance: a.Instance, PublicIP: a.IP, PrivateIP: a.Private, Tags: a.Tags}
		if a.Interface == "" && a.Instance == "" {
			return l.unattached(ctx, a.ID, n)
		}
		full, err := l.interfaceByID(ctx, a.Interface)
		if err != nil {
			return responder.Page{}, err
		}
		if full.ID != "" {
			full.Public, n = append(full.Public, a.IP), full
		}
		return l.interfacePage(ctx, ip.String(), n)
	}
	return responder.Page{}, nil
}

// unattached is an Elastic IP address that nothing uses now.
func (l *look) unattached(ctx context.Context, id string, n netInterface) (responder.Page, error) {
	alias, err := l.alias(ctx)
	t := thing{what: "Elastic IP address", name: id, called: n.Tags.get("Name"), tags: n.Tags, page: "ElasticIpDetails:AllocationId=" + id,
		facts: []string{"attached to nothing now"}}
	return responder.Page{Title: t.title(),
		AlliedHosts: []responder.AlliedHost{{ID: text(id), Owner: l.owners(t.tags, alias), IPAddr: []string{n.PublicIP}, Software: []string{t.what}}},
		Signals:     []responder.Signal{l.interfaceIs(n.PublicIP, n, t, alias)},
	}, err
}

// interfaceByID is the interface, or none.
func (l *look) interfaceByID(ctx context.Context, id string) (netInterface, error) {
	if !strings.HasPrefix(id, "eni-") {
		return netInterface{}, nil
	}
	var answer struct {
		Interfaces []netInterface `xml:"networkInterfaceSet>item"`
	}
	_, err := l.also(ctx, awsapi.EC2("DescribeNetworkInterfaces", "NetworkInterfaceId.1", id), &answer)
	for _, n := range answer.Interfaces {
		if n.ID == id {
			return n, err
		}
	}
	return netInterface{}, err
}

// networkInterface looks into an interface by its id.
func (l *look) networkInterface(ctx context.Context, id string) (responder.Page, error) {
	n, err := l.interfaceByID(ctx, id)
	if err != nil || n.ID == "" {
		return responder.Page{}, err
	}
	return l.interfacePage(ctx, id, n)
}

// natGateway looks into a NAT gateway by its id.
func (l *look) natGateway(ctx context.Context, id string) (responder.Page, error) {
	return l.byName(ctx, id, "Interface for NAT Gateway "+id)
}

// balancer looks into a load balancer by its name in ARNs.
func (l *look) balancer(ctx context.Context, name string) (responder.Page, error) {
	return l.byName(ctx, name, "ELB "+name)
}
