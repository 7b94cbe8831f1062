package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// round is what one delivery of a task came to.
type round struct {
	pages []responder.Page
	done  []entity.Hash // of the attributes that pages speak of
	open  error         // why others have to be asked again; nil for none
	fails []error       // of the pages that say failed because of an error
}

// sort turns answers into pages, and what has to be asked again into the error that says when. The pages are
// in the order of the tasks, whatever the order in which they were asked.
func (h *inspector) sort(tasks []responder.Task, answers []answer, d envelope.Delivery) round {
	by := map[entity.Hash]answer{}
	for _, a := range answers {
		by[hashOf(a.task)] = a
	}
	var r round
	var open []error
	for _, t := range tasks {
		a, ok := by[hashOf(t)]
		if !ok {
			a = answer{task: t, err: errNoAnswer}
		}
		page, err := h.page(a)
		if err != nil && !h.usedUp(d, err) {
			open = append(open, err)
			continue
		}
		if err != nil {
			page = h.failedPage(t, err)
			r.fails = append(r.fails, err)
		}
		r.pages, r.done = append(r.pages, page), append(r.done, hashOf(t))
	}
	r.open = again(open, len(r.done) > 0)
	return r
}

func (h *inspector) page(a answer) (responder.Page, error) {
	if a.err != nil {
		return responder.Page{}, a.err
	}
	return h.finish(a.task, a.page)
}

// usedUp says whether an error is not worth another try of this task.
func (h *inspector) usedUp(d envelope.Delivery, err error) bool {
	if responder.IsPermanent(err) || d.ReceiveCount >= h.MaxReceives {
		return true
	}
	old := age(d, h.Now)
	if delay, wait := responder.RetryDelay(err); wait {
		return old+min(delay, MaxPostpone) > maxWait
	}
	return old > h.GiveUp && (d.ReceiveCount == 0 || d.ReceiveCount >= minTries)
}

// again is one error for all that has to be asked again. The longest wait that was asked for counts; where
// only time was missing, and there was progress, the rest is asked at once.
func again(errs []error, progress bool) error {
	if len(errs) == 0 {
		return nil
	}
	wait, asked, timeOnly := time.Duration(0), false, true
	shown := errs[0]
	for _, err := range errs {
		if d, ok := responder.RetryDelay(err); ok && (!asked || d > wait) {
			wait, asked, shown = d, true, err
		}
		timeOnly = timeOnly && errors.Is(err, errTime)
	}
	switch {
	case asked:
		return responder.RetryAfter(shown, max(wait, time.Second))
	case timeOnly && progress:
		return responder.RetryAfter(shown, 0)
	}
	return shown
}

// maxSubmission bounds the pages of one submission, in bytes of JSON: SQS takes 1 MiB.
const maxSubmission = 768 << 10

// submit sends the pages, in as many submissions as they need; only the last one of a task is done.
func (h *inspector) submit(ctx context.Context, m responder.TaskMessage, r round) error {
	parts := split(r.pages)
	if len(parts) == 0 && r.open == nil {
		parts = [][]responder.Page{{}} // it may be awaited
	}
	for i, pages := range parts {
		s := responder.Submission{
			V: responder.SchemaVersion, ReportID: m.ReportID, Token: m.Token(h.ID),
			Pages: pages, Done: r.open == nil && i == len(parts)-1,
		}
		if err := h.Submit.Submit(ctx, s); err != nil {
			return fmt.Errorf("submission %d of %d: %w", i+1, len(parts), err)
		}
	}
	return nil
}

func split(pages []responder.Page) (parts [][]responder.Page) {
	size := maxSubmission
	for _, p := range pages {
		b, _ := json.Marshal(p) // it was read from JSON
		if size += len(b); size > maxSubmission {
			parts, size = append(parts, nil), len(b)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], p)
	}
	return parts
}
