package actions

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// instance is what DescribeInstances says of one (Amazon EC2 API Reference, Instance).
type instance struct {
	ID         string      `xml:"instanceId"`
	State      string      `xml:"instanceState>name"`
	Profile    string      `xml:"iamInstanceProfile>arn"`
	Interfaces []netIf     `xml:"networkInterfaceSet>item"`
	Volumes    []string    `xml:"blockDeviceMapping>item>ebs>volumeId"`
	Tags       []lowercase `xml:"tagSet>item"`
}

// netIf is a network interface, also as DescribeNetworkInterfaces says.
type netIf struct {
	ID     string  `xml:"networkInterfaceId"`
	VPC    string  `xml:"vpcId"`
	Groups []group `xml:"groupSet>item"`
}

// lowercase is a tag as EC2 spells it.
type lowercase struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// instanceBefore is what network interfaces had, and the instance's tag.
type instanceBefore struct {
	ID         string        `json:"id"`
	Interfaces []netIfBefore `json:"interfaces"`
	Tag        string        `json:"tag,omitempty"`
}

type netIfBefore struct {
	ID     string   `json:"id"`
	VPC    string   `json:"vpc"`
	Groups []string `json:"groups"`
	// Isolated says that it was isolated already when it was looked at last, by an earlier attempt.
	Isolated bool `json:"isolated,omitempty"`
	// Detached says that it was not the instance's any more then: it is left alone but to put it back.
	Detached bool `json:"detached,omitempty"`
}

var instancePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^i-[0-9a-f]{8,17}$`) })

func (isolation) look(ctx context.Context, s *session, t Target, known before) (l Look, b before, err error) {
	in, err := s.instance(ctx, t.Value)
	if err != nil {
		return l, b, err
	}
	l = Look{ARN: fmt.Sprintf("arn:%s:ec2:%s:%s:instance/%s", awsapi.Partition(s.region), s.region, s.own.id, in.ID), Name: "EC2 instance " + in.ID,
		Tags: map[string]string{}}
	for _, tag := range in.Tags {
		l.Tags[tag.Key] = tag.Value
	}
	if name := l.Tags["Name"]; name != "" {
		l.Name += " (" + name + ")"
	}
	b.Instance = in.before(known.Instance)
	if b.Instance.Interfaces == nil {
		l.Already = known.Instance == nil
	}
	l.Plan, l.Warnings = in.plan(t, b.Instance), in.warnings(t)
	return l, b, nil
}

// instance reads an instance by its id or ARN.
func (s *session) instance(ctx context.Context, value string) (in instance, err error) {
	if strings.HasPrefix(value, "arn:") {
		resource, err := s.arn(value, "ec2")
		if err != nil {
			return in, err
		}
		value = strings.TrimPrefix(resource, "instance/")
	}
	if !instancePattern().MatchString(value) {
		return in, refused("no instance: expected i-…")
	}
	var answer struct {
		Reservations []struct {
			Owner     string     `xml:"ownerId"`
			Instances []instance `xml:"instancesSet>item"`
		} `xml:"reservationSet>item"`
	}
	err = s.call(ctx, awsapi.EC2("DescribeInstances", "InstanceId.1", value), &answer)
	if awsapi.NotFound(err) || err == nil && (len(answer.Reservations) == 0 || len(answer.Reservations[0].Instances) == 0) {
		return in, refused("there is no such instance in account %s and %s", s.own.id, s.region)
	}
	if err != nil {
		return in, err
	}
	in = answer.Reservations[0].Instances[0]
	switch owner := answer.Reservations[0].Owner; {
	case in.ID != value:
		return in, fmt.Errorf("ec2:DescribeInstances: another instance in the answer")
	case owner != s.own.id:
		return in, refused("the instance is of account %.32q", owner)
	case in.State == "terminated" || in.State == "shutting-down":
		return in, refused("the instance is %s", in.State)
	case len(in.Interfaces) == 0:
		return in, refused("the instance has no network interface")
	}
	return in, nil
}

// before is what the interfaces have that are not isolated yet, and what is known of those that are since an earlier attempt.
func (in instance) before(known *instanceBefore) *instanceBefore {
	b := &instanceBefore{ID: in.ID}
	was := map[string]netIfBefore{}
	if known != nil {
		b.Tag = known.Tag
		for _, i := range known.Interfaces {
			was[i.ID] = i
		}
	} else if i := slices.IndexFunc(in.Tags, func(t lowercase) bool { return t.Key == tagKey }); i >= 0 {
		b.Tag = in.Tags[i].Value
	}
	for _, i := range in.Interfaces {
		known, ok := was[i.ID]
		switch {
		case !i.isOurs(), !ok && i.Groups[0].Name == cutting.name: // what was not cut by this action is open, whoever left it so
			b.Interfaces = append(b.Interfaces, netIfBefore{ID: i.ID, VPC: i.VPC, Groups: ids(i.Groups)})
		case ok:
			known.Isolated, known.Detached = i.Groups[0].Name == isolating.name, false
			b.Interfaces = append(b.Interfaces, known)
		}
		delete(was, i.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		gone := was[id]
		gone.Detached = true
		b.Interfaces = append(b.Interfaces, gone)
	}
	return b
}

// isOurs says whether the interface has a group of quarantine and no other.
func (i netIf) isOurs() bool {
	return len(i.Groups) == 1 && (i.Groups[0].Name == isolating.name || i.Groups[0].Name == cutting.name)
}

func ids(groups []group) []string {
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = g.ID
	}
	slices.Sort(list)
	return list
}

func (in instance) plan(t Target, b *instanceBefore) (plan []string) {
	for _, i := range b.Interfaces {
		if i.Isolated || i.Detached {
			continue
		}
		plan = append(plan, fmt.Sprintf("Give network interface %s the security group %s, which lets nothing in or out, in place of %s.", i.ID, isolating.name, strings.Join(i.Groups, ", ")))
	}
	if t.Cut {
		plan = append(plan, "Before that, let everything in and out for a moment, so that open connections end.")
	}
	if t.Snapshot {
		plan = append(plan, fmt.Sprintf("Make snapshots of its volumes (%d).", len(in.Volumes)))
	}
	return append(plan, "Tag it "+tagKey+".")
}

// warnings: for what security groups do not filter, see Amazon VPC User Guide, "Control traffic to your AWS resources using
// security groups"; for what health checks do, Amazon EC2 Auto Scaling User Guide, "Health checks for instances".
func (in instance) warnings(t Target) (list []string) {
	if !t.Cut {
		list = append(list, "Connections that are open and tracked go on until they are idle for long enough, at most five days.")
	} else {
		list = append(list, "Connections that are always tracked, such as those through load balancers or NAT gateways, may go on.")
	}
	list = append(list, "Security groups do not stop DNS by the resolver of the VPC, nor the instance metadata service.")
	for _, tag := range in.Tags {
		if tag.Key == "aws:autoscaling:groupName" {
			list = append(list, "It is in an Auto Scaling group, which may find it unhealthy and terminate it, with what is on it: detach it first if that matters.")
		}
	}
	if in.Profile != "" {
		list = append(list, "Keys of its role ("+in.Profile[strings.LastIndexByte(in.Profile, '/')+1:]+" is the instance profile) that were taken from it go on working elsewhere: deny the role too.")
	}
	return list
}
