package record

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// How much of the bodies of a report is judged as it was stored, in bytes of JSON, so that it fits into a function of
// 256 MB together: alerts with their raw messages, alerts without, and submissions as they are decoded. A report beyond these is truncated; the
// tables have all of it.
const (
	maxWhole    = 8 << 20
	maxAlerts   = 8 << 20
	maxFindings = 16 << 20
)

// What is left of a body beyond them: pages, entries of lists, bytes of texts.
const (
	leanPages = 256
	leanList  = 16
	leanText  = 512
)

// Lean gives a function that makes the bodies of one report smaller, in the order in which it is called: those that come
// when there is no room any more lose the raw message first, and then long texts and lists. Signals stay, the
// strongest.
func Lean() func(store.Body) store.Body { return (&lean{}).reduce }

type lean struct{ whole, alerts, findings, short int }

func (l *lean) reduce(b store.Body) store.Body {
	switch {
	case strings.HasPrefix(b.Key, alertPrefix):
		return l.alert(b)
	case strings.HasPrefix(b.Key, findingPrefix):
		return l.finding(b)
	}
	return b
}

func (l *lean) alert(b store.Body) store.Body {
	if l.whole += len(b.Data); l.whole <= maxWhole {
		return b
	}
	var r alertRecord
	if decode(b, &r, &r.V) != nil {
		return b // for the reviewer to complain about
	}
	r.Alert.Raw, r.Cut = "", true
	short := rewritten(b, r)
	if l.alerts += len(short.Data); l.alerts > maxAlerts {
		r.Alert, _ = bound.Copy(r.Alert, leanList, leanText)
		short = rewritten(b, r)
	}
	return short
}

// cost is about what a submission takes when it is decoded, in bytes.
func cost(b store.Body) int { return len(b.Data) + 256*bytes.Count(b.Data, []byte("{")) }

func (l *lean) finding(b store.Body) store.Body {
	if l.findings += cost(b); l.findings <= maxFindings {
		return b
	}
	var r findingRecord
	if decode(b, &r, &r.V) != nil {
		return b
	}
	r.Cut, r.Pages = true, shorter(r.Pages, leanPages, leanList, leanText)
	short := rewritten(b, r)
	if l.short += cost(short); l.short > maxFindings {
		r.Pages = shorter(r.Pages, 1, 1, leanText)
		short = rewritten(b, r)
	}
	return short
}

// shorter gives so many pages, those with the strongest signals, then those that failed; without what is only for people.
func shorter(pages []responder.Page, n, list, text int) []responder.Page {
	for i, p := range pages {
		slices.SortStableFunc(p.Signals, func(a, b responder.Signal) int { return rank(b) - rank(a) })
		pages[i] = responder.Page{Title: p.Title, Attribute: p.Attribute, Outcome: p.Outcome, Error: p.Error, Signals: p.Signals, V: p.V}
	}
	slices.SortStableFunc(pages, func(a, b responder.Page) int { return weight(b) - weight(a) })
	pages, _ = bound.Copy(pages[:min(len(pages), n)], n, text)
	for i, p := range pages {
		pages[i].Signals = p.Signals[:min(len(p.Signals), list)]
	}
	return pages
}

// rank is that of a verdict as it may be spelled elsewhere.
func rank(s responder.Signal) int {
	return responder.SignalVerdict(strings.ToLower(strings.TrimSpace(string(s.Verdict)))).Rank()
}

// weight says how much is lost without a page.
func weight(p responder.Page) int {
	switch {
	case len(p.Signals) > 0:
		return 2 + rank(p.Signals[0])
	case p.Error != "" || p.Outcome == responder.Failed:
		return 1
	}
	return 0
}

func rewritten(b store.Body, record any) store.Body {
	data, err := json.Marshal(record)
	if err != nil { // what was decoded from JSON marshals
		return b
	}
	return store.Body{Key: b.Key, Data: data}
}
