package awscontext

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// netInterface is one as DescribeNetworkInterfaces, and in part DescribeInstances, tells (Amazon EC2 API Reference,
// NetworkInterface and InstanceNetworkInterface).
type netInterface struct {
	ID          string   `xml:"networkInterfaceId"`
	Type        string   `xml:"interfaceType"`
	Description string   `xml:"description"`
	Status      string   `xml:"status"`
	Owner       string   `xml:"ownerId"`
	MAC         string   `xml:"macAddress"`
	VPC         string   `xml:"vpcId"`
	Subnet      string   `xml:"subnetId"`
	PrivateName string   `xml:"privateDnsName"`
	PrivateIP   string   `xml:"privateIpAddress"`
	Private     []string `xml:"privateIpAddressesSet>item>privateIpAddress"`
	Public      []string `xml:"privateIpAddressesSet>item>association>publicIp"`
	PublicIP    string   `xml:"association>publicIp"`
	V6          []string `xml:"ipv6AddressesSet>item>ipv6Address"`
	Instance    string   `xml:"attachment>instanceId"`
	Groups      []struct {
		ID string `xml:"groupId"`
	} `xml:"groupSet>item"`
	Tags tags `xml:"tagSet>item"`
}

// addresses are all that the interface has.
func (n netInterface) addresses() []string {
	return slices.Concat(n.private(), n.public(), n.V6)
}

func (n netInterface) private() []string { return unique(append(n.Private, n.PrivateIP)...) }
func (n netInterface) public() []string  { return unique(append(n.Public, n.PublicIP)...) }

func (n netInterface) has(ip netip.Addr) bool {
	return slices.ContainsFunc(n.addresses(), func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && a == ip
	})
}

func (n netInterface) groups() (ids []string) {
	for _, g := range n.Groups {
		ids = append(ids, g.ID)
	}
	return ids
}

// unique are the texts that are not empty, each once, in order.
func unique(list ...string) []string {
	list = present(list...)
	slices.Sort(list)
	return slices.Compact(list)
}

// maxPages bounds the pages of one answer. With a filter, pages may be empty and still not be the last.
const maxPages = 4

// interfaces finds those that have an address, by the filters of DescribeNetworkInterfaces. What does not have it is left
// out, whatever the answer says.
func (l *look) interfaces(ctx context.Context, filter string, ip netip.Addr) (out []netInterface, err error) {
	token := ""
	for range maxPages {
		params := []string{"Filter.1.Name", filter, "Filter.1.Value.1", ip.String(), "MaxResults", "100"}
		if token != "" {
			params = append(params, "NextToken", token)
		}
		var answer struct {
			Interfaces []netInterface `xml:"networkInterfaceSet>item"`
			Next       string         `xml:"nextToken"`
		}
		if _, err := l.also(ctx, awsapi.EC2("DescribeNetworkInterfaces", params...), &answer); err != nil {
			return nil, err
		}
		for _, n := range answer.Interfaces {
			known := slices.ContainsFunc(out, func(o netInterface) bool { return o.ID == n.ID })
			if !known && n.has(ip) && len(out) < maxInterfaces {
				out = append(out, n)
			}
		}
		if token = answer.Next; token == "" {
			break
		}
	}
	if token != "" {
		l.notSeen = append(l.notSeen, "ec2:DescribeNetworkInterfaces: too many pages")
	}
	slices.SortFunc(out, func(a, b netInterface) int { return strings.Compare(a.VPC+a.ID, b.VPC+b.ID) })
	return out, nil
}

const maxInterfaces = 50

// The descriptions that services of AWS give to interfaces which they make (Amazon VPC User Guide, "Requester-managed
// network interfaces"; Elastic Load Balancing, AWS Lambda, Amazon RDS, Amazon EFS, Amazon EKS and AWS Transit Gateway
// user guides). Anybody who may make an interface can write the same, so they count
// only where no instance of one's own has it.
var madeBy = []struct {
	pattern pattern
	what    string
}{
	{lazy(`^Interface for NAT Gateway (nat-[0-9a-f]+)$`), natGateway},
	{lazy(`^ELB ((?:app|net|gwy)/[\w-]+/[0-9a-z]+)$`), loadBalancer},
	{lazy(`^ELB ([\w-]+)$`), "Classic Load Balancer"},
	{lazy(`^AWS Lambda VPC ENI-([\w-]+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`), lambdaFunction},
	{lazy(`^(RDSNetworkInterface)$`), "RDS database"},
	{lazy(`^EFS mount target for (fs-[0-9a-f]+)`), "EFS mount target"},
	{lazy(`^VPC Endpoint Interface (vpce-[0-9a-f]+)$`), "VPC endpoint"},
	{lazy(`^Network Interface for Transit Gateway Attachment (tgw-attach-[0-9a-f]+)$`), "transit gateway attachment"},
	{lazy(`^Amazon EKS ([\w-]+)$`), "control plane of EKS cluster"},
	{lazy(`^arn:aws[\w-]*:ecs:[\w-]+:\d{12}:attachment/([0-9a-f-]+)$`), "ECS task, attachment"},
	{lazy(`^ElastiCache (?:Serverless )?([\w.-]+)$`), "ElastiCache"},
	{lazy(`^(RedshiftNetworkInterface)$`), "Redshift cluster"},
}

// The kinds of things behind an interface that are followed further.
const (
	natGateway     = "NAT gateway"
	loadBalancer   = "load balancer"
	lambdaFunction = "Lambda function"
	ec2Instance    = "EC2 instance"
)

// behind is what an interface is of: its kind and name. Where nothing is known, it is the interface itself.
func (n netInterface) behind() (what, name string) {
	if n.Instance != "" {
		return ec2Instance, n.Instance
	}
	for _, m := range madeBy {
		if found := m.pattern.FindStringSubmatch(n.Description); found != nil {
			return m.what, found[1]
		}
	}
	switch strings.ToLower(n.Type) {
	case "", "interface", "efa", "efa-only", "trunk", "branch", "secondary":
		return "network interface", n.ID
	case "natgateway", "nat_gateway":
		return natGateway, n.ID
	}
	return strings.ReplaceAll(text(n.Type), "_", " ") + " interface", n.ID
}
