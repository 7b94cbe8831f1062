package actions

import (
	"context"
	"errors"
	"fmt"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// isolation gives all network interfaces of an instance a security group that lets nothing in or out.
//
// That ends what is not tracked: flows that rules for all addresses allow in both directions. A connection that is tracked
// goes on until it is idle for long enough, even if no rule allows it any more (Amazon EC2 User Guide, "Security group
// connection tracking"; AWS Security Incident Response Guide, "Source containment"). To end it, Settings.Cut gives the
// interface for a moment a group that lets everything in and out, by which the flow is not tracked any more. That is how
// "Automated Forensics Orchestrator for Amazon EC2" of AWS does it (source/lambda/src/isolation/isolateEc2.py), and the
// User Guide does not promise it. In that moment, or until the function is called again if it dies there, whatever listens
// on the instance can be reached: so it is not done unless it is asked for.
//
// A network ACL would end all, of all that is in the subnet.
type isolation struct{}

func (isolation) do(ctx context.Context, s *session, t Target, b before) error {
	if b.Instance == nil {
		return errForeign
	}
	if err := s.isolate(ctx, t, b.Instance.Interfaces); err != nil {
		return err
	}
	err := s.call(ctx, awsapi.EC2("CreateTags", "ResourceId.1", b.Instance.ID, "Tag.1.Key", tagKey, "Tag.1.Value", s.id), nil)
	switch {
	case awsapi.NotFound(err):
		s.left("Instance %s is gone.", b.Instance.ID)
		return nil
	case err != nil:
		return err
	case t.Snapshot:
		return s.snapshots(ctx, b.Instance.ID)
	}
	return nil
}

// isolate isolates each interface, also where another could not be.
func (s *session) isolate(ctx context.Context, t Target, interfaces []netIfBefore) error {
	groups := map[string]vpcGroups{}
	var errs []error
	for _, i := range interfaces {
		err := s.isolateOne(ctx, t, i, groups)
		if awsapi.Is(err, "InvalidNetworkInterfaceID.NotFound") {
			s.left("Network interface %s is gone.", i.ID)
			continue
		}
		errs = append(errs, err)
	}
	if t.Cut {
		errs = append(errs, s.removeCutting(ctx, interfaces))
	}
	return errors.Join(errs...)
}

// vpcGroups are the groups of one VPC.
type vpcGroups struct{ isolate, cut string }

func (s *session) isolateOne(ctx context.Context, t Target, i netIfBefore, known map[string]vpcGroups) (err error) {
	switch {
	case i.Detached:
		s.left("Network interface %s is not the instance's any more: it is left as it is.", i.ID)
		return nil
	case i.Isolated:
		s.did("Network interface %s is isolated.", i.ID)
		return nil
	}
	g := known[i.VPC]
	if g.isolate == "" {
		if g.isolate, err = s.isolatingGroup(ctx, i.VPC); err != nil {
			return err
		}
	}
	if t.Cut && g.cut == "" {
		if g.cut, err = s.cuttingGroup(ctx, i.VPC); err != nil {
			return err
		}
	}
	known[i.VPC] = g
	if t.Cut {
		if err := s.setGroups(ctx, i.ID, g.cut); err != nil {
			return err
		}
	}
	if err := s.setGroups(ctx, i.ID, g.isolate); err != nil {
		return err
	}
	s.did("Network interface %s has security group %s (%s) alone.", i.ID, g.isolate, isolating.name)
	return nil
}

// setGroups replaces all groups of an interface.
func (s *session) setGroups(ctx context.Context, id string, groups ...string) error {
	params := []string{"NetworkInterfaceId", id}
	for n, g := range groups {
		params = append(params, fmt.Sprintf("SecurityGroupId.%d", n+1), g)
	}
	return s.settled(ctx, func() error { return s.change(ctx, awsapi.EC2("ModifyNetworkInterfaceAttribute", params...)) })
}

// removeCutting takes the open groups away again, also one of an earlier attempt: nobody wants them to lie around. Where
// another instance has one at the moment, whoever isolates that one removes it.
func (s *session) removeCutting(ctx context.Context, interfaces []netIfBefore) error {
	removed := map[string]bool{}
	for _, i := range interfaces {
		if removed[i.VPC] {
			continue
		}
		removed[i.VPC] = true
		g, err := s.find(ctx, i.VPC, cutting)
		if errors.Is(err, errNoGroup) {
			continue
		}
		if err != nil {
			return err
		}
		err = s.call(ctx, awsapi.EC2("DeleteSecurityGroup", "GroupId", g.ID), nil)
		switch {
		case awsapi.Is(err, "DependencyViolation"):
			s.left("Security group %s (%s), which lets everything in and out, is still there: something has it.", g.ID, cutting.name)
		case err != nil && !awsapi.NotFound(err):
			return err
		}
	}
	return nil
}

// snapshots makes snapshots of the volumes, all at one time, unless they are there. EC2 cannot tell a repeat from something
// new: it is not asked twice where the first may have been done.
func (s *session) snapshots(ctx context.Context, id string) error {
	var there struct {
		Snapshots []string `xml:"snapshotSet>item>snapshotId"`
	}
	err := s.call(ctx, awsapi.EC2("DescribeSnapshots", "Owner.1", "self", "Filter.1.Name", "tag:"+tagKey, "Filter.1.Value.1", s.id), &there)
	if err == nil && len(there.Snapshots) == 0 {
		err = s.call(ctx, awsapi.EC2("CreateSnapshots", "InstanceSpecification.InstanceId", id, "Description", "AlertResponder quarantine "+s.id,
			"TagSpecification.1.ResourceType", "snapshot", "TagSpecification.1.Tag.1.Key", tagKey, "TagSpecification.1.Tag.1.Value", s.id).Once(), &there)
	}
	switch {
	case awsapi.Rejected(err):
		s.left("No snapshots were made: %v", err)
		return nil
	case err != nil:
		return err
	}
	s.did("Snapshots of its volumes: %v.", there.Snapshots)
	return nil
}
