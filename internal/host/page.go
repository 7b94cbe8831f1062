package host

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of a page: lists and texts are cut to half of these again and again until the page fits.
const (
	maxPage = 128 << 10 // bytes of JSON
	maxList = 1024      // entries
	maxText = 4 << 10   // bytes

	fewEntries = 32 // so many of each list are kept rather than long texts
)

const cutMark = " [cut to fit]"

// finish makes the page that is submitted of the one that a plugin gave: a copy, since a plugin may keep its
// own; with what the host knows filled in; bounded. An error means that the page cannot be written.
func (h *inspector) finish(task responder.Task, given responder.Page) (responder.Page, error) {
	if reflect.ValueOf(given).IsZero() { // nothing found, as most often
		var p responder.Page
		h.fill(&p, task)
		return p, nil
	}
	text, err := json.Marshal(given)
	if err != nil {
		return responder.Page{}, responder.Permanent(fmt.Errorf("the page cannot be written: %w", err))
	}
	var p responder.Page
	if err := json.Unmarshal(text, &p); err != nil {
		return responder.Page{}, responder.Permanent(fmt.Errorf("the page cannot be read back: %w", err))
	}
	cutToFit(&p)
	h.fill(&p, task)
	return p, nil
}

// failedPage says that an inspection ended with an error.
func (h *inspector) failedPage(task responder.Task, err error) responder.Page {
	p := responder.Page{Outcome: responder.Failed, Error: errorText(err)}
	h.fill(&p, task)
	return p
}

func (h *inspector) fill(p *responder.Page, task responder.Task) {
	p.ReportID = task.ReportID
	if p.Author == "" {
		p.Author = h.ID
	}
	if p.Attribute == nil {
		a := task.Attribute
		p.Attribute = &a
	}
	p.Error = entity.Cut(printable(p.Error), maxErrorText)
	p.Outcome, p.Error = outcome(*p)
	for i, s := range p.Signals {
		p.Signals[i].Score = min(max(s.Score, 0), 100)
	}
}

// outcome completes how an inspection ended. What is no outcome must not pass for a clean one.
func outcome(p responder.Page) (responder.Outcome, string) {
	switch p.Outcome {
	case responder.Found, responder.Nothing, responder.Failed, responder.Skipped:
		return p.Outcome, p.Error
	case "":
		if p.Error != "" { // also with half of the content
			return responder.Failed, p.Error
		}
		if p.HasContent() {
			return responder.Found, ""
		}
		return responder.Nothing, ""
	}
	return responder.Failed, fmt.Sprintf("outcome: %.40q, expected found, nothing, failed or skipped", p.Outcome)
}

// cutToFit cuts a page until it fits, lists before texts, and says so in its title. The strongest signals stay.
func cutToFit(p *responder.Page) {
	if len(p.Signals) > maxList {
		byStrength(p.Signals)
	}
	list, text := maxList, maxText
	shorter, cut := bound.Copy(*p, list, text)
	for !fits(&shorter) && text > 1 {
		byStrength(shorter.Signals)
		if list /= 2; list < fewEntries {
			list, text = max(list, 1), text/2
		}
		shorter, _ = bound.Copy(shorter, list, text)
		cut = true
	}
	if *p = shorter; cut {
		p.Title = entity.Cut(p.Title, maxText-len(cutMark)) + cutMark
	}
}

func fits(p *responder.Page) bool {
	b, err := json.Marshal(p)
	return err != nil || len(b) <= maxPage
}

func byStrength(signals []responder.Signal) {
	slices.SortStableFunc(signals, func(a, b responder.Signal) int { return b.Verdict.Rank() - a.Verdict.Rank() })
}
