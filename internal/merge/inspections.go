package merge

import (
	"cmp"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// inspected is who was asked and what came of it, a row for each inspector, origin and attribute.
type inspected struct {
	rows   map[rowKey]responder.Inspection
	silent map[answerer]bool // answered, perhaps without a page
	absent []answerer
}

type rowKey struct {
	answerer
	kind, value string
}

// answered notes that an inspector has said something.
func (in *inspected) answered(who answerer) {
	if in.silent == nil {
		in.silent, in.rows = map[answerer]bool{}, map[rowKey]responder.Inspection{}
	}
	if _, known := in.silent[who]; !known {
		in.silent[who] = true
	}
}

func (in *inspected) add(who answerer, p responder.Page) {
	in.silent[who] = false
	row := responder.Inspection{
		Inspector: who.inspector, Origin: who.origin, Attribute: p.Attribute,
		Outcome: outcome(p), Title: p.Title, Error: p.Error,
	}
	key := rowKey{answerer: who}
	if p.Attribute != nil {
		key.kind, key.value = p.Attribute.Type, p.Attribute.Value
	}
	if was, ok := in.rows[key]; !ok || better(row, was) {
		in.rows[key] = row
	}
}

// outcome completes what a page does not say. What is no outcome must not pass for a clean one.
func outcome(p responder.Page) responder.Outcome {
	switch p.Outcome {
	case responder.Found, responder.Nothing, responder.Failed, responder.Skipped:
		return p.Outcome
	}
	switch {
	case p.Error != "" || p.Outcome != "": // also with half of the content
		return responder.Failed
	case p.HasContent():
		return responder.Found
	}
	return responder.Nothing
}

// better says which of two answers about one attribute counts: a redelivered task is asked again, and what was
// found at last is what is known.
func better(a, b responder.Inspection) bool {
	if ra, rb := weight(a.Outcome), weight(b.Outcome); ra != rb {
		return ra > rb
	}
	return text(a) < text(b)
}

func weight(o responder.Outcome) int {
	return slices.Index([]responder.Outcome{responder.Failed, responder.Skipped, responder.Nothing, responder.Found}, o)
}

func (in *inspected) missing(who answerer) { in.absent = append(in.absent, who) }

// list gives the rows, sorted and bounded. Who is missing or failed is left out last.
func (in *inspected) list() (rows []responder.Inspection, cut bool) {
	for _, r := range in.rows {
		rows = append(rows, r)
	}
	for _, who := range in.absent {
		rows = append(rows, missing(who))
		delete(in.silent, who) // who has not finished has not said that there is nothing
	}
	for who, silent := range in.silent {
		if silent {
			rows = append(rows, responder.Inspection{Inspector: who.inspector, Origin: who.origin, Outcome: responder.Nothing})
		}
	}
	rows, cut = within(distinct(rows, worstFirst))
	return distinct(rows, byName), cut
}

func missing(who answerer) responder.Inspection {
	row := responder.Inspection{Inspector: who.inspector, Origin: who.origin, Outcome: responder.Missing}
	if who.inspector == protocol.Unlisted {
		row.Error = "the list of inspectors could not be read: who is missing is not known"
	}
	return row
}

func worstFirst(a, b responder.Inspection) int {
	return cmp.Or(clean(a.Outcome)-clean(b.Outcome), byName(a, b))
}

// clean says how little is lost without a row.
func clean(o responder.Outcome) int {
	return slices.Index([]responder.Outcome{responder.Missing, responder.Failed, responder.Found, responder.Skipped, responder.Nothing}, o)
}

func byName(a, b responder.Inspection) int {
	return cmp.Or(cmp.Compare(a.Inspector, b.Inspector), cmp.Compare(a.Origin, b.Origin), byAttribute(a.Attribute, b.Attribute))
}
