package merge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// contents collects hosts and users by their identity. The zero value is empty.
type contents struct {
	opponents map[string]responder.OpponentHost
	allies    map[string]responder.AlliedHost
	users     map[string]responder.SubjectUser
	cut       bool
}

func (c *contents) add(who answerer, p responder.Page) {
	if c.opponents == nil {
		c.opponents = map[string]responder.OpponentHost{}
		c.allies = map[string]responder.AlliedHost{}
		c.users = map[string]responder.SubjectUser{}
	}
	for _, h := range p.OpponentHosts {
		if h.ID = c.identity(h.ID, p.Attribute); h.ID == "" {
			h.ID = unnamed(who, p, sortedOpponent(h))
		}
		c.opponents[h.ID] = withOpponent(c.opponents[h.ID], h)
	}
	for _, h := range p.AlliedHosts {
		if h.ID = c.identity(h.ID, p.Attribute); h.ID == "" {
			h.ID = unnamed(who, p, sortedAlly(h))
		}
		c.allies[h.ID] = withAlly(c.allies[h.ID], h)
	}
	for _, u := range p.SubjectUsers {
		if u.UserName = c.identity(u.UserName, person(p.Attribute)); u.UserName == "" {
			u.UserName = unnamed(who, p, facts(u.Activities))
		}
		c.users[u.UserName] = responder.SubjectUser{
			UserName:   u.UserName,
			Activities: append(c.users[u.UserName].Activities, u.Activities...),
		}
	}
}

// person is the attribute if a user can be called by it.
func person(a *responder.Attribute) *responder.Attribute {
	if a != nil && slices.Contains([]string{responder.TypeUsername, responder.TypeEmail, responder.TypeAccessKey}, a.Type) {
		return a
	}
	return nil
}

// identity is what a host or user is merged by: its id, or the attribute that was inspected; empty if it has neither.
func (c *contents) identity(id string, about *responder.Attribute) string {
	id = strings.TrimSpace(id)
	if about != nil && (id == "" || entity.Normalize(responder.Attribute{Type: about.Type, Value: id}).Value == about.Value) {
		id = about.Value
	}
	if len(id) > maxIdentity { // two long ones that begin alike stay two
		c.cut = true
		id = entity.Cut(id, maxIdentity-32) + " " + entity.ID([]byte(id))
	}
	return id
}

// unnamed is the identity of a host or user that has none: by who tells of it, and what, so that it is not taken for
// another one.
func unnamed(who answerer, p responder.Page, what any) string {
	return "unnamed (" + entity.Cut(who.inspector+": "+p.Title, 128) + ") " + entity.ID([]byte(text(what)))[:8]
}

func withOpponent(a, b responder.OpponentHost) responder.OpponentHost {
	return responder.OpponentHost{
		ID:             b.ID,
		IPAddr:         append(a.IPAddr, b.IPAddr...),
		Country:        append(a.Country, b.Country...),
		ASOwner:        append(a.ASOwner, b.ASOwner...),
		RelatedMalware: append(a.RelatedMalware, b.RelatedMalware...),
		RelatedDomains: append(a.RelatedDomains, b.RelatedDomains...),
		RelatedURLs:    append(a.RelatedURLs, b.RelatedURLs...),
	}
}

func withAlly(a, b responder.AlliedHost) responder.AlliedHost {
	return responder.AlliedHost{
		ID:         b.ID,
		UserName:   append(a.UserName, b.UserName...),
		Owner:      append(a.Owner, b.Owner...),
		OS:         append(a.OS, b.OS...),
		IPAddr:     append(a.IPAddr, b.IPAddr...),
		MACAddr:    append(a.MACAddr, b.MACAddr...),
		HostName:   append(a.HostName, b.HostName...),
		Country:    append(a.Country, b.Country...),
		Software:   append(a.Software, b.Software...),
		Activities: append(a.Activities, b.Activities...),
	}
}

// content gives what was collected: lists sorted, each entry once, all of it bounded.
func (c *contents) content() (out responder.Content, cut bool) {
	for id, h := range c.opponents {
		c.opponents[id] = sortedOpponent(h)
	}
	for id, h := range c.allies {
		c.allies[id] = sortedAlly(h)
	}
	for id, u := range c.users {
		u.Activities = facts(u.Activities)
		c.users[id] = u
	}
	out, cut = fit(responder.Content{OpponentHosts: c.opponents, AlliedHosts: c.allies, SubjectUsers: c.users})
	return out, cut || c.cut
}

func sortedOpponent(h responder.OpponentHost) responder.OpponentHost {
	h.IPAddr, h.Country, h.ASOwner = words(h.IPAddr), words(h.Country), words(h.ASOwner)
	h.RelatedMalware = malware(h.RelatedMalware)
	h.RelatedDomains = facts(h.RelatedDomains)
	h.RelatedURLs = facts(h.RelatedURLs)
	return h
}

func sortedAlly(h responder.AlliedHost) responder.AlliedHost {
	for _, list := range []*[]string{&h.UserName, &h.Owner, &h.OS, &h.IPAddr, &h.MACAddr, &h.HostName, &h.Country, &h.Software} {
		*list = words(*list)
	}
	h.Activities = facts(h.Activities)
	return h
}

func equal[T any](_, _ T) int { return 0 }

// words sorts a list of texts; empty ones say nothing.
func words(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// facts sorts a list, each fact once; empty ones say nothing.
func facts[T comparable](list []T) []T {
	var zero T
	return distinct(slices.DeleteFunc(slices.Clone(list), func(v T) bool { return v == zero }), equal)
}

// malware puts what is said of one file, in one relation, together. A file without a hash is no other one's.
func malware(list []responder.Malware) []responder.Malware {
	by := map[[3]string]responder.Malware{}
	for _, m := range list {
		m.SHA256 = strings.ToLower(strings.TrimSpace(m.SHA256))
		m.Scans = facts(m.Scans)
		key := [3]string{m.SHA256, m.Relation}
		if m.SHA256 == "" {
			key[2] = text(m)
		}
		was := by[key]
		m.Scans = append(was.Scans, m.Scans...)
		if was.Timestamp.After(m.Timestamp.Time) {
			m.Timestamp = was.Timestamp
		}
		by[key] = m
	}
	var out []responder.Malware
	for _, m := range by {
		if m.Scans = facts(m.Scans); m.SHA256 != "" || len(m.Scans) > 0 {
			out = append(out, m)
		}
	}
	return distinct(out, func(a, b responder.Malware) int {
		return cmp.Or(cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Relation, b.Relation))
	})
}
