package awscontext

import (
	"context"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// user looks into a user by name; the name may be that of a role, or of a role's session as well, since alerts call them so.
func (l *look) user(ctx context.Context, _ string) (responder.Page, error) {
	p, ok := principalOf(l.task)
	switch {
	case !ok:
		return responder.Page{}, nil
	case p.kind == kindRoot:
		return l.root(ctx)
	case p.kind == kindRole:
		return l.inRole(ctx, p)
	case p.kind == kindFederated:
		return l.session(ctx, p)
	case !strings.Contains(l.task.Attribute.Key, "session"):
		u, found, err := l.getUser(ctx, p.name)
		if err != nil {
			return responder.Page{}, err
		}
		if found {
			return l.userOf(ctx, u)
		}
	}
	return l.session(ctx, p)
}

func (l *look) userOf(ctx context.Context, u iamUser) (responder.Page, error) {
	p := profile{what: "IAM user " + text(u.UserName), url: l.consoleOf("iam", "#/users/details/"+fragment(u.UserName))}
	p.fact("created %s", l.day(u.CreateDate))
	p.tags(u.Tags)
	guarded, err := l.signIn(ctx, &p, u)
	if err != nil {
		return responder.Page{}, err
	}
	usable, err := l.keys(ctx, &p, u.UserName)
	if err != nil {
		return responder.Page{}, err
	}
	r, err := l.userReach(ctx, &p, u)
	if err != nil {
		return responder.Page{}, err
	}
	but := ""
	if guarded == guardMissing || guarded == guardNotNeeded && usable {
		but = "no MFA device"
	}
	p.reach(r, u.PermissionsBoundary.PermissionsBoundaryArn, but)
	return l.done(ctx, &p, byName, u.UserName, u.UserName)
}

// done adds the calls of somebody, and makes the page.
func (l *look) done(ctx context.Context, p *profile, by, value, user string) (responder.Page, error) {
	a, err := l.events(ctx, by, value)
	if err != nil {
		return responder.Page{}, err
	}
	return l.with(ctx, p, a, user)
}

func (l *look) with(ctx context.Context, p *profile, a answer, user string) (responder.Page, error) {
	p.judge(l, a)
	page, err := p.page(ctx, l)
	if err != nil {
		return responder.Page{}, err
	}
	page.SubjectUsers = []responder.SubjectUser{{UserName: text(user), Activities: l.activities(a)}}
	return page, nil
}

// guard is what stands beside the password.
type guard int

const (
	guardUnseen    guard = iota // it could not be looked at
	guardMissing                // a password, and nothing else
	guardPresent                // a device
	guardNotNeeded              // no password and no device
)

// signIn says how a user signs in to the console.
func (l *look) signIn(ctx context.Context, p *profile, u iamUser) (guard, error) {
	var devices struct {
		Serial []string `xml:"ListMFADevicesResult>MFADevices>member>SerialNumber"`
	}
	seen, err := l.also(ctx, awsapi.IAM("ListMFADevices", "UserName", u.UserName), &devices)
	if err != nil {
		return guardUnseen, err
	}
	before := len(l.notSeen)
	password, err := l.also(ctx, awsapi.IAM("GetLoginProfile", "UserName", u.UserName), nil)
	if err != nil {
		return guardUnseen, err
	}
	switch {
	case len(l.notSeen) > before:
	case !password:
		p.fact("no console password")
	case u.PasswordLastUsed.IsZero():
		p.fact("console password never used")
	default:
		p.fact("console password last used %s", l.day(u.PasswordLastUsed))
	}
	switch n := len(devices.Serial); {
	case !seen:
		return guardUnseen, nil
	case n > 0:
		p.fact("%s", several1(n, "MFA device"))
		return guardPresent, nil
	case !password:
		p.fact("no MFA device")
		return guardNotNeeded, nil
	}
	p.fact("no MFA device")
	return guardMissing, nil
}

// keys says what access keys a user has, and whether one of them can be used.
func (l *look) keys(ctx context.Context, p *profile, user string) (usable bool, err error) {
	keys, err := l.keysOf(ctx, user)
	if err != nil {
		return false, err
	}
	for _, k := range keys {
		usable = usable || k.Status == "Active"
		if err := l.key(ctx, p, k); err != nil {
			return false, err
		}
	}
	return usable, nil
}

// key says what is known of one key.
func (l *look) key(ctx context.Context, p *profile, k iamKey) error {
	use, found, err := l.lastUse(ctx, k.AccessKeyID)
	if err != nil {
		return err
	}
	used := ""
	if found {
		used = ", " + l.used(use)
	}
	p.fact("access key %s %s, created %s%s", text(k.AccessKeyID), strings.ToLower(text(k.Status)), l.day(k.CreateDate), used)
	return nil
}

// used says when and for what a key was last used. What IAM does not know is N/A.
func (l *look) used(u keyUse) string {
	if u.LastUsed.LastUsedDate.IsZero() {
		return "never used"
	}
	return "last used " + l.day(u.LastUsed.LastUsedDate) + " for " + text(u.LastUsed.ServiceName) + " in " + text(u.LastUsed.Region)
}

const mostGroups = 5 // whose policies are listed; a user can be in 10 ("IAM and AWS STS quotas")

func (l *look) userReach(ctx context.Context, p *profile, u iamUser) (reach, error) {
	r, err := l.simulate(ctx, u.Arn)
	if err != nil {
		return r, err
	}
	attached, err := l.names(ctx, "ListAttachedUserPolicies", "UserName", u.UserName, "attached")
	if err != nil {
		return r, err
	}
	r.attached(attached)
	inline, err := l.names(ctx, "ListUserPolicies", "UserName", u.UserName, "inline")
	if err != nil {
		return r, err
	}
	r.inline(inline)
	groups, err := l.names(ctx, "ListGroupsForUser", "UserName", u.UserName, "groups")
	if err != nil {
		return r, err
	}
	for i, g := range groups {
		groups[i] = text(g)
		if i < mostGroups {
			attached, err := l.names(ctx, "ListAttachedGroupPolicies", "GroupName", g, "attached")
			if err != nil {
				return r, err
			}
			r.attached(attached)
		}
	}
	if len(groups) > 0 {
		p.fact("groups %s", strings.Join(several(groups, "…"), ", "))
	}
	return r, nil
}

// inline adds the names of policies that are the identity's own.
func (r *reach) inline(names []string) {
	for _, n := range names {
		r.policies = append(r.policies, text(n)+" (inline)")
	}
}

// root looks at the root user of the account, who may do everything.
func (l *look) root(ctx context.Context) (responder.Page, error) {
	p := profile{what: "The root user"}
	var answer struct {
		Entries []struct {
			Key   string `xml:"key"`
			Value string `xml:"value"`
		} `xml:"GetAccountSummaryResult>SummaryMap>entry"`
	}
	found, err := l.also(ctx, awsapi.IAM("GetAccountSummary"), &answer)
	if err != nil {
		return responder.Page{}, err
	}
	has := map[string]bool{}
	for _, e := range answer.Entries {
		has[e.Key] = e.Value != "0"
	}
	if found {
		p.fact("%s", map[bool]string{true: "MFA is on", false: "no MFA device"}[has["AccountMFAEnabled"]])
		p.fact("%s", map[bool]string{true: "has access keys", false: "no access keys"}[has["AccountAccessKeysPresent"]])
	}
	score, but := 60.0, ""
	if found && !has["AccountMFAEnabled"] {
		score, but = 80, "; no MFA device"
	}
	p.signal(privilege, responder.UnknownSignal, score, "%s may do everything%s", p.what, but)
	return l.done(ctx, &p, byName, "root", "root")
}
