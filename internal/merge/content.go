package merge

import (
	"cmp"
	"maps"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// contents collects hosts and users by their identity. The zero value is empty.
type contents struct {
	opponents map[string]responder.OpponentHost
	allies    map[string]responder.AlliedHost
	users     map[string]responder.SubjectUser
}

func (c *contents) add(who answerer, p responder.Page) {
	if c.opponents == nil {
		c.opponents = map[string]responder.OpponentHost{}
		c.allies = map[string]responder.AlliedHost{}
		c.users = map[string]responder.SubjectUser{}
	}
	for _, h := range p.OpponentHosts {
		h.ID = identity(h.ID, who, p)
		c.opponents[h.ID] = withOpponent(c.opponents[h.ID], h)
	}
	for _, h := range p.AlliedHosts {
		h.ID = identity(h.ID, who, p)
		c.allies[h.ID] = withAlly(c.allies[h.ID], h)
	}
	for _, u := range p.SubjectUsers {
		u.UserName = identity(u.UserName, who, p)
		c.users[u.UserName] = responder.SubjectUser{
			UserName:   u.UserName,
			Activities: append(c.users[u.UserName].Activities, u.Activities...),
		}
	}
}

// identity is what a host is merged by: its id, or the attribute that was inspected. One that has neither is
// not taken for another inspector's.
func identity(id string, who answerer, p responder.Page) string {
	switch {
	case id != "":
		return id
	case p.Attribute != nil && p.Attribute.Value != "":
		return p.Attribute.Value
	}
	return entity.Cut("unnamed ("+who.inspector+": "+p.Title+")", 256)
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
		u.Activities = distinct(u.Activities, equal)
		c.users[id] = u
	}
	return fit(responder.Content{OpponentHosts: c.opponents, AlliedHosts: c.allies, SubjectUsers: c.users})
}

func sortedOpponent(h responder.OpponentHost) responder.OpponentHost {
	h.IPAddr, h.Country, h.ASOwner = words(h.IPAddr), words(h.Country), words(h.ASOwner)
	h.RelatedMalware = malware(h.RelatedMalware)
	h.RelatedDomains = distinct(h.RelatedDomains, equal)
	h.RelatedURLs = distinct(h.RelatedURLs, equal)
	return h
}

func sortedAlly(h responder.AlliedHost) responder.AlliedHost {
	for _, list := range []*[]string{&h.UserName, &h.Owner, &h.OS, &h.IPAddr, &h.MACAddr, &h.HostName, &h.Country, &h.Software} {
		*list = words(*list)
	}
	h.Activities = distinct(h.Activities, equal)
	return h
}

func equal[T any](_, _ T) int { return 0 }

// words sorts a list of texts; empty ones say nothing.
func words(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
	slices.Sort(list)
	if list = slices.Compact(list); len(list) == 0 {
		return nil
	}
	return list
}

// malware puts what is said of one file, in one relation, together.
func malware(list []responder.Malware) []responder.Malware {
	by := map[[2]string]responder.Malware{}
	for _, m := range list {
		key := [2]string{m.SHA256, m.Relation}
		was := by[key]
		m.Scans = append(slices.Clone(was.Scans), m.Scans...)
		if was.Timestamp.After(m.Timestamp.Time) {
			m.Timestamp = was.Timestamp
		}
		by[key] = m
	}
	var out []responder.Malware
	for _, m := range by {
		m.Scans = distinct(m.Scans, equal)
		out = append(out, m)
	}
	return distinct(out, func(a, b responder.Malware) int {
		return cmp.Or(cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Relation, b.Relation))
	})
}

// fit bounds the content: first the lists in each host, then the hosts.
func fit(c responder.Content) (out responder.Content, cut bool) {
	for n := maxList / 4; len(text(c)) > maxContent && n > 0; n /= 4 {
		var less bool
		c, less = bound.Copy(c, n, maxText)
		cut = cut || less
		if n <= 64 {
			c.OpponentHosts, less = first(c.OpponentHosts, n*8)
			cut = cut || less
			c.AlliedHosts, less = first(c.AlliedHosts, n*8)
			cut = cut || less
			c.SubjectUsers, less = first(c.SubjectUsers, n*8)
			cut = cut || less
		}
	}
	return c, cut
}

// first keeps n entries, by their keys.
func first[T any](m map[string]T, n int) (map[string]T, bool) {
	if len(m) <= n {
		return m, false
	}
	out := make(map[string]T, n)
	for _, key := range slices.Sorted(maps.Keys(m))[:n] {
		out[key] = m[key]
	}
	return out, true
}
