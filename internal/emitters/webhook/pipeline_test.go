package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/emitters/emitterstest"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

func TestInThePipeline(t *testing.T) {
	emitterstest.Run(t, emitterstest.Case{
		New: func(s delivery.Settings) (responder.Emitter, error) {
			return New(Options{URL: s.Env(urlVariable), Secret: s.Key, Client: &http.Client{Transport: s.Transport}, Now: s.Now})
		},
		Env:      map[string]string{urlVariable: "https://receiver.example/" + token},
		Key:      secret,
		Requests: 1,
		Looks:    2, // with the secret read again
		Cannot:   emitterstest.Cannot{TellPages: true},
		Service: func(t *testing.T, now func() time.Time) (http.Handler, func() []emitterstest.Shown) {
			r := &keeper{t: t, now: now, latest: map[string]responder.Report{}}
			return r, r.shown
		},
	})
}

// keeper is a receiver as Verify and the package comment have it: what is signed and newer takes the place of what it has.
type keeper struct {
	t      *testing.T
	now    func() time.Time
	latest map[string]responder.Report
	order  []string
}

// ServeHTTP implements http.Handler.
func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if Verify(r.Header.Get(SignatureHeader), body, secret, k.now(), time.Minute) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var report responder.Report
	assert.NoError(k.t, json.Unmarshal(body, &report))
	was, known := k.latest[report.ReportID]
	if !known {
		k.order = append(k.order, report.ReportID)
	}
	if report.Status != responder.StatusPublished { // a notice takes nothing away
		report.Result = was.Result
	}
	if report.Seq > was.Seq {
		k.latest[report.ReportID] = report
	}
	w.WriteHeader(http.StatusNoContent)
}

func (k *keeper) shown() (list []emitterstest.Shown) {
	for _, id := range k.order {
		r := k.latest[id]
		list = append(list, emitterstest.Shown{Report: id, Verdict: string(r.Result.Severity), Text: r.Result.Reason})
	}
	return list
}
