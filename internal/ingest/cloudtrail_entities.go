package ingest

import (
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// principal is who called (AWS CloudTrail User Guide, "CloudTrail userIdentity element").
type principal struct {
	kind, name, arn, role, session, user, key, account string
	foreign                                            bool // of another account
}

// hidden stands for a name that somebody typed and that no user has: it may be a password.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

func readPrincipal(u object, own string) principal {
	issuer := u.at("sessionContext", "sessionIssuer")
	p := principal{
		kind: u.text("type"), arn: u.text("arn"), key: u.text("accessKeyId"), user: u.text("userName"),
		account: u.text("accountId"), role: issuer.text("arn"),
	}
	p.foreign = len(p.account) == 12 && len(own) == 12 && p.account != own
	if p.user == hidden {
		p.user = ""
	}
	switch p.kind {
	case "Root":
		p.name, p.user = "root", "root"
	case "AssumedRole", "Role":
		if strings.Contains(p.arn, ":assumed-role/") {
			p.session = p.arn[strings.LastIndexByte(p.arn, '/')+1:]
		}
		p.name = strings.TrimSuffix(or(issuer.text("userName"), "a role")+"/"+p.session, "/")
	case "AWSService":
		p.name = u.text("invokedBy")
	case "AWSAccount":
		p.name = "account " + or(p.account, u.text("principalId"))
	case "IdentityCenterUser":
		p.name = u.at("onBehalfOf").text("userId")
	}
	for _, s := range []string{p.user, u.text("invokedBy"), p.arn, u.text("principalId"), "somebody"} {
		p.name = or(p.name, s)
	}
	return p
}

// id is what makes the principal the same one again. Sessions of a role are many; whose they are counts.
func (p principal) id(r object) string {
	switch {
	case p.role != "" && p.person():
		return p.role + " " + line(p.session, 200)
	case p.role != "":
		return p.role
	case p.arn != "" && p.kind != "AssumedRole":
		return p.arn
	case p.name == "somebody" || p.account == "ANONYMOUS_PRINCIPAL" || p.account == "anonymous" || p.kind == "IAMUser" && p.user == "":
		return line(r.text("sourceIPAddress"), 100)
	}
	return line(p.name, 200)
}

// person: the session is named for who has it: by IAM Identity Center, an e-mail address, an instance.
func (p principal) person() bool {
	return strings.Contains(p.role, "/AWSReservedSSO_") || strings.Contains(p.session, "@") || strings.HasPrefix(p.session, "i-")
}

func (p principal) text() string {
	s := line(strings.TrimSpace(p.kind+" "+p.name), 300)
	if p.kind == "Root" || p.kind == "AWSAccount" {
		s = p.name
	} else if p.foreign {
		s += " of account " + p.account
	}
	if p.key != "" {
		s += ", access key " + line(p.key, 130) + ","
	}
	return s
}

// principal adds who called. One of another account is the other side.
func (e *entities) principal(p principal) {
	side := responder.ContextLocal
	if p.foreign {
		side = responder.ContextRemote
	}
	add := func(kind, value, key string) { e.add(kind, value, key, side, responder.ContextSubject) }
	if p.kind != "AWSService" {
		add(responder.TypeUsername, p.user, "user")
		add(responder.TypeAccessKey, p.key, "access key")
	}
	if _, ok := readARN(p.role); ok {
		add(responder.TypeARN, p.role, "role")
	}
	switch {
	case p.kind == "AWSAccount" && p.foreign && p.arn == "":
		add(responder.TypeARN, "arn:aws:iam::"+p.account+":root", "account")
	case p.kind == "AWSAccount" && p.foreign:
		add(responder.TypeARN, p.arn, "principal")
	case strings.HasPrefix(p.session, "i-"):
		add(responder.TypeInstance, p.session, "instance")
	case p.person():
		add(responder.TypeUsername, p.session, "user")
	}
}

// identity adds a userIdentity.
func (e *entities) identity(u object, account string) {
	if u.isText("type") {
		e.principal(readPrincipal(u, account))
	}
}

// acted adds what a call acted upon: the record's resources, and what its parameters and its answer name.
func (e *entities) acted(a responder.Alert, r object) {
	for _, res := range r.objects("resources") {
		e.named(res.text("ARN"), responder.ContextObject)
	}
	service, _, _ := strings.Cut(r.text("eventSource"), ".")
	w := parameters{entities: e, alert: a, service: service, left: 500}
	w.walk(map[string]any(r.at("requestParameters")), 6)
	w.walk(map[string]any(r.at("responseElements")), 6)
}

// named adds a resource by its ARN, but for AWS's own, which everybody has, and sessions, which are gone soon.
func (e *entities) named(arn, part string) {
	if r, ok := readARN(arn); ok && r.account != "aws" && !strings.HasPrefix(r.resource, "assumed-role/") {
		e.arn(arn, part)
	}
}

// parameters looks through the parameters and the answer of a call for what they name.
type parameters struct {
	*entities
	alert   responder.Alert
	service string
	left    int // values that are still looked at
}

func (w *parameters) walk(v any, deep int) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if s, ok := v[name].(string); ok {
				w.value(name, s)
			} else if deep > 0 && w.left > 0 {
				w.walk(v[name], deep-1)
			}
		}
	case []any:
		for _, inner := range v {
			if s, ok := inner.(string); ok {
				w.value("", s)
			} else if deep > 0 && w.left > 0 {
				w.walk(inner, deep-1)
			}
		}
	}
}

func (w *parameters) value(name, s string) {
	if w.left--; w.left < 0 || s == hidden {
		return
	}
	switch {
	case strings.HasPrefix(s, "arn:"):
		w.named(s, responder.ContextObject)
	case name == "userName":
		w.own(responder.TypeUsername, s, "user", responder.ContextObject)
	case name == "accessKeyId":
		w.own(responder.TypeAccessKey, s, "access key", responder.ContextObject)
	case name == "bucketName":
		w.bucket(s)
	case name == "instanceId" && strings.HasPrefix(s, "i-"):
		w.own(responder.TypeInstance, s, "instance", responder.ContextObject)
	case !strings.Contains(s, ":") && !strings.HasPrefix(s, "alias/"): // a version, or another name
		w.named(makeARN(parameterARNs[w.service+" "+name], w.alert.Region, w.alert.Account, s), responder.ContextObject)
	}
}

// parameterARNs are by service and parameter how the ARNs of what calls name begin (Service Authorization Reference). Roles
// and groups are not here: their paths are not in the parameters.
var parameterARNs = map[string]string{
	"cloudtrail name":            "cloudtrail:trail/",
	"cloudtrail trailName":       "cloudtrail:trail/",
	"dynamodb tableName":         "dynamodb:table/",
	"ec2 groupId":                "ec2:security-group/",
	"ec2 vpcId":                  "ec2:vpc/",
	"ec2 volumeId":               "ec2:volume/",
	"guardduty detectorId":       "guardduty:detector/",
	"kms keyId":                  "kms:key/",
	"lambda functionName":        "lambda:function:",
	"logs logGroupName":          "logs:log-group:",
	"rds dBClusterIdentifier":    "rds:cluster:",
	"rds dBInstanceIdentifier":   "rds:db:",
	"redshift clusterIdentifier": "redshift:cluster:",
}
