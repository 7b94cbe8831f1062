package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// undo gives the interfaces the groups that they had. Nothing is changed where somebody gave one of them other groups since,
// unless it is forced. Groups that are gone cannot be given back: the interface stays isolated then; forced, it gets the
// rest.
func (isolation) undo(ctx context.Context, s *session, b before) error {
	if b.Instance == nil {
		return errForeign
	}
	now, err := s.interfaces(ctx, b.Instance.Interfaces)
	if err != nil {
		return err
	}
	there, err := s.groupsThere(ctx, b.Instance.Interfaces)
	if err != nil {
		return err
	}
	if changed := changedSince(b.Instance.Interfaces, now); len(changed) > 0 && !s.Force {
		return fmt.Errorf("%w: %s", ErrChanged, strings.Join(changed, "; "))
	}
	var kept []string
	for _, i := range b.Instance.Interfaces {
		still, err := s.release(ctx, i, now, there)
		if err != nil {
			return err
		}
		if still != "" {
			kept = append(kept, still)
		}
	}
	if len(kept) > 0 {
		return fmt.Errorf("%w: %s", ErrChanged, strings.Join(kept, "; "))
	}
	return s.untag(ctx, *b.Instance)
}

// changedSince says which interfaces have neither the group of quarantine nor what they had before.
func changedSince(was []netIfBefore, now map[string]netIf) (list []string) {
	for _, i := range was {
		if is, ok := now[i.ID]; ok && !i.Detached && !is.isOurs() && !slices.Equal(ids(is.Groups), i.Groups) {
			list = append(list, fmt.Sprintf("network interface %s has %s now", i.ID, strings.Join(ids(is.Groups), ", ")))
		}
	}
	return list
}

// release puts one interface back. It says why it could not be, empty if it is.
func (s *session) release(ctx context.Context, was netIfBefore, now map[string]netIf, there map[string]bool) (kept string, err error) {
	is, ok := now[was.ID]
	if !ok {
		s.left("Network interface %s is gone, and cannot be put back.", was.ID)
		return "", nil
	}
	if was.Detached && !is.isOurs() {
		s.left("Network interface %s was not the instance's any more, and has %s: it is left as it is.", was.ID, strings.Join(ids(is.Groups), ", "))
		return "", nil
	}
	var back, gone []string
	for _, g := range was.Groups {
		if there[g] {
			back = append(back, g)
		} else {
			gone = append(gone, g)
		}
	}
	switch {
	case len(back) == 0:
		return fmt.Sprintf("network interface %s stays isolated, for its security groups (%s) are gone", was.ID, strings.Join(gone, ", ")), nil
	case len(gone) > 0 && !s.Force:
		return fmt.Sprintf("network interface %s stays isolated, for of its security groups %s is gone", was.ID, strings.Join(gone, ", ")), nil
	}
	// Also where it is said to have them: what EC2 says may be old (Amazon EC2 API Reference, "Eventual consistency").
	if err := s.setGroups(ctx, was.ID, back...); err != nil {
		return "", err
	}
	s.did("Network interface %s has %s again.", was.ID, strings.Join(back, ", "))
	if len(gone) > 0 {
		s.left("Security groups of network interface %s are gone: %s.", was.ID, strings.Join(gone, ", "))
	}
	return "", nil
}

// interfaces are those of before that are still there.
func (s *session) interfaces(ctx context.Context, was []netIfBefore) (map[string]netIf, error) {
	var list []string
	for _, i := range was {
		list = append(list, i.ID)
	}
	var answer struct {
		Interfaces []netIf `xml:"networkInterfaceSet>item"`
	}
	err := s.filtered(ctx, "DescribeNetworkInterfaces", "network-interface-id", list, &answer)
	now := map[string]netIf{}
	for _, i := range answer.Interfaces {
		now[i.ID] = i
	}
	return now, err
}

// groupsThere are the groups of before that are still there.
func (s *session) groupsThere(ctx context.Context, was []netIfBefore) (map[string]bool, error) {
	var list []string
	for _, i := range was {
		list = append(list, i.Groups...)
	}
	slices.Sort(list)
	var answer struct {
		Groups []group `xml:"securityGroupInfo>item"`
	}
	err := s.filtered(ctx, "DescribeSecurityGroups", "group-id", slices.Compact(list), &answer)
	there := map[string]bool{}
	for _, g := range answer.Groups {
		there[g.ID] = true
	}
	return there, err
}

// filtered describes what is there of a list, which is no error where something is not.
func (s *session) filtered(ctx context.Context, action, filter string, list []string, out any) error {
	if len(list) == 0 {
		return nil
	}
	params := []string{"Filter.1.Name", filter}
	for n, id := range list {
		params = append(params, fmt.Sprintf("Filter.1.Value.%d", n+1), id)
	}
	return s.call(ctx, awsapi.EC2(action, params...), out)
}

// untag takes the action's tag off, or puts back the one of an earlier action.
func (s *session) untag(ctx context.Context, b instanceBefore) error {
	call := awsapi.EC2("DeleteTags", "ResourceId.1", b.ID, "Tag.1.Key", tagKey, "Tag.1.Value", s.id)
	if b.Tag != "" {
		call = awsapi.EC2("CreateTags", "ResourceId.1", b.ID, "Tag.1.Key", tagKey, "Tag.1.Value", b.Tag)
	}
	err := s.change(ctx, call)
	if awsapi.NotFound(err) {
		s.left("Instance %s is gone.", b.ID)
		return nil
	}
	return err
}
