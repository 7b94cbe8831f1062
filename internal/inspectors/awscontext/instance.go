package awscontext

import (
	"context"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// instance looks into an EC2 instance: one call, and one each for its groups, image, VPC, role and who made it.
func (l *look) instance(ctx context.Context, id string) (responder.Page, error) {
	in, found, err := l.describeInstance(ctx, id, l.ask)
	if err != nil || !found {
		return responder.Page{}, err
	}
	f := facts{instance: in}
	if err := l.complete(ctx, &f); err != nil {
		return responder.Page{}, err
	}
	return l.instancePage(f), nil
}

// facts are what is told of an instance.
type facts struct {
	instance
	alias    string
	image    string
	imageOld string // why nobody should use the image any more
	vpc      string
	role     string // ARN
	maker    string
	openings []opening
}

func (l *look) complete(ctx context.Context, f *facts) (err error) {
	if f.alias, err = l.alias(ctx); err != nil {
		return err
	}
	if f.openings, err = l.openings(ctx, f.groups()); err != nil {
		return err
	}
	if f.image, f.imageOld, err = l.imageOf(ctx, f.Image); err != nil {
		return err
	}
	if f.vpc, err = l.vpcOf(ctx, f.VPC); err != nil {
		return err
	}
	if f.role, err = l.roleOf(ctx, f.Profile); err != nil {
		return err
	}
	f.maker, err = l.madeBy(ctx, f.instance)
	return err
}

func (l *look) imageOf(ctx context.Context, id string) (name, old string, err error) {
	if id == "" {
		return "", "", nil
	}
	denied := len(l.notSeen)
	im, found, err := l.describeImage(ctx, id)
	switch {
	case err != nil || len(l.notSeen) > denied:
		return text(id), "", err
	case !found:
		return text(id), "it is there no more, or no longer shared", nil
	case im.State == "disabled":
		old = "it is disabled"
	case !im.Deprecated.IsZero() && im.Deprecated.Before(l.now()):
		old = "deprecated since " + im.Deprecated.day()
	}
	return im.String(), old, nil
}

// vpcOf is the VPC with its name.
func (l *look) vpcOf(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	var answer struct {
		VPCs []struct {
			Default bool `xml:"isDefault"`
			Tags    tags `xml:"tagSet>item"`
		} `xml:"vpcSet>item"`
	}
	if _, err := l.also(ctx, awsapi.EC2("DescribeVpcs", "VpcId.1", id), &answer); err != nil || len(answer.VPCs) == 0 {
		return text(id), err
	}
	what := ""
	if answer.VPCs[0].Default {
		what = "the default VPC"
	}
	return text(id) + bracketed(answer.VPCs[0].Tags.get("Name"), what), nil
}

// madeBy is what made an instance: a service by its tags, else who called for it.
func (l *look) madeBy(ctx context.Context, in instance) (string, error) {
	if m := in.Tags.maker(); m != "" {
		return m, nil
	}
	return l.createdBy(ctx, in.ID, in.Launched.Time)
}

func (in instance) groups() (ids []string) {
	for _, g := range in.Groups {
		ids = append(ids, g.ID)
	}
	for _, n := range in.Interfaces {
		ids = append(ids, n.groups()...)
	}
	return ids
}

func (in instance) addresses() []string {
	list := []string{in.PrivateIP, in.PublicIP}
	for _, n := range in.Interfaces {
		list = append(list, n.addresses()...)
	}
	return unique(list...)
}

// isPublic says whether anybody can reach the instance by an address: an IPv6 address of the internet is one too.
func (in instance) isPublic() bool {
	return in.PublicIP != "" || slices.ContainsFunc(in.addresses(), isInternet)
}

func (in instance) os() []string {
	os := text(in.Details)
	if os == "" {
		os = text(in.Platform)
	}
	return present(strings.TrimSpace(os + " " + text(in.Architecture)))
}

// title is the instance with its name.
func (in instance) title() string { return "EC2 instance " + in.ID + bracketed(in.Tags.get("Name")) }
