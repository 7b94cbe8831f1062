package awscontext

import (
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestOpenings(t *testing.T) {
	world := `<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>`
	port := func(protocol, from, to, to2 string) string {
		return "<ipProtocol>" + protocol + "</ipProtocol><fromPort>" + from + "</fromPort><toPort>" + to + "</toPort>" + to2
	}
	for rule, want := range map[string]string{
		port("tcp", "22", "22", world):        "suspicious: tcp/22 to the whole internet",
		port("6", "3389", "3389", world):      "suspicious: tcp/3389 to the whole internet",
		port("tcp", "443", "443", world):      "unknown: tcp/443 to the whole internet",
		port("tcp", "0", "65535", world):      "suspicious: tcp/all ports to the whole internet",
		port("tcp", "20", "25", world):        "suspicious: tcp/20-25 to the whole internet",
		port("tcp", "8000", "8010", world):    "unknown: tcp/8000-8010 to the whole internet",
		port("udp", "53", "53", world):        "unknown: udp/53 to the whole internet",
		port("udp", "22", "22", world):        "unknown: udp/22 to the whole internet",
		port("icmp", "-1", "-1", world):       "unknown: icmp to the whole internet",
		port("58", "-1", "-1", world):         "unknown: icmpv6 to the whole internet",
		"<ipProtocol>-1</ipProtocol>" + world: "suspicious: everything to the whole internet",
		"<ipProtocol>47</ipProtocol>" + world: "unknown: 47 to the whole internet",
		port("tcp", "22", "22", `<ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges>`):                                         "suspicious: tcp/22 to the whole internet (IPv6)",
		port("tcp", "22", "22", `<ipRanges><item><cidrIp>128.0.0.0/1</cidrIp></item></ipRanges>`):                                          "unknown: tcp/22 to 128.0.0.0/1",
		port("tcp", "22", "22", `<ipv6Ranges><item><cidrIpv6>2000::/3</cidrIpv6></item></ipv6Ranges>`):                                     "unknown: tcp/22 to 2000::/3",
		port("tcp", "22", "22", `<prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds>`):                           "unknown: tcp/22 to prefix list pl-1",
		port("tcp", "22", "22", `<ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item><item><cidrIp>192.0.2.0/24</cidrIp></item></ipRanges>`): "",
		port("tcp", "22", "22", `<groups><item><groupId>sg-9</groupId></item></groups>`):                                                   "",
		port("tcp", "22", "22", `<ipRanges><item><cidrIp>all of it</cidrIp></item></ipRanges>`):                                            "",
	} {
		f := newFake(t)
		f.says("ec2:DescribeSecurityGroups", "<r><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item>"+rule+"</item></ipPermissions></item></securityGroupInfo></r>")
		l := f.begin()
		list, err := l.openings(t.Context(), []string{"sg-1", "sg-1"})
		require.NoError(t, err)
		s, ok := l.exposed("It", list, true, "")
		assert.Equal(t, want != "", ok, rule)
		if ok {
			assert.Equal(t, want, string(s.Verdict)+": "+s.Summary[len("It is open: "):len(s.Summary)-len(" by sg-1")], rule)
		}
	}
}

func TestGroupsAreAskedForOnceAndBounded(t *testing.T) {
	f := newFake(t)
	l := f.begin()
	f.on("ec2:DescribeSecurityGroups", func(q request) reply {
		assert.Equal(t, []string{"sg-1", "sg-2", ""}, []string{q.params.Get("GroupId.1"), q.params.Get("GroupId.2"), q.params.Get("GroupId.3")})
		return reply{body: "<r/>"}
	})
	_, err := l.openings(t.Context(), []string{"sg-2", "sg-1", "sg-2"})
	assert.NoError(t, err)
	f.on("ec2:DescribeSecurityGroups", func(q request) reply {
		assert.Len(t, q.params, maxGroups+2)
		return reply{body: "<r/>"}
	})
	var many []string
	for i := range 100 {
		many = append(many, "sg-"+string(rune('a'+i)))
	}
	_, err = l.openings(t.Context(), many)
	assert.NoError(t, err)
	before := len(f.calls)
	list, err := l.openings(t.Context(), nil)
	assert.NoError(t, err)
	assert.Empty(t, list)
	assert.Len(t, f.calls, before)
}

// Whatever the groups are: it is evidence only where the whole internet gets through a risky door to a public address, and
// the page stays small.
func TestExposureProperties(t *testing.T) {
	l := &look{account: &account{id: ownAccount, partition: "aws"}, region: "eu-west-1"}
	rapid.Check(t, func(r *rapid.T) {
		var list []opening
		for range rapid.IntRange(0, 40).Draw(r, "groups") {
			rule := rule{Protocol: rapid.SampledFrom([]string{"tcp", "udp", "6", "-1", "icmp", "odd\x1b"}).Draw(r, "protocol"),
				From: rapid.IntRange(-2, 70000).Draw(r, "from"), To: rapid.IntRange(-2, 70000).Draw(r, "to"),
				V4:    rapid.SliceOfN(rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/8", "1.0.0.0/8", "x"}), 0, 5).Draw(r, "v4"),
				Lists: rapid.SliceOfN(rapid.String(), 0, 3).Draw(r, "lists")}
			list = append(list, rule.openings("g")...)
		}
		public := rapid.Bool().Draw(r, "public")
		s, ok := l.exposed("It", list, public, "")
		worst := false
		for _, o := range list {
			worst = worst || o.world && o.risky
		}
		assert.Equal(t, len(list) > 0, ok)
		assert.Equal(t, worst && public, s.Verdict == responder.Suspicious)
		assert.LessOrEqual(t, len([]rune(s.Summary)), maxSummary)
	})
}

func FuzzInstances(f *testing.F) {
	f.Add([]byte(webInstance))
	f.Add([]byte(webGroups))
	f.Fuzz(func(t *testing.T, b []byte) {
		var answer struct {
			Instances []instance      `xml:"reservationSet>item>instancesSet>item"`
			Groups    []securityGroup `xml:"securityGroupInfo>item"`
		}
		if xml.Unmarshal(b, &answer) != nil {
			return
		}
		l := &look{account: &account{id: ownAccount, partition: "aws"}, region: "eu-west-1"}
		for _, in := range answer.Instances {
			facts := facts{instance: in}
			for _, g := range answer.Groups {
				for _, r := range g.Rules {
					facts.openings = append(facts.openings, r.openings(text(g.ID))...)
				}
			}
			for _, s := range l.instancePage(facts).Signals {
				assert.LessOrEqual(t, len([]rune(s.Summary)), maxSummary)
			}
		}
	})
}

// What is worst is told first, since the rest may be cut off.
func TestTheWorstIsFirst(t *testing.T) {
	f := newFake(t)
	f.says("ec2:DescribeSecurityGroups", `<r><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions>
		<item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>
		<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
		<item><ipProtocol>tcp</ipProtocol><fromPort>9200</fromPort><toPort>9200</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
		</ipPermissions></item></securityGroupInfo></r>`)
	list, err := f.begin().openings(t.Context(), []string{"sg-1"})
	require.NoError(t, err)
	require.Len(t, list, 3)
	assert.Equal(t, []string{"tcp/9200", "tcp/443", "tcp/22"}, []string{list[0].ports, list[1].ports, list[2].ports})
}
