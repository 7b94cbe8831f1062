// Package merge compiles evidence: what inspectors found, put together by identity.
//
// in → out: alerts, submissions and who is missing → the content, inspections and signals of a report. The same
// evidence gives the same bytes, in whatever order it came and however often.
package merge

import (
	"cmp"
	"encoding/json"
	"slices"

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
}

// Finding is a submission.
type Finding struct {
	Token string
	Pages []responder.Page
}

// The bounds of a compiled report.
const (
	maxText        = 4 << 10 // bytes of each text
	maxList        = 1 << 10 // entries of each list in a page
	maxContent     = 1 << 20 // bytes of JSON
	maxSignals     = 2000
	maxInspections = 2000
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
	return content, inspections, signals, cut || less || fewer || some
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

// signalsOf gives the signals of a page with what they are about and who says so.
func signalsOf(who answerer, p responder.Page) []responder.Signal {
	out := slices.Clone(p.Signals)
	for i := range out {
		s := &out[i]
		s.Attribute, s.Inspector = p.Attribute, who.inspector
		if s.Verdict.Rank() == 0 {
			s.Verdict = responder.UnknownSignal
		}
		if s.Score = min(max(s.Score, 0), 100); s.Score != s.Score { // NaN
			s.Score = 0
		}
	}
	return out
}

// strongest sorts signals, the strongest first, each once, and bounds them.
func strongest(list []responder.Signal) (sorted []responder.Signal, cut bool) {
	sorted = distinct(list, func(a, b responder.Signal) int {
		return cmp.Or(
			b.Verdict.Rank()-a.Verdict.Rank(),
			cmp.Compare(b.Score, a.Score),
			cmp.Compare(a.Inspector, b.Inspector),
		)
	})
	if len(sorted) > maxSignals {
		return sorted[:maxSignals], true
	}
	return sorted, false
}

// distinct sorts a list, by less and then by text, and leaves out what is there already.
func distinct[T any](list []T, order func(a, b T) int) []T {
	type entry struct {
		value T
		text  string
	}
	entries := make([]entry, len(list))
	for i, v := range list {
		entries[i] = entry{v, text(v)}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(order(a.value, b.value), cmp.Compare(a.text, b.text))
	})
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return a.text == b.text })
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
