package quarantine

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// candidate is an entity that some action is for, wherever alerts of a report name it.
type candidate struct {
	attribute responder.Attribute
	target    actions.Target // without settings, which a rule has
	brought   []bringing
	told      bool // the report shows what we said of it
}

// bringing is an alert that names the entity, and how.
type bringing struct {
	alert     responder.Alert
	attribute responder.Attribute
}

// alertsOf are those of a report: those that brought evidence, else the one that there is.
func alertsOf(r responder.Report) []responder.Alert {
	if len(r.Alerts) > 0 {
		return r.Alerts
	}
	return []responder.Alert{r.Alert}
}

// candidates are what alerts name, in their order, and some rule has an action for. What inspectors brought is none: nobody
// who may send alerts has named it.
func candidates(r responder.Report, wanted func(actions.Kind) bool) (out []candidate) {
	told := map[[2]string]bool{}
	for _, i := range r.Inspections {
		if i.Inspector == ID && i.Attribute != nil {
			told[[2]string{i.Attribute.Type, i.Attribute.Value}] = true
		}
	}
	type identity struct{ kind, value, account string }
	at := map[identity]int{}
	for _, alert := range alertsOf(r) {
		for _, attr := range alert.Attrs {
			t, ok := targetOf(attr, alert)
			if !ok || !wanted(t.Kind) {
				continue
			}
			id := identity{attr.Type, attr.Value, t.Account}
			i, known := at[id]
			if !known {
				i = len(out)
				at[id] = i
				out = append(out, candidate{attribute: attr, target: t, told: told[[2]string{attr.Type, attr.Value}]})
			}
			out[i].brought = append(out[i].brought, bringing{alert, attr})
		}
	}
	return out
}

// targetOf says what an attribute is to quarantine, by its type and the role that it plays: one's own side, but for an address,
// which is the other.
func targetOf(a responder.Attribute, alert responder.Alert) (t actions.Target, ok bool) {
	remote, local := a.Match(responder.ContextRemote), a.Match(responder.ContextLocal)
	if a.Type == responder.TypeIPAddr {
		return actions.Target{Kind: actions.BlockAddress, Value: a.Value}, remote && !local && isPublic(a.Value)
	}
	if remote || !local || a.Value == "" {
		return t, false
	}
	t = actions.Target{Value: a.Value, Account: alert.Account}
	switch a.Type {
	case responder.TypeInstance:
		t.Kind, t.Region = actions.IsolateInstance, alert.Region
		return t, !isSessionName(a, alert)
	case responder.TypeAccessKey:
		t.Kind = actions.DeactivateKey
	case responder.TypeBucket:
		t.Kind, t.Region = actions.BlockBucket, alert.Region
	case responder.TypeUsername:
		ok = who(a, alert, &t)
		return t, ok
	case responder.TypeARN:
		ok = principal(a.Value, &t)
		return t, ok
	}
	return t, t.Kind != ""
}

// who is a user, or a role by its name: the label says which. Users of operating systems, clusters and databases have other
// labels, those of OCSF may be anybody's, and beside a role that acted a name is that of its session, which who takes the role
// chooses: a user of IAM may be called the same.
func who(a responder.Attribute, alert responder.Alert, t *actions.Target) bool {
	switch label := strings.ToLower(a.Key); {
	case !a.Match(responder.ContextSubject):
	case label == "role":
		t.Kind = actions.DenyRole
	case label == "user" && alert.Source != "ocsf" && !slices.ContainsFunc(alert.Attrs, isActingRole):
		t.Kind = actions.DenyUser
	}
	return t.Kind != ""
}

// isSessionName says whether an instance is named by nothing but a session: EC2 calls the sessions of an instance's role like the
// instance, and so may whoever takes a role.
func isSessionName(a responder.Attribute, alert responder.Alert) bool {
	return strings.Contains(strings.ToLower(a.Key), "session") ||
		a.Match(responder.ContextSubject) && strings.HasPrefix(alert.Source, "aws.") && slices.ContainsFunc(alert.Attrs, isActingRole)
}

// isActingRole says whether an attribute is a role that did what the alert is about, or its session.
func isActingRole(a responder.Attribute) bool {
	role := a.Type == responder.TypeUsername && strings.EqualFold(a.Key, "role") ||
		a.Type == responder.TypeARN && (strings.Contains(a.Value, ":role/") || strings.Contains(a.Value, ":assumed-role/"))
	return role && a.Match(responder.ContextSubject)
}

// principal is a user, a role or its session by its ARN (IAM User Guide, "IAM identifiers"): its name and account.
func principal(arn string, t *actions.Target) bool {
	p := strings.SplitN(arn, ":", 6)
	if len(p) != 6 || p[0] != "arn" || !isAccount(p[4]) {
		return false
	}
	kind, rest, _ := strings.Cut(p[5], "/")
	t.Account, t.Value = p[4], rest[strings.LastIndexByte(rest, '/')+1:]
	switch {
	case p[2] == "iam" && kind == "role":
		t.Kind = actions.DenyRole
	case p[2] == "iam" && kind == "user":
		t.Kind = actions.DenyUser
	case p[2] == "sts" && kind == "assumed-role":
		t.Kind = actions.DenyRole
		t.Value, _, _ = strings.Cut(rest, "/")
	}
	return t.Kind != "" && t.Value != ""
}

// isPublic says whether an address is of the internet.
func isPublic(s string) bool {
	a, err := netip.ParseAddr(s)
	a = a.Unmap()
	return err == nil && a.Zone() == "" && a.IsGlobalUnicast() && !a.IsPrivate() && !carrier.Contains(a)
}

// carrier are addresses that carriers share (RFC 6598).
var carrier = netip.MustParsePrefix("100.64.0.0/10")
