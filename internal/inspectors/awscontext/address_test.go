package awscontext

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// eni is an interface as in the Amazon EC2 API Reference, DescribeNetworkInterfaces.
type eni struct{ id, kind, description, vpc, private, public, v6, instance, further string }

func (e eni) xml() string {
	association := func(ip string) string {
		if ip == "" {
			return ""
		}
		return "<association><publicIp>" + ip + "</publicIp><ipOwnerId>amazon</ipOwnerId></association>"
	}
	attachment := ""
	if e.instance != "" {
		attachment = "<attachment><instanceId>" + e.instance + "</instanceId></attachment>"
	}
	return `<item><networkInterfaceId>` + e.id + `</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>` + e.vpc + `</vpcId><description>` + e.description +
		`</description><ownerId>111111111111</ownerId><requesterManaged>true</requesterManaged><status>in-use</status><macAddress>02:00:00:00:00:01</macAddress>
		<privateIpAddress>` + e.private + `</privateIpAddress><groupSet><item><groupId>sg-1</groupId></item></groupSet>` + attachment + association(e.public) +
		`<tagSet/><privateIpAddressesSet><item><privateIpAddress>` + e.private + `</privateIpAddress><primary>true</primary>` + association(e.public) + `</item>` +
		e.further + `</privateIpAddressesSet><ipv6AddressesSet><item><ipv6Address>` + e.v6 + `</ipv6Address></item></ipv6AddressesSet><interfaceType>` + e.kind + `</interfaceType></item>`
}

// network answers for interfaces as EC2 does: with the filter it is given, an empty page first, and the same twice.
func (f *fakeAWS) network(account string, list ...eni) {
	was := f.answers["ec2:DescribeNetworkInterfaces"]
	f.on("ec2:DescribeNetworkInterfaces", func(q request) reply {
		if q.account != account && was != nil {
			return was(q)
		}
		if q.account != account {
			return reply{body: "<r/>"}
		}
		id, filter, value := q.params.Get("NetworkInterfaceId.1"), q.params.Get("Filter.1.Name"), q.params.Get("Filter.1.Value.1")
		if id == "" && q.params.Get("NextToken") == "" {
			return reply{body: "<r><networkInterfaceSet/><nextToken>more/+=</nextToken></r>"}
		}
		var items strings.Builder
		for _, e := range list {
			has := map[string]string{"association.public-ip": e.public, "addresses.private-ip-address": e.private, "ipv6-addresses.ipv6-address": e.v6}
			if e.id == id || filter != "" && has[filter] == value {
				items.WriteString(e.xml() + e.xml())
			}
		}
		return reply{body: "<r><networkInterfaceSet>" + items.String() + "</networkInterfaceSet></r>"}
	})
}

// withNetwork is an account with the web instance, a NAT gateway, load balancers, and more.
func withNetwork(t *testing.T) *fakeAWS {
	f := withWeb(t)
	f.network(ownAccount,
		eni{id: "eni-1", kind: "interface", description: "primary", vpc: "vpc-1", private: "10.0.0.5", public: "198.51.100.7", v6: "2600:1f18::5", instance: webID,
			further: "<item><privateIpAddress>10.0.0.6</privateIpAddress></item>"},
		eni{id: "eni-2", kind: "natGateway", description: "Interface for NAT Gateway nat-0123456789abcdef0", vpc: "vpc-1", private: "10.0.0.8", public: "198.51.100.8"},
		eni{id: "eni-3", kind: "interface", description: "ELB app/web/50dc6c495c0c9188", vpc: "vpc-1", private: "10.0.0.9", public: "198.51.100.9"},
		eni{id: "eni-4", kind: "lambda", description: "AWS Lambda VPC ENI-my-func-a1b2c3d4-0000-1111-2222-333344445555", vpc: "vpc-1", private: "10.0.0.10"},
		eni{id: "eni-5", kind: "interface", description: "RDSNetworkInterface", vpc: "vpc-1", private: "10.0.0.11", v6: "fd00::11"},
		eni{id: "eni-6", kind: "interface", description: "x", vpc: "vpc-1", private: "10.0.0.50", instance: "i-00000000000000001"},
		eni{id: "eni-7", kind: "interface", description: "y", vpc: "vpc-2", private: "10.0.0.50"},
		eni{id: "eni-8", kind: "vpc_endpoint", description: "z", vpc: "vpc-3", private: "10.0.0.50"},
		eni{id: "eni-9", kind: "interface", description: "routed so within", vpc: "vpc-4", private: "203.0.113.77"},
	)
	f.on("ec2:DescribeAddresses", func(q request) reply {
		assert.Equal(t, "public-ip", q.params.Get("Filter.1.Name"))
		known := map[string]string{
			"198.51.100.20": `<r><addressesSet><item><publicIp>198.51.100.20</publicIp><allocationId>eipalloc-1</allocationId><domain>vpc</domain>
				<tagSet><item><key>Name</key><value>spare</value></item><item><key>Team</key><value>net</value></item></tagSet></item></addressesSet></r>`,
			"198.51.100.21": `<r><addressesSet><item><publicIp>198.51.100.21</publicIp><allocationId>eipalloc-2</allocationId><networkInterfaceId>eni-1</networkInterfaceId>
				<instanceId>` + webID + `</instanceId><privateIpAddress>10.0.0.6</privateIpAddress></item></addressesSet></r>`,
		}
		return reply{body: cmp.Or(known[q.params.Get("Filter.1.Value.1")], "<r/>")}
	})
	f.says("ec2:DescribeNatGateways", `<r><natGatewaySet><item><natGatewayId>nat-0123456789abcdef0</natGatewayId><vpcId>vpc-1</vpcId><state>available</state><connectivityType>public</connectivityType>
		<createTime>2025-02-03T00:00:00Z</createTime><tagSet><item><key>Name</key><value>out</value></item><item><key>Owner</key><value>net</value></item></tagSet></item></natGatewaySet></r>`)
	f.on("elasticloadbalancing:DescribeLoadBalancers", func(q request) reply {
		if q.params.Get("LoadBalancerArns.member.1") != "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/web/50dc6c495c0c9188" {
			return refused(q.action, 400, "LoadBalancerNotFound")
		}
		return reply{body: `<r><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerName>web</LoadBalancerName><DNSName>web-1.elb.example</DNSName>
			<Scheme>internet-facing</Scheme><Type>application</Type><State><Code>active</Code></State><CreatedTime>2025-03-04T00:00:00Z</CreatedTime></member></LoadBalancers></DescribeLoadBalancersResult></r>`}
	})
	f.says("elasticloadbalancing:DescribeTags", `<r><DescribeTagsResult><TagDescriptions><member><Tags><member><Key>team</Key><Value>shop</Value></member></Tags></member></TagDescriptions></DescribeTagsResult></r>`)
	return f
}

// told is what the ownership signal says first.
func told(p responder.Page) string {
	for _, s := range p.Signals {
		if s.Kind == ownership {
			return s.Summary
		}
	}
	return ""
}

func TestAddresses(t *testing.T) {
	f := withNetwork(t)
	i := f.inspector()
	calls := func(address string) (responder.Page, int) {
		f.ask(i, "instance", webID, "", "") // what is asked for once is known
		f.calls = nil
		page := f.ask(i, "ipaddr", address, "", "")
		require.NotEqual(t, responder.Failed, page.Outcome, "%s: %s", address, page.Error)
		return page, len(f.calls)
	}
	for _, c := range []struct {
		address, title, told string
		calls                int
	}{
		{"10.0.0.5", "EC2 instance " + webID + " (web-1)", "10.0.0.5 is one's own: EC2 instance " + webID + " (web-1) of account 111111111111 (prod) in eu-west-1: running, t3.micro, launched 2026-01-02, " +
			"made by Auto Scaling group web-asg, owner platform, web@example.com, public address 198.51.100.7, VPC vpc-1, subnet subnet-1, interface eni-1, described as primary", 3},
		{"198.51.100.7", "EC2 instance " + webID + " (web-1)", "198.51.100.7 is one's own: EC2 instance", 3},
		{"2600:1f18:0::5", "EC2 instance " + webID + " (web-1)", "2600:1f18::5 is one's own: EC2 instance", 3},
		{"::ffff:10.0.0.5", "EC2 instance " + webID + " (web-1)", "10.0.0.5 is one's own", 3},
		{"198.51.100.21", "EC2 instance " + webID + " (web-1)", "198.51.100.21 is one's own: EC2 instance", 5},
		{"198.51.100.8", "NAT gateway nat-0123456789abcdef0 (out)", "198.51.100.8 is one's own: NAT gateway nat-0123456789abcdef0 (out) of account 111111111111 (prod) in eu-west-1: available, public, made 2025-02-03, of vpc-1, " +
			"owner net, public address 198.51.100.8, VPC vpc-1, subnet subnet-1, interface eni-2, described as Interface for NAT Gateway nat-0123456789abcdef0. " +
			"What comes from there comes from hosts of its VPC, or of networks that are routed through it", 3},
		{"198.51.100.9", "load balancer app/web/50dc6c495c0c9188 (web)", "198.51.100.9 is one's own: load balancer app/web/50dc6c495c0c9188 (web) of account 111111111111 (prod) in eu-west-1: " +
			"active, internet-facing, application, made 2025-03-04, web-1.elb.example, owner shop", 5},
		{"10.0.0.10", "Lambda function my-func", "10.0.0.10 is one's own: Lambda function my-func of account", 3},
		{"10.0.0.11", "RDS database RDSNetworkInterface", "10.0.0.11 is one's own: RDS database", 3},
		{"fd00::11", "RDS database RDSNetworkInterface", "fd00::11 is one's own: RDS database", 3},
		{"198.51.100.20", "Elastic IP address eipalloc-1 (spare)", "198.51.100.20 is one's own: Elastic IP address eipalloc-1 (spare) of account 111111111111 (prod) in eu-west-1: attached to nothing now, owner net", 3},
		{"203.0.113.77", "", "", 3}, // remote, and nobody's
		{"10.9.9.9", "", "", 2},
		{"2600:1f18::99", "", "", 2},
		{"127.0.0.1", "", "", 0}, {"169.254.169.254", "", "", 0}, {"fe80::1", "", "", 0}, {"fe80::1%eth0", "", "", 0}, {"224.0.0.1", "", "", 0},
		{"0.0.0.0", "", "", 0}, {"255.255.255.255", "", "", 0}, {"10.0.0.0/8", "", "", 0}, {"nonsense", "", "", 0}, {"::", "", "", 0},
	} {
		page, n := calls(c.address)
		assert.Equal(t, c.title, page.Title, c.address)
		assert.True(t, strings.HasPrefix(told(page), c.told), "%s: %s", c.address, told(page))
		assert.Equal(t, c.calls, n, "%s: %v", c.address, f.calls)
		if c.title == "" {
			assert.Zero(t, page, c.address)
		}
		for _, s := range page.Signals {
			assert.True(t, s.Kind == exposure || s.Verdict == responder.UnknownSignal, "what a thing is is no evidence")
		}
	}
}

// What is behind an address is looked into next, by its own name.
func TestAddressesLeadFurther(t *testing.T) {
	f := withNetwork(t)
	i := f.inspector()
	assert.Equal(t, []responder.Attribute{{Type: "instance", Value: webID, Key: "instance behind the address", Context: []string{"local"}}},
		f.ask(i, "ipaddr", "10.0.0.5", "", "").NewAttributes)
	assert.Equal(t, []responder.Attribute{{Type: "arn", Value: "arn:aws:lambda:eu-west-1:111111111111:function:my-func", Key: "function behind the address", Context: []string{"local"}}},
		f.ask(i, "ipaddr", "10.0.0.10", "", "").NewAttributes)
	assert.Empty(t, f.ask(i, "ipaddr", "198.51.100.8", "", "").NewAttributes)
	assert.Len(t, f.ask(i, "ipaddr", "10.0.0.5", "", "").Signals, 1, "the groups of an instance are told on its own page")
	assert.Equal(t, responder.Suspicious, f.ask(i, "ipaddr", "198.51.100.9", "", "").Signals[1].Verdict)
	assert.Equal(t, responder.UnknownSignal, f.ask(i, "ipaddr", "10.0.0.11", "", "").Signals[1].Verdict, "nobody can reach it")
}

func TestAnAddressInSeveralVPCs(t *testing.T) {
	f := withNetwork(t)
	i := f.inspector()
	page := f.ask(i, "ipaddr", "10.0.0.50", "", "")
	assert.Equal(t, "10.0.0.50 in several VPCs", page.Title)
	assert.Equal(t, "10.0.0.50 is in several VPCs of account 111111111111 (prod) in eu-west-1, and which is meant is not known: "+
		"EC2 instance i-00000000000000001 in vpc-1; network interface eni-7 in vpc-2; vpc endpoint interface eni-8 in vpc-3", told(page))
	assert.Len(t, page.AlliedHosts, 3)
	for named, want := range map[string]string{"i-00000000000000001": "EC2 instance i-00000000000000001", "vpc-2": "network interface eni-7",
		"arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-3": "vpc endpoint interface eni-8", "eni-7": "network interface eni-7", "subnet-1": "10.0.0.50 in several VPCs"} {
		page, err := i.Inspect(t.Context(), responder.Task{Attribute: responder.Attribute{Type: "ipaddr", Value: "10.0.0.50"},
			Alert: responder.Alert{Attrs: []responder.Attribute{{Type: "instance", Value: "i-99999999999999999"}, {Type: "x", Value: named}}}})
		require.NoError(t, err)
		assert.Equal(t, want, page.Title, named)
	}
	var many []eni
	for n := range 60 {
		many = append(many, eni{id: "eni-" + string(rune('a'+n)), vpc: "vpc-" + string(rune('a'+n)), private: "10.0.0.60"})
	}
	f.network(ownAccount, many...)
	page = f.ask(i, "ipaddr", "10.0.0.60", "", "")
	assert.Len(t, page.AlliedHosts, maxList)
	assert.Contains(t, told(page), "; and more")
}

// An address that the alert calls one's own may be one of the internet's that a VPC uses.
func TestALocalAddressOfTheInternet(t *testing.T) {
	f := withNetwork(t)
	page, err := f.inspector().Inspect(t.Context(), responder.Task{Attribute: responder.Attribute{Type: "ipaddr", Value: "203.0.113.77", Context: []string{"local"}}})
	require.NoError(t, err)
	assert.Equal(t, "network interface eni-9", page.Title)
}

func TestAnAddressOfTheInternetIsLookedForInAllAccounts(t *testing.T) {
	f := withNetwork(t)
	f.assumable()
	f.network(otherAccount, eni{id: "eni-1", kind: "natGateway", description: "Interface for NAT Gateway nat-1", vpc: "vpc-1", private: "10.0.0.5", public: "203.0.113.5"})
	i := f.inspector(otherRole)
	page := f.ask(i, "ipaddr", "203.0.113.5", "", "")
	assert.Equal(t, "NAT gateway nat-1 (out)", page.Title)
	assert.Contains(t, told(page), "of account 222222222222")
	assert.Contains(t, told(f.ask(i, "ipaddr", "198.51.100.8", otherAccount, "")), "of account 111111111111")
	assert.Equal(t, "EC2 instance "+webID+" (web-1)", f.ask(i, "ipaddr", "10.0.0.5", ownAccount, "").Title, "one that many have is the alert's")
	assert.Equal(t, "NAT gateway nat-1 (out)", f.ask(i, "ipaddr", "10.0.0.5", otherAccount, "").Title)

	const strange = "333333333333"
	assert.Contains(t, told(f.ask(i, "ipaddr", "198.51.100.8", strange, "")), "of account 111111111111")
	assert.Equal(t, responder.Page{Outcome: responder.Skipped, Title: "account 333333333333: no role to look into it; nothing in the accounts that there is one for"},
		f.ask(i, "ipaddr", "203.0.113.99", strange, ""))
	assert.Equal(t, responder.Page{Outcome: responder.Skipped, Title: "account 333333333333: no role to look into it"}, f.ask(i, "ipaddr", "10.0.0.5", strange, ""))

	f.refuses("sts:AssumeRole", 403, "AccessDenied")
	i = f.inspector(otherRole)
	page = f.ask(i, "ipaddr", "203.0.113.99", "", "")
	assert.Equal(t, responder.Failed, page.Outcome, "not being let in is not nothing")
	assert.Equal(t, "sts:AssumeRole of "+otherRole+" is not allowed in account 222222222222", page.Error)
	assert.Empty(t, f.ask(i, "ipaddr", "198.51.100.8", "", "").Error, "found before")
}

func TestAccountsAreBounded(t *testing.T) {
	f := newFake(t)
	f.says("ec2:DescribeNetworkInterfaces", "<r/>")
	f.says("ec2:DescribeAddresses", "<r/>")
	f.on("sts:AssumeRole", func(q request) reply {
		return reply{body: `<r><AssumeRoleResult><Credentials><AccessKeyId>` + strings.Split(q.params.Get("RoleArn"), ":")[4] + `</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
			<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></r>`}
	})
	var roles []string
	for n := range 20 {
		roles = append(roles, "arn:aws:iam::2222222222"+string(rune('0'+n/10))+string(rune('0'+n%10))+":role/look")
	}
	assert.Zero(t, f.ask(f.inspector(roles...), "ipaddr", "203.0.113.99", "", ""))
	count := func(action string) (n int) {
		for _, c := range f.calls {
			if c == action {
				n++
			}
		}
		return n
	}
	assert.Equal(t, maxAccounts, count("ec2:DescribeNetworkInterfaces"))
	assert.Equal(t, maxAccounts, count("ec2:DescribeAddresses"))
	assert.Equal(t, maxAccounts-1, count("sts:AssumeRole"))
	assert.LessOrEqual(t, 2*maxAccounts, maxCalls)
}

func TestEndlessPages(t *testing.T) {
	f := newFake(t)
	f.says("ec2:DescribeNetworkInterfaces", "<r><networkInterfaceSet/><nextToken>again</nextToken></r>")
	page := f.ask(f.inspector(), "ipaddr", "10.0.0.5", "", "")
	assert.Equal(t, responder.Failed, page.Outcome, "there may be more that was not seen")
	assert.Len(t, f.calls, 1+maxPages)
}

func TestResourcesByTheirARNs(t *testing.T) {
	f := withNetwork(t)
	i := f.inspector()
	for id, want := range map[string]string{
		"arn:aws:ec2:eu-west-1:111111111111:network-interface/eni-2":                                 "NAT gateway nat-0123456789abcdef0 (out)",
		"arn:aws:ec2:eu-west-1:111111111111:natgateway/nat-0123456789abcdef0":                        "NAT gateway nat-0123456789abcdef0 (out)",
		"arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/web/50dc6c495c0c9188":  "load balancer app/web/50dc6c495c0c9188 (web)",
		"arn:aws:dynamodb:eu-west-1:111111111111:table/orders":                                       "dynamodb table/orders",
		"arn:aws:sqs:eu-west-1:111111111111:queue":                                                   "sqs queue",
		"arn:aws:ec2:eu-west-1:111111111111:network-interface/eni-99":                                "",
		"arn:aws:ec2:eu-west-1:111111111111:natgateway/x":                                            "",
		"arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/gone/50dc6c495c0c9188": "",
		"arn:aws:iam::aws:policy/AdministratorAccess":                                                "",
		"arn:aws:sqs:eu-west-1::queue":                                                               "",
		"not an ARN":                                                                                 "",
	} {
		page := f.ask(i, "arn", id, otherAccount, "us-east-1")
		if strings.Contains(id, "::queue") {
			assert.Equal(t, responder.Skipped, page.Outcome, "the alert's account, without a role")
			continue
		}
		assert.Equal(t, want, page.Title, id)
		assert.Equal(t, want == "", page.Outcome == "" && !page.HasContent(), id)
	}
	assert.Equal(t, "dynamodb table/orders of account 111111111111 (prod): in eu-west-1; one's own", told(f.ask(i, "arn", "arn:aws:dynamodb:eu-west-1:111111111111:table/orders", "", "")))
	assert.Equal(t, responder.Skipped, f.ask(i, "arn", "arn:aws:dynamodb:eu-west-1:222222222222:table/orders", ownAccount, "").Outcome)
	assert.Equal(t, responder.Skipped, f.ask(i, "arn", "arn:aws-cn:iam::111111111111:user/alice", "", "").Outcome)
}

// What stands in a description is made by whoever may make interfaces: it leads nowhere that its owner could not name.
func TestDescriptionsProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := netInterface{ID: "eni-1", Description: rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"ELB app/../../x/00", "ELB app/x/0\n", "Interface for NAT Gateway nat-1&x=y",
			"AWS Lambda VPC ENI-a:b-a1b2c3d4-0000-1111-2222-333344445555", "ELB *", "Amazon EKS a b"})).Draw(r, "description"), Type: rapid.String().Draw(r, "type")}
		what, name := n.behind()
		assert.NotEmpty(t, what)
		assert.NotEmpty(t, name)
		assert.False(t, strings.ContainsAny(name, "*:&? \n"), name)
	})
	kinds := map[string]string{"interface": "network interface", "natGateway": natGateway, "nat_gateway": natGateway, "global_accelerator_managed": "global accelerator managed interface"}
	for kind, want := range kinds {
		what, name := netInterface{ID: "eni-1", Type: kind}.behind()
		assert.Equal(t, []string{want, "eni-1"}, []string{what, name})
	}
}

// A service that does not know a filter gives everything, as some that speak EC2's language do: nothing is told that is
// about another address.
func TestAnswersAboutOtherAddresses(t *testing.T) {
	f := withNetwork(t)
	f.says("ec2:DescribeNetworkInterfaces", "<r><networkInterfaceSet>"+eni{id: "eni-1", vpc: "vpc-1", private: "10.0.0.5", public: "198.51.100.7"}.xml()+"</networkInterfaceSet></r>")
	f.says("ec2:DescribeAddresses", `<r><addressesSet><item><publicIp>198.51.100.20</publicIp><allocationId>eipalloc-1</allocationId></item></addressesSet></r>`)
	i := f.inspector()
	assert.Zero(t, f.ask(i, "ipaddr", "10.0.0.6", "", ""))
	assert.Zero(t, f.ask(i, "ipaddr", "198.51.100.21", "", ""))
	assert.Equal(t, "Elastic IP address eipalloc-1", f.ask(i, "ipaddr", "198.51.100.20", "", "").Title)
}
