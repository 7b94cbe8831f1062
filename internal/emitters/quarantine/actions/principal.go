package actions

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// denial denies a user everything, or a role's sessions, by an inline policy that is named for the action.
//
// Long-term keys have no aws:TokenIssueTime, and a condition on a key that is not there is not met (IAM User Guide, "AWS
// global condition context keys", aws:TokenIssueTime): of a user all is denied. Of a role only what was begun before the
// action is, as "Revoke active sessions" of the console does (IAM User Guide, "Revoking IAM role temporary security
// credentials"), for the workload that has the role gets new sessions and goes on.
type denial struct{ user bool }

// principalBefore is a user or role that had no policy of the action, and when it was looked at.
type principalBefore struct {
	Name string `json:"name"`
	// Until is the time before which sessions are denied; zero: whenever they began.
	Until time.Time `json:"until,omitzero"`
}

// policyPrefix begins the names of the policies.
const policyPrefix = "AlertResponder-quarantine-"

// namePattern: IAM User Guide, "IAM and AWS STS quotas", names of users and roles.
var namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) })

// principal is a user or role.
type principal struct {
	Path string
	Arn  string
	Tags []tagOf `xml:"Tags>member"`
}

func (d denial) kind() string {
	if d.user {
		return "user"
	}
	return "role"
}

func (d denial) look(ctx context.Context, s *session, t Target, known before) (l Look, b before, err error) {
	name, err := d.name(s, t.Value)
	if err != nil {
		return l, b, err
	}
	var p principal
	if d.user {
		p, err = s.user(ctx, name)
	} else {
		p, err = s.role(ctx, name)
	}
	if err != nil {
		return l, b, err
	}
	if err := d.spared(s, name, p.Path); err != nil {
		return l, b, err
	}
	l = Look{ARN: p.Arn, Name: d.kind() + " " + name, Tags: tagMap(p.Tags)}
	b.Principal = known.Principal
	if b.Principal == nil {
		b.Principal = &principalBefore{Name: name}
		if !d.user && !t.All {
			b.Principal.Until = s.now.UTC().Truncate(time.Second)
		}
	}
	switch until := b.Principal.Until; {
	case d.user:
		l.Plan = []string{"Deny the user everything by an inline policy: keys, console and sessions."}
	case until.IsZero():
		l.Plan = []string{"Deny the role everything by an inline policy: all its sessions, also those that begin later."}
		l.Warnings = []string{"What runs with the role stops."}
	default:
		l.Plan = []string{"Deny all sessions of the role that began before " + until.Format(time.RFC3339) + " everything, by an inline policy."}
		l.Warnings = []string{"Whoever may take the role, or gets its keys from a workload that has it, begins a new session. What runs with the role may fail until it has one."}
	}
	return l, b, nil
}

// name is the one in an ARN, also in that of a role's session, or the value itself.
func (d denial) name(s *session, value string) (string, error) {
	name := value
	if strings.HasPrefix(value, "arn:") {
		service, prefix := "iam", d.kind()+"/"
		if !d.user && strings.Contains(value, ":sts:") {
			service, prefix = "sts", "assumed-role/"
		}
		resource, err := s.arn(value, service)
		if err != nil {
			return "", err
		}
		rest, ok := strings.CutPrefix(resource, prefix)
		if !ok {
			return "", refused("no ARN of a %s", d.kind())
		}
		if service == "sts" {
			name, _, _ = strings.Cut(rest, "/")
		} else {
			name = rest[strings.LastIndexByte(rest, '/')+1:]
		}
	}
	if !namePattern().MatchString(name) {
		return "", refused("no name of a %s", d.kind())
	}
	return name, nil
}

// spared are those that must not be denied: who acts here could not put anything back; and AWS lets nobody change the roles
// of its services (IAM User Guide, "Service-linked roles"), nor those that IAM Identity Center made.
func (d denial) spared(s *session, name, path string) error {
	parts := strings.Split(s.own.arn, "/") // …:assumed-role/NAME/session or …:user/path/NAME
	isRole, self := strings.Contains(parts[0], ":assumed-role"), parts[len(parts)-1]
	if isRole && len(parts) > 1 {
		self = parts[1]
	}
	switch {
	case isRole != d.user && strings.EqualFold(self, name): // names differ by more than case (IAM User Guide, "IAM and AWS STS quotas")
		return refused("quarantine acts as this %s itself", d.kind())
	case strings.HasPrefix(path, "/aws-service-role/"), strings.HasPrefix(path, "/aws-reserved/"):
		return refused("a role that AWS manages, which nobody else can change")
	}
	return nil
}

func (s *session) user(ctx context.Context, name string) (principal, error) {
	var answer struct {
		User principal `xml:"GetUserResult>User"`
	}
	err := s.call(ctx, awsapi.IAM("GetUser", "UserName", name), &answer)
	if awsapi.NotFound(err) {
		err = refused("there is no such user in account %s", s.own.id)
	}
	return answer.User, err
}

func (s *session) role(ctx context.Context, name string) (principal, error) {
	var answer struct {
		Role principal `xml:"GetRoleResult>Role"`
	}
	err := s.call(ctx, awsapi.IAM("GetRole", "RoleName", name), &answer)
	if awsapi.NotFound(err) {
		err = refused("there is no such role in account %s", s.own.id)
	}
	return answer.Role, err
}

// policy is the document that denies.
func (b principalBefore) policy() string {
	condition := ""
	if !b.Until.IsZero() {
		condition = fmt.Sprintf(`,"Condition":{"DateLessThan":{"aws:TokenIssueTime":"%s"}}`, b.Until.UTC().Format(time.RFC3339))
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"` + condition + `}]}`
}

// call is an action of IAM on the policy: Put, Get or Delete.
func (d denial) call(verb string, s *session, b principalBefore, more ...string) awsapi.Call {
	kind := map[bool]string{true: "User", false: "Role"}[d.user]
	return awsapi.IAM(verb+kind+"Policy", append([]string{kind + "Name", b.Name, "PolicyName", policyPrefix + s.id}, more...)...)
}

func (d denial) do(ctx context.Context, s *session, _ Target, b before) error {
	if b.Principal == nil {
		return errForeign
	}
	if err := d.spared(s, b.Principal.Name, ""); err != nil {
		return err
	}
	err := s.change(ctx, d.call("Put", s, *b.Principal, "PolicyDocument", b.Principal.policy()))
	switch {
	case awsapi.NotFound(err):
		return refused("the %s is gone", d.kind())
	case awsapi.Is(err, "LimitExceeded"):
		return refused("the %s has no room for another inline policy", d.kind())
	case awsapi.Is(err, "UnmodifiableEntity"):
		return refused("AWS lets nobody change this %s", d.kind())
	case err != nil:
		return err
	}
	s.did("Policy %s denies %s %s everything%s.", policyPrefix+s.id, d.kind(), b.Principal.Name, b.Principal.since())
	return nil
}

func (b principalBefore) since() string {
	if b.Until.IsZero() {
		return ""
	}
	return " in sessions that began before " + b.Until.UTC().Format(time.RFC3339)
}

func (d denial) undo(ctx context.Context, s *session, b before) error {
	if b.Principal == nil {
		return errForeign
	}
	var answer struct {
		User string `xml:"GetUserPolicyResult>PolicyDocument"`
		Role string `xml:"GetRolePolicyResult>PolicyDocument"`
	}
	err := s.call(ctx, d.call("Get", s, *b.Principal), &answer)
	if awsapi.NotFound(err) {
		return d.remove(ctx, s, *b.Principal) // what IAM says may be old
	}
	if err != nil {
		return err
	}
	document, err := url.QueryUnescape(answer.User + answer.Role) // IAM API Reference, GetRolePolicy: "URL-encoded"
	if err != nil {
		document = ""
	}
	if !sameJSON(document, b.Principal.policy()) && !s.Force {
		return fmt.Errorf("%w: policy %s of %s %s says something else now", ErrChanged, policyPrefix+s.id, d.kind(), b.Principal.Name)
	}
	return d.remove(ctx, s, *b.Principal)
}

// remove takes the policy off, which may be gone already.
func (d denial) remove(ctx context.Context, s *session, b principalBefore) error {
	if err := s.change(ctx, d.call("Delete", s, b)); err != nil && !awsapi.NotFound(err) {
		return err
	}
	s.did("Policy %s is taken off %s %s.", policyPrefix+s.id, d.kind(), b.Name)
	return nil
}
