package awscontext

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func (l *look) instancePage(f facts) responder.Page {
	p := responder.Page{
		Title:       f.title(),
		AlliedHosts: []responder.AlliedHost{l.instanceHost(f)},
		Signals:     append([]responder.Signal{l.instanceIs(f)}, l.instanceExposed(f)...),
	}
	if f.role != "" {
		p.NewAttributes = []responder.Attribute{local(responder.TypeARN, f.role, "role of "+f.ID)}
	}
	return p
}

func (l *look) instanceHost(f facts) responder.AlliedHost {
	h := responder.AlliedHost{
		ID:       f.ID,
		Owner:    l.owners(f.Tags, f.alias),
		OS:       f.os(),
		IPAddr:   several(f.addresses(), "…"),
		HostName: several(unique(text(f.PrivateName), text(f.PublicName), f.Tags.get("Name")), "…"),
		Software: present(labeled("image", f.image)),
	}
	for _, n := range f.Interfaces {
		h.MACAddr = append(h.MACAddr, text(n.MAC))
	}
	h.MACAddr = several(unique(h.MACAddr...), "…")
	return h
}

// owners are those of the tags, and the account.
func (l *look) owners(t tags, alias string) []string { return append(t.owners(), l.accountName(alias)) }

func (l *look) accountName(alias string) string { return "account " + l.account.id + bracketed(alias) }

// instanceIs tells what and whose the instance is.
func (l *look) instanceIs(f facts) responder.Signal {
	image := f.image
	if f.imageOld != "" {
		image += ": " + f.imageOld
	}
	role := ""
	if a, ok := parseARN(f.role); ok {
		role = text(a.last())
	}
	list := present(
		text(f.State), text(f.Type), labeled("launched", f.Launched.day()), labeled("made by", text(f.maker)),
		labeled("owner", strings.Join(f.Tags.owners(), ", ")), labeled("role", role), labeled("key", text(f.Key)),
		labeled("public address", text(f.PublicIP)), labeled("VPC", f.vpc), labeled("subnet", text(f.Subnet)), labeled("image", image),
	)
	return l.says(ownership, responder.UnknownSignal, 0,
		f.title()+" of "+l.accountName(f.alias)+" in "+l.region+": "+strings.Join(list, ", "), "InstanceDetails:instanceId="+f.ID)
}

// instanceExposed tells who may reach the instance, and what it gives away. It is evidence only where it can be reached
// from the internet by a door that is not meant for it.
func (l *look) instanceExposed(f facts) (out []responder.Signal) {
	if s, ok := l.exposed(f.title(), f.openings, f.isPublic(), "InstanceDetails:instanceId="+f.ID); ok {
		out = append(out, s)
	}
	if f.Tokens == "optional" && f.Metadata != "disabled" {
		why := "IMDSv2 is not required of " + f.title() + ": a request that is forged there can read what the metadata service tells"
		if f.role != "" {
			why += ", and so the credentials of its role"
		}
		out = append(out, l.says(exposure, responder.UnknownSignal, 0, why, "InstanceDetails:instanceId="+f.ID))
	}
	return out
}

// The score of a door that is open to the whole internet: a fault that invites attacks, and is none itself.
const openScore = 40

// exposed is the signal about what groups let in.
func (l *look) exposed(what string, list []opening, public bool, hash string) (s responder.Signal, ok bool) {
	if len(list) == 0 {
		return s, false
	}
	verdict, score := responder.UnknownSignal, 0.0
	if public && slices.ContainsFunc(list, func(o opening) bool { return o.world && o.risky }) {
		verdict, score = responder.Suspicious, openScore
	}
	var texts []string
	for _, o := range list {
		texts = append(texts, o.String())
	}
	summary := what + " is open: " + strings.Join(several(texts, "and more"), "; ")
	if !public {
		summary += ". It has no public address"
	}
	return l.says(exposure, verdict, score, summary, hash), true
}
