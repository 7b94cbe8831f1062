package merge

import (
	"maps"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// contentSteps is how content is cut until it fits: entries of each list, bytes of each text, and how many hosts
// and users of each kind stay. The last one fits whatever is in it.
var contentSteps = []struct{ list, text, hosts int }{
	{256, maxText, 1 << 20},
	{64, maxText, 512},
	{16, 1 << 10, 128},
	{4, 256, 32},
	{1, 64, 8},
}

// fit bounds the content: first the lists in each host, then the hosts and the texts.
func fit(c responder.Content) (out responder.Content, cut bool) {
	for _, step := range contentSteps {
		if !exceeds(c, maxContent) {
			break
		}
		c, cut = atMost(c, step.list, step.text, step.hosts), true
	}
	return c, cut
}

// exceeds says whether a content is larger than so many bytes of JSON. What is much larger is not written to its end.
func exceeds(c responder.Content, limit int) bool {
	left := limit - len(text(responder.Content{}))
	return takes(c.OpponentHosts, &left) || takes(c.AlliedHosts, &left) || takes(c.SubjectUsers, &left)
}

func takes[T any](m map[string]T, left *int) bool {
	for id, v := range m {
		if *left -= len(text(id)) + len(text(v)) + len(":,"); *left < 0 {
			return true
		}
	}
	return false
}

// atMost is a smaller copy of a content. Identities stay whole.
func atMost(c responder.Content, list, size, hosts int) responder.Content {
	c.OpponentHosts, c.AlliedHosts, c.SubjectUsers = first(c.OpponentHosts, hosts), first(c.AlliedHosts, hosts), first(c.SubjectUsers, hosts)
	c, _ = bound.Copy(c, list, size)
	for id, h := range c.OpponentHosts {
		h.ID = id
		c.OpponentHosts[id] = h
	}
	for id, h := range c.AlliedHosts {
		h.ID = id
		c.AlliedHosts[id] = h
	}
	for id, u := range c.SubjectUsers {
		u.UserName = id
		c.SubjectUsers[id] = u
	}
	return c
}

// first keeps n entries, by their keys.
func first[T any](m map[string]T, n int) map[string]T {
	if len(m) <= n {
		return m
	}
	out := make(map[string]T, n)
	for _, key := range slices.Sorted(maps.Keys(m))[:n] {
		out[key] = m[key]
	}
	return out
}
