package pagerduty

import (
	"net/http"
	"testing"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/emitterstest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestInThePipeline(t *testing.T) {
	emitterstest.Run(t, emitterstest.Case{
		New: New,
		Key: key,
		Service: func(*testing.T, func() time.Time) (http.Handler, func() []emitterstest.Shown) {
			f := newFake()
			return f, f.shown
		},
		Want: func(r responder.Report) (emitterstest.Shown, bool) {
			return emitterstest.Shown{Report: r.ReportID, Verdict: "open"}, r.Result.Severity == responder.Urgent
		},
		Requests: 1,
		Looks:    2, // the key may be another one
	})
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer(w, r)
}

// shown is what people have before them: the incidents that are open.
func (f *fake) shown() (list []emitterstest.Shown) {
	for _, i := range f.incidents {
		if i.open {
			list = append(list, emitterstest.Shown{Report: i.key, Verdict: "open"})
		}
	}
	return list
}
