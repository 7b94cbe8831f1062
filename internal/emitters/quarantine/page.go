package quarantine

import (
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// page is what is told of one entity, in one line: what counts stands first, for it may be cut where it is shown. The zero page
// is that nobody knows.
type page struct {
	title string
	done  bool // something was done, or would be
}

const maxTitle = 2000 // bytes

// words are an action by what it does, and has done.
var words = map[actions.Kind][2]string{
	actions.IsolateInstance: {"isolate %s", "isolated %s"},
	actions.DeactivateKey:   {"deactivate %s", "deactivated %s"},
	actions.DenyUser:        {"deny %s everything", "denied %s everything"},
	actions.DenyRole:        {"deny sessions of %s everything", "denied sessions of %s everything"},
	actions.BlockBucket:     {"block public access to %s", "blocked public access to %s"},
	actions.BlockAddress:    {"block %s", "blocked %s"},
}

// things are what targets are called while nobody has looked at them.
var things = map[actions.Kind]string{
	actions.IsolateInstance: "instance", actions.DeactivateKey: "access key", actions.DenyUser: "user", actions.DenyRole: "role",
	actions.BlockBucket: "bucket", actions.BlockAddress: "address",
}

func (w *work) said(form int, k actions.Kind, name, value string) string {
	return fmt.Sprintf(words[k][form], or(text(name, 200), things[k]+" "+text(value, 120)))
}

func toDo(w *work, a ledger.Action) string {
	return w.said(0, a.Target.Kind, a.Name, a.Target.Value)
}

func undo(a ledger.Action) string { return "undo: alertresponder quarantine undo " + a.ID }

// refused is what is not done, and why.
func (w *work) refused(c candidate, reasons ...string) page {
	what := w.said(0, c.target.Kind, "", c.target.Value)
	if !w.on {
		return page{title: "dry-run: would not " + what + ": " + strings.Join(reasons, "; ")}
	}
	return page{title: "did not " + what + ": " + strings.Join(reasons, "; ")}
}

// would is what would have been done.
func (w *work) would(a ledger.Action) page {
	if a.State == ledger.Failed {
		return page{title: "dry-run: would not " + toDo(w, a) + ": " + a.Error}
	}
	return page{done: true, title: "dry-run, nothing was done: would " + toDo(w, a) + "; rule " + a.Rule + ": " + a.Why +
		lines(". It would not stop, or might break: ", a.Warnings) + lines(". It would: ", a.Did)}
}

// standing is what was done, or given up half done, and not put back.
func (w *work) standing(a ledger.Action) page {
	var b strings.Builder
	switch a.State {
	case ledger.Failed:
		fmt.Fprintf(&b, "did not %s, or not whole: %s; %s", toDo(w, a), a.Error, undo(a))
	case ledger.Undoing:
		fmt.Fprintf(&b, "%s, and %s is putting it back; to go on with that: alertresponder quarantine undo %s", w.did(a), or(text(a.By, 100), "somebody"), a.ID)
	default:
		fmt.Fprintf(&b, "%s; %s", w.did(a), undo(a))
	}
	if w.severity == responder.Safe {
		b.WriteString(". The verdict is safe now: nothing is put back by itself")
	}
	if a.Report != w.report.ReportID {
		b.WriteString(". It was done for report " + text(a.Report, 80))
	}
	b.WriteString(lines(". Not stopped, or perhaps broken: ", a.Warnings) + lines(". Left undone: ", a.Left) + lines(". Done: ", a.Did))
	b.WriteString(". Rule " + a.Rule + ": " + a.Why)
	return page{done: true, title: b.String()}
}

func (w *work) did(a ledger.Action) string {
	return w.said(1, a.Target.Kind, a.Name, a.Target.Value)
}

// begun is what may be half done, and is not gone on with.
func (w *work) begun(a ledger.Action, reasons []string) page {
	if !w.on {
		reasons = []string{"it is a dry-run now"}
	}
	return page{done: true, title: fmt.Sprintf("began to %s, and does not go on, for %s; what may have been done, %s", toDo(w, a), strings.Join(reasons, "; "), undo(a))}
}

// trying is what is begun and tried again.
func (w *work) trying(a ledger.Action, why string) page {
	return page{done: true, title: fmt.Sprintf("is about to %s: %s; it is tried again; %s", toDo(w, a), why, undo(a)) + lines(". Done so far: ", a.Did)}
}

// over is what a report had, and has no more: it does not get it again.
func (w *work) over(a ledger.Action) page {
	if a.State == ledger.Undone {
		return page{title: fmt.Sprintf("%s; %s put it back at %s, and so it stays for this report", w.did(a), or(text(a.By, 100), "somebody"),
			a.Undone.UTC().Format("2006-01-02 15:04 UTC")) + lines(". Left as it was: ", a.Left)}
	}
	return page{title: "could not " + toDo(w, a) + ", nothing was done: " + a.Error}
}

// lines are sentences behind what they are.
func lines(what string, list []string) string {
	var out []string
	for _, s := range list {
		if s = strings.TrimRight(text(s, 300), ". "); s != "" {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return what + strings.Join(out, "; ")
}

// pages are as the report gets them, one for each entity.
func pages(list []candidate, told []page) (out []responder.Page) {
	at := map[[2]string]int{}
	for i, c := range list {
		id := [2]string{c.attribute.Type, c.attribute.Value}
		outcome := responder.Skipped
		if told[i].done {
			outcome = responder.Found
		}
		n, ok := at[id]
		if !ok {
			at[id] = len(out)
			attr := c.attribute
			out = append(out, responder.Page{Author: ID, Title: text(told[i].title, maxTitle), Attribute: &attr, Outcome: outcome})
			continue
		}
		p := &out[n] // of another account
		p.Title = text(p.Title+" – "+told[i].title, maxTitle)
		if outcome == responder.Found {
			p.Outcome = outcome
		}
	}
	return out
}
