package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of a table.
const (
	maxRows    = 40
	maxSignals = 3 // of one row
	maxAbout   = 5
	maxCell    = 300
)

// row is one line of who found what: one inspection, or several of which there is the same to say.
type row struct {
	inspector, said string
	about           []string
	outcome         responder.Outcome
	verdict         responder.SignalVerdict // the strongest signal
	count           int                     // of inspections
}

// inspections is the table of who was asked and what came of it: what was found first, then what failed or
// is missing, and what found nothing last.
func (s Screen) inspections(r responder.Report) string {
	all := rowsOf(r)
	if len(all) == 0 {
		return s.Dim("  nobody was asked")
	}
	shown := all[:min(len(all), maxRows)]
	cells := make([][]string, len(shown))
	for i, w := range shown {
		cells[i] = []string{w.inspector, w.names(), word(w.outcome), w.said}
	}
	text := s.Table([]string{"inspector", "looked into", "outcome", "said"}, cells, func(i, col int) lipgloss.Style {
		return s.cell(shown[i], col)
	})
	if rest := all[len(shown):]; len(rest) > 0 {
		text += "\n" + s.Dim("  and more: "+tally(rest))
	}
	return text
}

func (s Screen) cell(w row, col int) lipgloss.Style {
	switch {
	case col == 0:
		return s.bold
	case col == 1:
		return lipgloss.NewStyle()
	case w.outcome == responder.Failed, w.outcome == responder.Missing:
		return s.yellow
	case w.outcome != responder.Found:
		return s.dim
	}
	switch w.verdict {
	case responder.Malicious:
		return s.red
	case responder.Suspicious:
		return s.yellow
	case responder.Harmless:
		return s.green
	}
	return s.blue
}

// word writes what must not be taken for a clean answer in capitals, since there may be no colour.
func word(o responder.Outcome) string {
	switch o {
	case responder.Failed, responder.Missing:
		return "! " + strings.ToUpper(string(o))
	case responder.Found:
		return "* found"
	}
	return "  " + Line(string(o), 20)
}

func rowsOf(r responder.Report) []row {
	signals := map[string][]responder.Signal{}
	for _, g := range r.Signals {
		k := key(g.Inspector, g.Attribute)
		signals[k] = append(signals[k], g)
	}
	var rows []row
	for _, i := range r.Inspections {
		k := key(i.Inspector, i.Attribute)
		rows = append(rows, rowOf(i, signals[k]))
		delete(signals, k)
	}
	for _, left := range signals { // of pages that nobody was asked for
		i := responder.Inspection{Inspector: left[0].Inspector, Attribute: left[0].Attribute, Outcome: responder.Found}
		rows = append(rows, rowOf(i, left))
	}
	slices.SortStableFunc(rows, row.compare)
	return together(rows)
}

// together makes one row of several of which there is the same to say, but for their attributes.
func together(rows []row) []row {
	var out []row
	for _, w := range rows {
		n := len(out) - 1
		if n < 0 || w.verdict != "" || out[n].verdict != "" ||
			out[n].inspector != w.inspector || out[n].outcome != w.outcome || out[n].said != w.said {
			out = append(out, w)
			continue
		}
		out[n].about, out[n].count = append(out[n].about, w.about...), out[n].count+w.count
	}
	return out
}

// names are the attributes of a row.
func (w row) names() string {
	about := slices.Compact(slices.Clone(w.about))
	if n := len(about) - maxAbout; n > 0 {
		return strings.Join(about[:maxAbout], "\n") + fmt.Sprintf("\nand %d more", n)
	}
	return strings.Join(about, "\n")
}

func key(inspector string, a *responder.Attribute) string {
	if a == nil {
		return inspector
	}
	return inspector + "\x00" + a.Type + "\x00" + a.Value
}

func rowOf(i responder.Inspection, signals []responder.Signal) row {
	w := row{inspector: Line(i.Inspector, 40), outcome: i.Outcome, about: []string{attribute(i.Attribute)}, count: 1}
	slices.SortStableFunc(signals, func(a, b responder.Signal) int {
		return cmp.Or(cmp.Compare(b.Verdict.Rank(), a.Verdict.Rank()), cmp.Compare(b.Score, a.Score))
	})
	if len(signals) > 0 {
		w.verdict = signals[0].Verdict
	}
	w.said = said(i, signals)
	return w
}

// said is what an inspector has to say, in a few lines.
func said(i responder.Inspection, signals []responder.Signal) string {
	var lines []string
	for n, g := range signals {
		if n == maxSignals {
			lines = append(lines, fmt.Sprintf("and %d more", len(signals)-n))
			break
		}
		lines = append(lines, signal(g))
	}
	switch {
	case i.Error != "":
		lines = append(lines, Line(i.Error, maxCell))
	case len(lines) > 0:
	case i.Title != "":
		lines = append(lines, Line(i.Title, maxCell))
	case i.Outcome == responder.Missing:
		lines = append(lines, "has not answered")
	}
	return strings.Join(lines, "\n")
}

func signal(g responder.Signal) string {
	text := verdictOf(g)
	if about := cmp.Or(g.Summary, g.Kind); about != "" {
		text += ": " + Line(about, maxCell)
	}
	return text
}

func attribute(a *responder.Attribute) string {
	if a == nil {
		return "–"
	}
	return Value(*a, 80) + " (" + Line(a.Type, 20) + ")"
}

// compare puts the strongest first; then by inspector and attribute.
func (w row) compare(v row) int {
	return cmp.Or(cmp.Compare(w.place(), v.place()), cmp.Compare(v.verdict.Rank(), w.verdict.Rank()),
		strings.Compare(w.inspector, v.inspector), strings.Compare(w.said, v.said), slices.Compare(w.about, v.about))
}

func (w row) place() int {
	return slices.Index([]responder.Outcome{
		responder.Nothing, responder.Skipped, responder.Missing, responder.Failed, responder.Found,
	}, w.outcome) * -1
}

func tally(rows []row) string {
	counts := map[responder.Outcome]int{}
	var order []responder.Outcome
	for _, w := range rows {
		if counts[w.outcome] == 0 {
			order = append(order, w.outcome)
		}
		counts[w.outcome] += w.count
	}
	parts := make([]string, len(order))
	for i, o := range order {
		parts[i] = fmt.Sprintf("%d %s", counts[o], Line(string(o), 20))
	}
	return strings.Join(parts, ", ")
}
