package watchlist

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	title      = "Watchlist"
	kind       = "watchlist"
	maxSignals = 20
	maxShown   = 200
)

// pageOf says on which lists an attribute stands; the zero page if on none.
func pageOf(a responder.Attribute, found []match) responder.Page {
	found = perList(winners(found))
	if len(found) == 0 {
		return responder.Page{}
	}
	a = entity.Normalize(a)
	page := responder.Page{Title: title}
	for _, m := range found[:min(len(found), maxSignals)] {
		page.Signals = append(page.Signals, m.signal(a))
	}
	if strongest := found[0].verdict; a.Type == responder.TypeIPAddr && a.Match(responder.ContextRemote) &&
		strongest.Rank() >= responder.Suspicious.Rank() {
		page.OpponentHosts = []responder.OpponentHost{{ID: a.Value, IPAddr: []string{a.Value}}}
	}
	return page
}

// winners leaves the entries that count: those that say harmless, or those that say otherwise, whichever has the more
// specific one; harmless if it is equal. What says unknown always stands beside them.
func winners(found []match) []match {
	allow, block := none, none
	for _, m := range found {
		switch m.verdict {
		case responder.Harmless:
			allow = max(allow, m.rank)
		case responder.Malicious, responder.Suspicious:
			block = max(block, m.rank)
		}
	}
	harmless := allow >= block
	return slices.DeleteFunc(found, func(m match) bool {
		return m.verdict.Rank() > 0 && (m.verdict == responder.Harmless) != harmless
	})
}

// perList leaves one entry of each list, the most specific one, and puts the strongest first.
func perList(found []match) []match {
	slices.SortStableFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), a.stronger(b), cmp.Compare(a.note, b.note))
	})
	seen := map[*list]bool{}
	found = slices.DeleteFunc(found, func(m match) bool {
		was := seen[m.list]
		seen[m.list] = true
		return was
	})
	slices.SortStableFunc(found, func(a, b match) int {
		return cmp.Or(a.stronger(b), cmp.Compare(b.rank, a.rank), cmp.Compare(a.list.name, b.list.name))
	})
	return found
}

// stronger is negative where a says more than b.
func (a match) stronger(b match) int {
	return cmp.Or(cmp.Compare(b.verdict.Rank(), a.verdict.Rank()), cmp.Compare(b.score, a.score))
}

func (m match) signal(a responder.Attribute) responder.Signal {
	s := responder.Signal{Kind: kind, Verdict: m.verdict, Score: m.score, Source: m.source, Summary: m.summary(a)}
	if m.seen != 0 {
		s.SeenAt = responder.At(time.Unix(m.seen, 0).UTC())
	}
	return s
}

// summary says it for people: what is where on which list, and the entry's comment.
func (m match) summary(a responder.Attribute) string {
	what := clean(cmp.Or(m.part, a.Value), maxShown)
	if m.of != "" {
		what = fmt.Sprintf("%s: its %s %s", clean(a.Value, maxShown), m.of, what)
	}
	entry, where := clean(m.indicator.String(), maxShown), ""
	switch {
	case m.class == classNetwork && !(m.prefix.IsSingleIP() && m.shown == ""):
		where = " in " + entry
	case m.class == classDomain && m.text != cmp.Or(m.part, a.Value) && m.rank != exact:
		where = " under " + entry
	}
	text := fmt.Sprintf("%s is%s on the list %q", what, where, m.list.name)
	if m.note != "" {
		text += ": " + m.note
	}
	return text
}
