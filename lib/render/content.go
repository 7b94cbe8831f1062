package render

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// content is what is known of hosts and users, one line each: the other side, one's own, users.
func (v *View) content(c responder.Content) (out []Fact) {
	n := len(c.OpponentHosts) + len(c.AlliedHosts) + len(c.SubjectUsers)
	for _, id := range smallest(c.OpponentHosts) {
		out = append(out, Fact{name(id), opponent(c.OpponentHosts[id])})
	}
	for _, id := range smallest(c.AlliedHosts) {
		out = append(out, Fact{name(id), ally(c.AlliedHosts[id])})
	}
	for _, id := range smallest(c.SubjectUsers) {
		out = append(out, Fact{name(id), activities(c.SubjectUsers[id].Activities)})
	}
	out = filled(out)
	out = out[:min(len(out), maxShort)]
	v.hidden.about = max(n-maxShort, 0)
	return out
}

func name(id string) string { return cmp.Or(line(id, maxEntity), "unnamed") }

// smallest are as many keys as are shown at most, in their order.
func smallest[T any](m map[string]T) []string {
	keys := slices.Sorted(maps.Keys(m))
	return keys[:min(len(keys), maxShort)]
}

const maxListed = 3 // entries of a list of one host

func opponent(h responder.OpponentHost) string {
	var domains, urls, files []string
	for _, d := range h.RelatedDomains[:min(len(h.RelatedDomains), maxListed)] {
		domains = append(domains, d.Name)
	}
	for _, u := range h.RelatedURLs[:min(len(h.RelatedURLs), maxListed)] {
		urls = append(urls, u.URL)
	}
	for _, m := range h.RelatedMalware[:min(len(h.RelatedMalware), maxListed)] {
		files = append(files, malware(m))
	}
	return sentence(
		labeled("", h.ASOwner, len(h.ASOwner)), labeled("", h.Country, len(h.Country)), labeled("addresses ", h.IPAddr, len(h.IPAddr)),
		labeled("names ", domains, len(h.RelatedDomains)), labeled("URLs ", urls, len(h.RelatedURLs)),
		labeled("files ", files, len(h.RelatedMalware)))
}

// malware is a file by its hash, and the name that an engine has for it.
func malware(m responder.Malware) string {
	for _, s := range m.Scans {
		if s.Positive && s.Name != "" {
			return m.SHA256 + " (" + s.Name + ")"
		}
	}
	return m.SHA256
}

func ally(h responder.AlliedHost) string {
	return sentence(
		labeled("", h.HostName, len(h.HostName)), labeled("owner ", h.Owner, len(h.Owner)), labeled("users ", h.UserName, len(h.UserName)),
		labeled("addresses ", h.IPAddr, len(h.IPAddr)), labeled("", h.OS, len(h.OS)), labeled("", h.Country, len(h.Country)),
		labeled("software ", h.Software, len(h.Software)), activities(h.Activities))
}

func activities(list []responder.Activity) string {
	var out []string
	for _, a := range list[:min(len(list), maxListed)] {
		parts := []string{}
		for _, s := range []string{a.Principal, a.Action, a.ServiceName, a.Target, a.RemoteAddr, stamp(a.LastSeen.Time)} {
			if s = line(s, 100); s != "" {
				parts = append(parts, s)
			}
		}
		out = append(out, strings.Join(parts, " "))
	}
	return labeled("did ", out, len(list))
}

// labeled is a list with what it is, empty where there is none.
func labeled(label string, list []string, total int) string {
	var out []string
	for _, s := range list[:min(len(list), maxListed)] {
		if s = line(s, 120); s != "" {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return label + joined(out, maxListed, total)
}

func sentence(parts ...string) string {
	return short(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; "), 2*maxValue)
}
