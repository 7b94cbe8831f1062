package awscontext

import (
	"strings"
)

// maxARN is the length of the longest ARN that IAM takes (AWS Identity and Access Management API Reference, GetPolicy, on PolicyArn).
const maxARN = 2048

// arn is an ARN in its parts (AWS General Reference, "Amazon Resource Names (ARNs)").
type arn struct{ partition, service, region, account, resource string }

var (
	arnWord   = lazy(`^[a-z0-9-]+$`)
	accountID = lazy(`^[0-9]{12}$`)
)

// parseARN reads an ARN; ok is false for what cannot be one.
func parseARN(s string) (a arn, ok bool) {
	p := strings.SplitN(s, ":", 6)
	if len(s) > maxARN || len(p) != 6 || p[0] != "arn" || p[5] == "" || strings.ContainsFunc(p[5], isControlOrSpace) {
		return arn{}, false
	}
	a = arn{partition: p[1], service: p[2], region: p[3], account: p[4], resource: p[5]}
	switch {
	case !arnWord.MatchString(a.partition), !arnWord.MatchString(a.service):
		return arn{}, false
	case a.region != "" && !arnWord.MatchString(a.region):
		return arn{}, false
	case a.account != "" && a.account != "aws" && !accountID.MatchString(a.account):
		return arn{}, false
	}
	return a, true
}

func isControlOrSpace(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r <= 0xa0 }

// String is the ARN as it was read.
func (a arn) String() string {
	return strings.Join([]string{"arn", a.partition, a.service, a.region, a.account, a.resource}, ":")
}

// kind and name are the parts of a resource; name is what stands behind the first / or :, empty where neither stands there.
func (a arn) kind() string { kind, _ := a.cut(); return kind }
func (a arn) name() string { _, name := a.cut(); return name }

func (a arn) cut() (kind, name string) {
	at := strings.IndexAny(a.resource, "/:")
	if at < 0 {
		return a.resource, ""
	}
	return a.resource[:at], a.resource[at+1:]
}

// last is the name without the path in front.
func (a arn) last() string {
	name := a.name()
	return name[strings.LastIndexByte(name, '/')+1:]
}

// principal is who an ARN or an attribute names (AWS Identity and Access Management User Guide, "IAM identifiers").
type principal struct {
	kind    string // user, role or root
	name    string // of the user or the role, without its path
	session string // of a role that was assumed
	account string // 12 digits, or empty where it is not known
}

// The kinds of principals.
const (
	kindUser      = "user"
	kindRole      = "role"
	kindRoot      = "root"
	kindFederated = "federated-user"
)

// principal says whom the ARN names; ok is false where it is no principal.
func (a arn) principal() (p principal, ok bool) {
	p.account = a.account
	if !accountID.MatchString(a.account) || a.region != "" {
		return principal{}, false
	}
	switch kind, name := a.cut(); {
	case a.service == "iam" && a.resource == "root":
		p.kind, p.name = kindRoot, "root"
	case a.service == "iam" && kind == kindUser:
		p.kind, p.name = kindUser, a.last()
	case a.service == "iam" && kind == kindRole:
		p.kind, p.name = kindRole, a.last()
	case a.service == "sts" && kind == "assumed-role":
		p.kind = kindRole
		p.name, p.session, _ = strings.Cut(name, "/")
	case a.service == "sts" && kind == kindFederated:
		p.kind, p.name = kindFederated, name
	default:
		return principal{}, false
	}
	if p.kind != kindFederated && !isName(p.name) || p.kind == kindFederated && !isSession(p.name) || p.session != "" && !isSession(p.session) {
		return principal{}, false
	}
	return p, true
}

// The spelling of names and sessions, and of the ids of access keys (AWS Identity and Access Management API Reference, CreateUser,
// on UserName; AWS Security Token Service API Reference, AssumeRole, on RoleSessionName, and GetAccessKeyInfo, on AccessKeyId).
var (
	namePattern    = lazy(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	sessionPattern = lazy(`^[A-Za-z0-9_+=,.@-]{2,64}$`)
	keyPattern     = lazy(`^(AKIA|ASIA)[A-Z0-9]{12,28}$`)
)

func isName(s string) bool    { return namePattern.MatchString(s) }
func isSession(s string) bool { return sessionPattern.MatchString(s) }
