package render

import (
	"cmp"
	"slices"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// row is an inspector and what came of asking it, about one or several attributes.
type row struct {
	who, text string
	outcome   responder.Outcome
	entities  []string
	n         int // attributes, also those that are not named
}

const maxNamed = 3 // attributes that are named of a row

// inspected is who gave no answer, and who was asked and found nothing: none of these is another. An outcome that is not
// known here is none that is clean.
func (v *View) inspected(r responder.Report) (gaps []Gap, quiet []string) {
	var open, silent []row
	for _, w := range rows(r.Inspections) {
		if w.outcome == responder.Nothing {
			silent = append(silent, w)
		} else {
			open = append(open, w)
		}
	}
	open, v.hidden.gaps = first(open, maxRows)
	for _, w := range open {
		gaps = append(gaps, w.gap())
	}
	silent, v.hidden.quiet = first(silent, maxShort)
	for _, w := range silent {
		quiet = append(quiet, w.quiet())
	}
	return gaps, quiet
}

// rows puts inspections together that differ in nothing but the attribute, the worst first.
func rows(list []responder.Inspection) []row {
	type key struct {
		who, text string
		outcome   responder.Outcome
	}
	at, out := map[key]int{}, []row{}
	for _, i := range list {
		k := key{who: i.Inspector, outcome: i.Outcome}
		switch i.Outcome {
		case responder.Found:
			continue
		case responder.Nothing:
		case responder.Missing, responder.Skipped:
			k.text = cmp.Or(i.Error, i.Title)
		case responder.Failed:
			k.text = cmp.Or(i.Error, i.Title)
		default:
			k.outcome, k.text = responder.Failed, cmp.Or(i.Error, "it answered with an outcome that is not known here")
		}
		n, ok := at[k]
		if !ok {
			n = len(out)
			at[k], out = n, append(out, row{who: k.who, text: k.text, outcome: k.outcome})
		}
		out[n].add(i.Attribute)
	}
	slices.SortFunc(out, worse)
	return out
}

func (w *row) add(a *responder.Attribute) {
	if a == nil {
		return
	}
	if w.n++; w.n <= maxNamed {
		w.entities = append(w.entities, about(a))
	}
}

func worse(a, b row) int {
	weight := func(w row) int {
		if w.who == acting {
			return -1
		}
		return slices.Index([]responder.Outcome{responder.Missing, responder.Failed, responder.Skipped, responder.Nothing}, w.outcome)
	}
	return cmp.Or(weight(a)-weight(b), cmp.Compare(a.who, b.who), cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.text, b.text))
}

func (w row) gap() Gap {
	return Gap{Who: w.name(), Entity: w.about(), Outcome: w.outcome, Text: line(w.text, maxText)}
}

func (w row) quiet() string {
	if of := w.about(); of != "" {
		return short(w.name()+" on "+of, maxValue)
	}
	return w.name()
}

func (w row) name() string { return cmp.Or(line(w.who, maxWho), "somebody") }

func (w row) about() string { return short(joined(w.entities, maxNamed, w.n), 3*maxEntity) }
