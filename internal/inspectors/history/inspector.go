package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

const (
	maxShown = 5 // former reports that a page names
	maxTitle = 80
	maxID    = 100
	maxType  = 64
)

// inspector tells of former reports.
type inspector struct{ Options }

// Inspect implements responder.Inspector.
func (h *inspector) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	if !isKept(task.Attribute) {
		return responder.Page{Title: "History: this is not kept", Outcome: responder.Skipped}, nil
	}
	stands, err := h.Memory.Load(ctx, keyOf(task.Attribute))
	if err != nil {
		return responder.Page{}, fmt.Errorf("history: %w", err)
	}
	now := h.Now()
	e, err := read(stands, now)
	if err != nil {
		return responder.Page{}, fmt.Errorf("history: %w", err)
	}
	if e = e.without(task.ReportID); e.Total.all() == 0 {
		return responder.Page{}, nil
	}
	return pageOf(e, judge(e, task, now)), nil
}

// without is the entry without the report that asks.
func (e entry) without(id string) entry {
	id = intel.Clean(id, maxID)
	if i := slices.IndexFunc(e.Reports, func(r row) bool { return r.ID == id }); i >= 0 {
		e.Total.add(e.Reports[i].Severity, -1)
		e.Reports = slices.Delete(slices.Clone(e.Reports), i, i+1)
	} else if i := e.older(id); i >= 0 {
		was, _ := apart(e.Older[i])
		e.Total.add(was, -1)
	}
	return e
}

// pageOf has what follows from a history first, and then the former reports that matter most.
func pageOf(e entry, j judgement) responder.Page {
	t := e.Total
	counts := fmt.Sprintf("%d safe, %d unclassified, %d urgent", t.Safe, t.Unclassified, t.Urgent)
	times := "once"
	if n := t.all(); n > 1 {
		times = fmt.Sprintf("%d times", n)
	}
	page := responder.Page{Title: fmt.Sprintf("Seen %s, %d safe", times, t.Safe)}
	page.Signals = append(page.Signals, responder.Signal{Kind: ID, Verdict: j.verdict, Score: j.score, Source: Name, SeenAt: e.Last,
		Summary: fmt.Sprintf("seen %s in reports since %s: %s. %s", times, date(e.First), counts, j.why)})
	for _, r := range telling(e.Reports) {
		page.Signals = append(page.Signals, responder.Signal{Kind: ID, Verdict: responder.UnknownSignal, Source: Name, SeenAt: r.OpenedAt,
			Summary: fmt.Sprintf("%s: %s (report %s)", r.Severity, r.Title, r.ID)})
	}
	return page
}

// telling are the reports that a person wants to see first: what was urgent, then the latest.
func telling(rows []row) []row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		if order := rank(b) - rank(a); order != 0 {
			return order
		}
		return b.OpenedAt.Compare(a.OpenedAt.Time)
	})
	return rows[:min(len(rows), maxShown)]
}

func rank(r row) int {
	if r.Severity == responder.Urgent {
		return 1
	}
	return 0
}

func date(t responder.Time) string { return t.UTC().Format(time.DateOnly) }
