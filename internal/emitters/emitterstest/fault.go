package emitterstest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
)

// fault is what becomes of a request.
type fault string

// The faults.
const (
	none        fault = ""
	unreachable fault = "no connection"
	lost        fault = "the answer is lost"
	down        fault = "503"
	downLater   fault = "503, with a Retry-After of ten minutes"
	doneDown    fault = "done, but 502 of a gateway"
	busy        fault = "429, with a Retry-After of ten minutes"
	page        fault = "200 with a page"
	pageDone    fault = "done, but 200 with a page"
	page403     fault = "403 with a page"
	page502     fault = "502 with a page"
	text400     fault = "400 with a proxy's text"
	text404     fault = "404 with a proxy's text"
	away        fault = "303 to a page"
	killed      fault = "killed before the request"
	killedDone  fault = "killed before the answer"
)

const html = "<!DOCTYPE html><html><body>Please log in</body></html>"

// answers of a fault that are given in place of the service's.
var answers = map[fault]func(http.ResponseWriter){
	down: func(w http.ResponseWriter) { w.WriteHeader(503) },
	downLater: func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(503)
	},
	doneDown: func(w http.ResponseWriter) { w.WriteHeader(502) },
	busy: func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(429)
	},
	page: pageOf(200), pageDone: pageOf(200), page403: pageOf(403), page502: pageOf(502),
	text400: textOf(400, "Bad Request"), text404: textOf(404, "404 page not found"), // as proxies say it that know no service
	away: func(w http.ResponseWriter) {
		w.Header().Set("Location", "https://login.example/?next=x")
		w.WriteHeader(303)
	},
}

func pageOf(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, html)
	}
}

func textOf(status int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text+"\n")
	}
}

// transport leads to the service, with what goes wrong on the way.
type transport struct{ *world }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := t.world
	processOf(r.Context()).live()
	if meanwhile, ok := r.Context().Value(meanwhileKey{}).(func()); ok {
		meanwhile()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.requests++
	what := none
	if w.plan.at != nil {
		what = w.plan.at(w.requests, w.after())
	}
	if what != none {
		w.faults++
	}
	switch what {
	case unreachable:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case killed:
		processOf(r.Context()).kill()
	}
	answer := httptest.NewRecorder()
	if slices.Contains([]fault{none, lost, doneDown, pageDone, killedDone}, what) {
		w.service.ServeHTTP(answer, r)
	}
	switch give := answers[what]; {
	case what == killedDone:
		processOf(r.Context()).kill()
	case what == lost:
		return nil, errors.New("connection reset by peer")
	case give != nil:
		answer = httptest.NewRecorder()
		give(answer)
	}
	resp := answer.Result()
	resp.Request = r
	return resp, nil
}

// exit ends the goroutine as a process ends: nothing of it runs any more but what was deferred.
func exit() { runtime.Goexit() }
