package awscontext

import (
	"context"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// thing is what is behind an address.
type thing struct {
	what, name string
	called     string // its name for people
	facts      []string
	tags       tags
	means      string // what that means for the alert
	os         []string
	hosts      []string
	page       string // of the console
	brings     []responder.Attribute
	exposed    bool // whether its own page tells of its groups
	known      bool // whether it was found by its own name, and not only named by an interface
}

func (t thing) title() string { return t.what + " " + text(t.name) + bracketed(t.called) }

// interfacePage tells what is behind an interface, asked for by the name that the attribute has.
func (l *look) interfacePage(ctx context.Context, asked string, n netInterface) (responder.Page, error) {
	t, err := l.follow(ctx, n)
	if err != nil {
		return responder.Page{}, err
	}
	return l.thingPage(ctx, asked, n, t)
}

// byName tells of something that no interface led to, if it is there.
func (l *look) byName(ctx context.Context, name, description string) (responder.Page, error) {
	n := netInterface{Description: description}
	t, err := l.follow(ctx, n)
	if err != nil || !t.known {
		return responder.Page{}, err
	}
	return l.thingPage(ctx, name, netInterface{}, t)
}

func (l *look) thingPage(ctx context.Context, asked string, n netInterface, t thing) (responder.Page, error) {
	alias, err := l.alias(ctx)
	if err != nil {
		return responder.Page{}, err
	}
	p := responder.Page{Title: t.title(), NewAttributes: t.brings, AlliedHosts: []responder.AlliedHost{{
		ID: text(t.name), Owner: l.owners(t.tags, alias), OS: t.os, IPAddr: several(unique(n.addresses()...), "…"), MACAddr: present(text(n.MAC)),
		HostName: several(unique(append(t.hosts, text(n.PrivateName), t.called)...), "…"), Software: []string{t.what},
	}}}
	p.Signals = append(p.Signals, l.interfaceIs(asked, n, t, alias))
	if t.exposed {
		return p, nil
	}
	list, err := l.openings(ctx, n.groups())
	if s, ok := l.exposed(t.title(), list, n.isPublic(), t.page); ok {
		p.Signals = append(p.Signals, s)
	}
	return p, err
}

// isPublic says whether anybody can reach the interface by an address.
func (n netInterface) isPublic() bool {
	for _, a := range n.addresses() {
		if isInternet(a) {
			return true
		}
	}
	return false
}

// interfaceIs tells what and whose it is.
func (l *look) interfaceIs(asked string, n netInterface, t thing, alias string) responder.Signal {
	is := t.title()
	if asked != n.ID && asked != t.name {
		is = asked + " is one's own: " + is
	}
	list := append(present(t.facts...), present(
		labeled("made by", t.tags.maker()), labeled("owner", strings.Join(t.tags.owners(), ", ")),
		labeled("public address", text(strings.Join(n.public(), ", "))), labeled("VPC", text(n.VPC)), labeled("subnet", text(n.Subnet)),
		labeled("interface", text(n.ID)), labeled("described as", text(n.Description)),
	)...)
	summary := is + " of " + l.accountName(alias) + " in " + l.region + ": " + strings.Join(list, ", ")
	if t.means != "" {
		summary += ". " + t.means
	}
	return l.says(ownership, responder.UnknownSignal, 0, summary, t.page)
}
