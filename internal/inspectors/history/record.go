package history

import (
	"slices"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of an entry: 6 KB at most, where ids and titles are as usual.
const (
	maxRows   = 20
	maxUrgent = 10 // of them
	maxOlder  = 100
)

// with is the entry with what a report says, and whether that changes it. A report is counted once, with its last verdict,
// however often and in whatever order it is told, as long as it is among the last 120 of the attribute. The entry
// itself is not changed.
func (e entry) with(r row, keep time.Duration, now time.Time) (entry, bool) {
	e.Reports, e.Older = slices.Clone(e.Reports), slices.Clone(e.Older)
	if i := slices.IndexFunc(e.Reports, func(was row) bool { return was.ID == r.ID }); i >= 0 {
		was := e.Reports[i]
		if r.Seq <= was.Seq {
			return e, false
		}
		e.Total.add(was.Severity, -1)
		e.Reports[i] = r
	} else if i := e.older(r.ID); i >= 0 {
		was, seq := apart(e.Older[i])
		if r.Seq <= seq {
			return e, false
		}
		e.Total.add(was, -1)
		e.Older = slices.Delete(e.Older, i, i+1)
		e.Reports = append(e.Reports, r)
	} else {
		e.Reports = append(e.Reports, r)
	}
	e.Total.add(r.Severity, 1)
	e.span(r.OpenedAt)
	e.forget(now.Add(-keep))
	for len(e.Reports) > maxRows {
		e.drop(e.least())
	}
	e.Older = e.Older[max(len(e.Older)-maxOlder, 0):]
	return e, true
}

func (e *entry) span(t responder.Time) {
	if t.IsZero() {
		return
	}
	if e.First.IsZero() || t.Before(e.First.Time) {
		e.First = t
	}
	if t.After(e.Last.Time) {
		e.Last = t
	}
}

// forget drops what was opened before a time: the report itself is gone by then.
func (e *entry) forget(before time.Time) {
	for i := 0; i < len(e.Reports); {
		if r := e.Reports[i]; !r.OpenedAt.IsZero() && r.OpenedAt.Before(before) {
			e.drop(i)
		} else {
			i++
		}
	}
}

func (e *entry) drop(i int) {
	r := e.Reports[i]
	e.Reports = slices.Delete(e.Reports, i, i+1)
	e.Older = append(e.Older, letter(r.Severity)+hash(r.ID)+strconv.FormatInt(r.Seq, 10))
}

// least is the report that is missed least: the first of more than ten urgent ones; one that proves nothing; one that a later
// one of its day is like; the first that is not urgent. So neither a flood of harmless ones drives out what was urgent, nor a
// busy day the weeks before it.
func (e entry) least() int {
	urgent := func(r row) bool { return r.Severity == responder.Urgent }
	if len(filter(e.Reports, urgent)) > maxUrgent {
		return slices.IndexFunc(e.Reports, urgent)
	}
	for i, r := range e.Reports {
		if !urgent(r) && (r.Void || r.Local) {
			return i
		}
	}
	for i, r := range e.Reports {
		if !urgent(r) && slices.ContainsFunc(e.Reports[i+1:], func(later row) bool { return later.day() == r.day() }) {
			return i
		}
	}
	return slices.IndexFunc(e.Reports, func(r row) bool { return !urgent(r) })
}

func filter(rows []row, is func(row) bool) (out []row) {
	for _, r := range rows {
		if is(r) {
			out = append(out, r)
		}
	}
	return out
}

// ofDay is what reports of one day can have in common.
type ofDay struct {
	day      string
	rule     string
	severity responder.Severity
}

func (r row) day() ofDay {
	return ofDay{r.OpenedAt.UTC().Format(time.DateOnly), r.Rule, r.Severity}
}

// The letters of Older.
const safeLetter, urgentLetter, otherLetter = "s", "u", "n"

func letter(s responder.Severity) string {
	switch s {
	case responder.Safe:
		return safeLetter
	case responder.Urgent:
		return urgentLetter
	}
	return otherLetter
}

func (e entry) older(id string) int {
	h := hash(id)
	return slices.IndexFunc(e.Older, func(o string) bool { return len(o) > len(h) && o[1:1+len(h)] == h })
}

// apart takes one of Older apart, which has a letter and a hash at least.
func apart(older string) (severity responder.Severity, seq int64) {
	seq, _ = strconv.ParseInt(older[1+len(hash("")):], 10, 64)
	switch older[:1] {
	case safeLetter:
		return responder.Safe, seq
	case urgentLetter:
		return responder.Urgent, seq
	}
	return responder.Unclassified, seq
}
