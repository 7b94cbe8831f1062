package awscontext

import (
	"context"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func (l *look) inRole(ctx context.Context, who principal) (responder.Page, error) {
	r, found, err := l.getRole(ctx, who.name)
	if err != nil || !found {
		return responder.Page{}, err
	}
	p := profile{what: "IAM role " + text(r.RoleName), url: l.consoleOf("iam", "#/roles/details/"+fragment(r.RoleName))}
	p.fact("created %s", l.day(r.CreateDate))
	p.tags(r.Tags)
	l.trust(&p, r)
	if r.RoleLastUsed.LastUsedDate.IsZero() {
		p.fact("not used in 400 days")
	} else {
		p.fact("last used %s in %s", l.day(r.RoleLastUsed.LastUsedDate), text(r.RoleLastUsed.Region))
	}
	if service, ok := strings.CutPrefix(r.Path, "/aws-service-role/"); ok {
		p.fact("a role of %s, which nobody else can change or assume", text(strings.TrimSuffix(service, "/")))
	} else if err := l.roleReach(ctx, &p, r); err != nil {
		return responder.Page{}, err
	}
	if who.session == "" { // who assumed it; what was done then stands under the name of the session
		return l.done(ctx, &p, byResource, r.Arn, r.RoleName)
	}
	a, err := l.events(ctx, byName, who.session)
	if err != nil {
		return responder.Page{}, err
	}
	a.calls = slices.Clone(a.calls)
	a.calls = slices.DeleteFunc(a.calls, func(c call) bool { return c.session != "" && !strings.HasPrefix(c.who, who.name+"/") })
	return l.with(ctx, &p, a, who.String())
}

func (l *look) roleReach(ctx context.Context, p *profile, role iamRole) error {
	r, err := l.simulate(ctx, role.Arn)
	if err != nil {
		return err
	}
	attached, err := l.names(ctx, "ListAttachedRolePolicies", "RoleName", role.RoleName, "attached")
	if err != nil {
		return err
	}
	r.attached(attached)
	inline, err := l.names(ctx, "ListRolePolicies", "RoleName", role.RoleName, "inline")
	if err != nil {
		return err
	}
	r.inline(inline)
	p.reach(r, role.PermissionsBoundary.PermissionsBoundaryArn, "")
	return nil
}

// trust says who may assume a role.
func (l *look) trust(p *profile, r iamRole) {
	document, ok := parsePolicy(r.AssumeRolePolicyDocument)
	if !ok {
		p.fact("its trust policy cannot be read")
		return
	}
	var said []string
	for _, t := range document.trusted(l.account.id) {
		said = append(said, t.String())
		switch {
		case t.everybody && !t.conditional:
			p.signal(exposure, responder.Suspicious, 70, "%s can be assumed by %s", p.what, t)
		case t.unproven:
			p.signal(exposure, responder.Suspicious, 60, "%s can be assumed by everybody whom %s knows: no condition says whom it means", p.what, t)
		}
	}
	said = append(said, document.services()...)
	if len(said) > 0 {
		p.fact("can be assumed by %s", strings.Join(several(said, "…"), ", "))
	}
}

func (t trust) String() string {
	if t.conditional {
		return text(t.who) + " under conditions"
	}
	return text(t.who)
}

// services are those of AWS that a policy lets in.
func (p policy) services() (out []string) {
	for _, s := range p.Statement {
		if s.Effect == "Allow" {
			for _, name := range s.Principal["Service"] {
				out = append(out, text(name))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// session looks for who is no user: the session of a role, or of somebody from another directory, by what was done in that name.
func (l *look) session(ctx context.Context, who principal) (responder.Page, error) {
	a, err := l.events(ctx, byName, who.name)
	if err != nil || len(a.calls) == 0 {
		return responder.Page{}, err
	}
	p := profile{what: "Session " + text(who.name)}
	page, err := l.with(ctx, &p, a, who.name)
	page.NewAttributes = l.origins(a)
	return page, err
}

// origins are the roles of the sessions that made the calls: several can have sessions of one name.
func (l *look) origins(a answer) []responder.Attribute {
	var roles []responder.Attribute
	for _, c := range a.calls {
		if r, ok := parseARN(c.role); ok && r.account == l.account.id {
			roles = append(roles, ownSide(responder.TypeARN, c.role, "role of the session", ""))
		}
	}
	return l.further(roles...)
}
