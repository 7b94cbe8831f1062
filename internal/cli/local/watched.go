package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// watched is an inspector that is listened to: who has answered, and who has to wait for how long.
type watched struct {
	shipped.Inspector
	asked responder.Inspector

	mu     sync.Mutex
	closed bool
	done   map[string]bool      // what was answered
	again  map[string]time.Time // when to ask again about what; zero: when the pipeline does
	last   error                // why
}

func watch(who shipped.Inspector, i responder.Inspector) *watched {
	return &watched{Inspector: who, asked: i, done: map[string]bool{}, again: map[string]time.Time{}}
}

// inspector is the one for the pipeline. Who rather answers several attributes at once is asked so.
func (w *watched) inspector() responder.Inspector {
	if all, ok := w.asked.(responder.BatchInspector); ok {
		return watchedBatch{w, all}
	}
	return w
}

// notAsked is longer than the pipeline is then let go on.
const notAsked = 11 * time.Hour

var errClosed = responder.RetryAfter(errors.New("the waiting is over"), notAsked)

// close lets nobody ask any more.
func (w *watched) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

func (w *watched) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// Inspect implements responder.Inspector.
func (w *watched) Inspect(ctx context.Context, t responder.Task) (responder.Page, error) {
	if w.isClosed() {
		return responder.Page{}, errClosed
	}
	page, err := w.asked.Inspect(ctx, t)
	w.heard(err, t)
	return page, err
}

func (w *watched) heard(err error, tasks ...responder.Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range tasks {
		k := keyOf(t)
		delete(w.again, k)
		if err == nil || responder.IsPermanent(err) {
			w.done[k] = true
			continue
		}
		w.last = err
		w.again[k] = time.Time{}
		if d, ok := responder.RetryDelay(err); ok {
			w.again[k] = time.Now().Add(d)
		}
	}
}

func keyOf(t responder.Task) string {
	return t.ReportID + "\x00" + t.Attribute.Type + "\x00" + t.Attribute.Value
}

// watchedBatch asks about several attributes at once.
type watchedBatch struct {
	*watched
	all responder.BatchInspector
}

// InspectAll implements responder.BatchInspector.
func (w watchedBatch) InspectAll(ctx context.Context, tasks []responder.Task) ([]responder.Page, error) {
	if w.isClosed() {
		return nil, errClosed
	}
	pages, err := w.all.InspectAll(ctx, tasks)
	w.heard(err, tasks...)
	return pages, err
}

// left is how it stands with an inspector whose queue has these tasks.
type left struct {
	name       string
	open, done int       // attributes
	next       time.Time // when the first of them may be asked about; zero: soon
	why        error
}

func (w *watched) left(tasks []string, now time.Time) left {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := left{name: w.ID, done: len(w.done), why: w.last}
	for _, body := range tasks {
		var m responder.TaskMessage
		if json.Unmarshal([]byte(body), &m) != nil {
			continue
		}
		for _, t := range m.Tasks() {
			if w.Accepts(t.Attribute.Type) && !w.done[keyOf(t)] {
				l.open++
			}
		}
	}
	first := true
	for _, t := range w.again {
		past := !t.IsZero() && !t.After(now) // it was held back, since others have to wait
		if !past && (first || t.Before(l.next)) {
			l.next, first = t, false
		}
	}
	return l
}

// progress is one line for whom waits.
func (l left) progress(now time.Time) string {
	text := fmt.Sprintf("%s: %d of %d left", l.name, l.open, l.open+l.done)
	if l.next.After(now) {
		text += ", again in " + show.Duration(l.next.Sub(now))
	}
	return text
}

// missed is what is said when the waiting is over.
func (l left) missed(now time.Time) string {
	text := fmt.Sprintf("%s: %d of %d attributes have no answer", l.name, l.open, l.open+l.done)
	if l.why != nil {
		text += ": " + l.why.Error()
	}
	if l.next.After(now) {
		text += fmt.Sprintf("; it may be asked again in %s, after %s", show.Duration(l.next.Sub(now)), l.next.Format("15:04:05 MST"))
	}
	return text
}
