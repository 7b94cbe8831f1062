// Package merge compiles evidence: what inspectors found, put together by identity.
//
// in → out: alerts, submissions and who is missing → the content, inspections and signals of a report. The same
// evidence gives the same bytes, in whatever order it came and however often.
package merge

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Evidence is what is stored of a report.
type Evidence struct {
	Alerts   []responder.Alert // oldest first
	Findings []Finding
	Missing  []string // tokens still awaited at the deadline
	Cut      bool     // something of what is stored is not in it
}

// Finding is a submission.
type Finding struct {
	Token string
	Pages []responder.Page
}

// The bounds of a compiled report.
const (
	maxText     = 4 << 10 // bytes of each text
	maxList     = 1 << 10 // entries of each list in a page
	maxIdentity = entity.MaxValue
	maxContent  = 1 << 20 // bytes of JSON
	maxRows     = 2000    // signals, and inspections
	maxRowBytes = 2 << 20 // bytes of JSON of all signals, and of all inspections
)

// Compile puts the evidence together. Cut says that something was left out because of its size. The evidence
// is not changed.
func Compile(e Evidence) (content responder.Content, inspections []responder.Inspection, signals []responder.Signal, cut bool) {
	var hosts contents
	var rows inspected
	var said []responder.Signal
	for _, f := range e.Findings {
		who := source(f.Token)
		rows.answered(who)
		for _, p := range f.Pages {
			p.Signals = spelled(p.Signals)
			if len(p.Signals) > maxList { // the strongest stay
				var fewer bool
				p.Signals, fewer = strongest(p.Signals)
				cut = cut || fewer
			}
			p, shorter := bound.Copy(p, maxList, maxText)
			cut = cut || shorter
			p.Attribute = normal(p.Attribute)
			hosts.add(who, p)
			rows.add(who, p)
			said = append(said, signalsOf(who, p)...)
		}
	}
	for _, token := range e.Missing {
		rows.missing(source(token))
	}
	content, less := hosts.content()
	inspections, fewer := rows.list()
	signals, some := strongest(said)
	return content, inspections, signals, e.Cut || cut || less || fewer || some
}

// answerer is who an answer is from.
type answerer struct{ inspector, origin string }

// source takes a token apart. One that cannot be read is taken for the name of the inspector: it stays visible.
func source(token string) answerer {
	_, origin, inspector, err := protocol.ParseToken(token)
	if err != nil {
		return answerer{inspector: entity.Cut(token, maxText)}
	}
	return answerer{inspector, origin}
}

func normal(a *responder.Attribute) *responder.Attribute {
	if a == nil || a.Type == "" && a.Value == "" {
		return nil
	}
	n := entity.Normalize(*a)
	return &n
}

// spelled is a copy of signals with their verdicts as they are spelled here: plugins are written in any language.
// What is no verdict is unknown.
func spelled(signals []responder.Signal) []responder.Signal {
	signals = slices.Clone(signals)
	for i, s := range signals {
		v := responder.SignalVerdict(strings.ToLower(strings.TrimSpace(string(s.Verdict))))
		if v.Rank() == 0 {
			v = responder.UnknownSignal
		}
		signals[i].Verdict = v
	}
	return signals
}

// signalsOf gives the signals of a page with what they are about and who says so. A page that is about nothing
// in particular leaves it to its signals.
func signalsOf(who answerer, p responder.Page) []responder.Signal {
	out := slices.Clone(p.Signals)
	for i := range out {
		s := &out[i]
		s.Inspector = who.inspector
		if s.Attribute = normal(s.Attribute); p.Attribute != nil {
			s.Attribute = p.Attribute
		}
		if s.Score = min(max(s.Score, 0), 100); s.Score != s.Score { // NaN
			s.Score = 0
		}
	}
	return out
}

// strongest sorts signals, the strongest first, each once, and bounds them.
func strongest(list []responder.Signal) (sorted []responder.Signal, cut bool) {
	return within(distinctBy(list, stronger, func(s responder.Signal) string { return text(bare(s)) }))
}

func stronger(a, b responder.Signal) int {
	return cmp.Or(
		b.Verdict.Rank()-a.Verdict.Rank(),
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(a.Inspector, b.Inspector),
		byAttribute(a.Attribute, b.Attribute),
	)
}

// byAttribute orders by type and value; nothing in particular comes first.
func byAttribute(a, b *responder.Attribute) int {
	if a == nil || b == nil {
		a, b = cmp.Or(a, &responder.Attribute{}), cmp.Or(b, &responder.Attribute{})
	}
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value))
}

// bare is a signal without the role that its attribute plays: the same entity of two alerts is one.
func bare(s responder.Signal) responder.Signal {
	if s.Attribute != nil {
		s.Attribute = &responder.Attribute{Type: s.Attribute.Type, Value: s.Attribute.Value}
	}
	return s
}

// within keeps as much of the beginning of a list as a report may have.
func within[T any](list []T) (kept []T, cut bool) {
	size := 0
	for i, v := range list {
		if size += len(text(v)); i == maxRows || size > maxRowBytes {
			return list[:i:i], true
		}
	}
	return list, false
}

// distinct sorts a list, by order and then by text, and leaves out what is there already.
func distinct[T any](list []T, order func(a, b T) int) []T {
	return distinctBy(list, order, nil)
}

// distinctBy is distinct where those with the same name are one: what order sees of them must be the same. Without a
// function for it, the name is the text.
func distinctBy[T any](list []T, order func(a, b T) int, name func(T) string) []T {
	type entry struct {
		value      T
		name, text string
	}
	entries := make([]entry, len(list))
	for i, v := range list {
		entries[i] = entry{value: v, text: text(v)}
		if entries[i].name = entries[i].text; name != nil {
			entries[i].name = name(v)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(order(a.value, b.value), cmp.Compare(a.name, b.name), cmp.Compare(a.text, b.text))
	})
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return a.name == b.name })
	var out []T
	for _, e := range entries {
		out = append(out, e.value)
	}
	return out
}

// text is a value as JSON: what makes two of them the same.
func text(v any) string {
	b, _ := json.Marshal(v) // what was decoded from JSON marshals
	return string(b)
}
