package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// tagKey is on all that quarantine makes or changes: the id of the action, or what a security group is for.
const tagKey = "alertresponder:quarantine"

// made is a security group of which each VPC has one, made when it is first needed.
type made struct{ name, tag, description string }

var (
	isolating = made{"alertresponder-quarantine", "isolation", "Lets nothing in or out. Instances that AlertResponder isolated have it."}
	cutting   = made{"alertresponder-quarantine-cut", "cut", "Lets everything in and out. For a moment only, to end open connections."}
)

// group is a security group (Amazon EC2 API Reference, SecurityGroup).
type group struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
	In   []rule `xml:"ipPermissions>item"`
	Out  []rule `xml:"ipPermissionsEgress>item"`
}

type rule struct {
	Protocol string   `xml:"ipProtocol"`
	V4       []string `xml:"ipRanges>item>cidrIp"`
	V6       []string `xml:"ipv6Ranges>item>cidrIpv6"`
}

// everywhere are the networks of all addresses, with the parameter that they are given by.
var everywhere = []struct{ cidr, param string }{{"0.0.0.0/0", "IpRanges.1.CidrIp"}, {"::/0", "Ipv6Ranges.1.CidrIpv6"}}

// allows says whether some rule is for the network, and whether one of them allows everything.
func allows(rules []rule, cidr string) (some, everything bool) {
	for _, r := range rules {
		if slices.Contains(r.V4, cidr) || slices.Contains(r.V6, cidr) {
			some, everything = true, everything || r.Protocol == "-1"
		}
	}
	return some, everything
}

// permission is a call that adds or takes away a rule by which everything is allowed.
func permission(action, id, param, cidr string) awsapi.Call {
	return awsapi.EC2(action, "GroupId", id, "IpPermissions.1.IpProtocol", "-1", "IpPermissions.1."+param, cidr)
}

// isolatingGroup is the group of a VPC that lets nothing in or out. Somebody may have added rules, for whoever examines the
// instances; to or from everywhere there is none.
func (s *session) isolatingGroup(ctx context.Context, vpc string) (string, error) {
	g, err := s.group(ctx, vpc, isolating)
	if err != nil {
		return "", err
	}
	for _, w := range everywhere {
		in, _ := allows(g.In, w.cidr)
		out, everything := allows(g.Out, w.cidr)
		if in || out && !everything {
			return "", refused("security group %s (%s) has a rule for %s, which somebody added: it isolates nothing", g.ID, isolating.name, w.cidr)
		}
		if !everything {
			continue
		}
		// A new group lets everything out (Amazon VPC User Guide, "Security groups", default rules).
		err := s.settled(ctx, func() error { return s.call(ctx, permission("RevokeSecurityGroupEgress", g.ID, w.param, w.cidr), nil) })
		if err != nil && !awsapi.Is(err, "InvalidPermission.NotFound") {
			return "", err
		}
	}
	return g.ID, nil
}

// cuttingGroup is the group of a VPC that lets everything in and out.
func (s *session) cuttingGroup(ctx context.Context, vpc string) (string, error) {
	g, err := s.group(ctx, vpc, cutting)
	if err != nil {
		return "", err
	}
	for _, w := range everywhere {
		for _, c := range []struct {
			action string
			rules  []rule
		}{{"AuthorizeSecurityGroupIngress", g.In}, {"AuthorizeSecurityGroupEgress", g.Out}} {
			if _, everything := allows(c.rules, w.cidr); everything {
				continue
			}
			err := s.settled(ctx, func() error { return s.call(ctx, permission(c.action, g.ID, w.param, w.cidr), nil) })
			if err != nil && !awsapi.Is(err, "InvalidPermission.Duplicate") {
				return "", err
			}
		}
	}
	return g.ID, nil
}

// group finds a group by its name, which is one of a kind in a VPC, or makes it.
func (s *session) group(ctx context.Context, vpc string, m made) (group, error) {
	g, err := s.find(ctx, vpc, m)
	if !errors.Is(err, errNoGroup) {
		return g, err
	}
	var answer struct {
		ID string `xml:"groupId"`
	}
	err = s.call(ctx, awsapi.EC2("CreateSecurityGroup", "GroupName", m.name, "GroupDescription", m.description, "VpcId", vpc,
		"TagSpecification.1.ResourceType", "security-group", "TagSpecification.1.Tag.1.Key", tagKey, "TagSpecification.1.Tag.1.Value", m.tag), &answer)
	if awsapi.Is(err, "InvalidGroup.Duplicate") { // another function was faster
		return s.find(ctx, vpc, m)
	}
	if err != nil {
		return group{}, err
	}
	if answer.ID == "" {
		return group{}, fmt.Errorf("ec2:CreateSecurityGroup: no id in the answer")
	}
	s.fresh = true
	// It may not be seen for a while yet; its rules are those of every new group.
	return group{ID: answer.ID, Name: m.name, Out: []rule{{Protocol: "-1", V4: []string{"0.0.0.0/0"}, V6: []string{"::/0"}}}}, nil
}

// settled makes a call again for a while where a security group that was just made, or its tag, is not seen yet (Amazon EC2
// API Reference, "Eventual consistency").
func (s *session) settled(ctx context.Context, call func() error) error {
	for try := 0; ; try++ {
		err := call()
		unseen := awsapi.Is(err, "InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound") || errors.Is(err, ErrDenied)
		if !s.fresh || !unseen || try == tries-1 {
			return err
		}
		if err := pause(ctx, time.Duration(50<<try)*time.Millisecond); err != nil {
			return err
		}
	}
}

var errNoGroup = errors.New("the security group is not there, or not seen yet")

func (s *session) find(ctx context.Context, vpc string, m made) (group, error) {
	var answer struct {
		Groups []group `xml:"securityGroupInfo>item"`
	}
	err := s.call(ctx, awsapi.EC2("DescribeSecurityGroups", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpc,
		"Filter.2.Name", "group-name", "Filter.2.Value.1", m.name), &answer)
	if err != nil {
		return group{}, err
	}
	for _, g := range answer.Groups {
		if g.Name == m.name && strings.HasPrefix(g.ID, "sg-") {
			return g, nil
		}
	}
	return group{}, errNoGroup
}
