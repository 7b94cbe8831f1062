// Package inspectorstest runs an inspector of a service in the whole pipeline, in all that can befall it.
//
// in → out: an inspector's New, and how its service answers → whether the pipeline's promises hold, and whether the report says
// what happened.
//
// The pipeline runs on its own clock, and the service is a transport: no hour is waited for, nothing goes over a network.
package inspectorstest

import (
	"cmp"
	"io"
	"net/http"
	"testing"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Case is an inspector, and its service.
type Case struct {
	ID        string
	Types     []string
	New       func(intel.Settings) (responder.Inspector, error)
	Attribute responder.Attribute // what the alert is about, on the other side

	// Good answers each request about Attribute as the service answers about something bad; Unknown as about something
	// that it does not know; Unknown is nil where there is no such answer.
	Good, Unknown http.HandlerFunc
	// Verdict is the strongest of the signals that are made of Good; malicious if empty.
	Verdict responder.SignalVerdict
	// Requests are made for one attribute; 1 if zero.
	Requests int

	// OverQuota answers where the quota is used up, for an hour, by the service's own account; 429 with Retry-After if nil.
	OverQuota http.HandlerFunc
	// Polls is how many requests may be made in that hour; 3 for each of Requests if zero.
	Polls int
	// WrongKey answers to a key that is not valid; 401 if nil.
	WrongKey http.HandlerFunc
	// Header carries the key. It is looked at, unless it is empty.
	Header string
	// Odd are more answers with status 200 which say nothing that may be believed.
	Odd []string
	// Env is the environment of the function.
	Env map[string]string
}

// Run runs the case through everything.
func Run(t *testing.T, c Case) {
	c.Requests = cmp.Or(c.Requests, 1)
	c.Polls = cmp.Or(c.Polls, 3*c.Requests)
	c.Verdict = cmp.Or(c.Verdict, responder.Malicious)
	if c.OverQuota == nil {
		c.OverQuota = overQuota
	}
	if c.WrongKey == nil {
		c.WrongKey = Answer(http.StatusUnauthorized, `{"message": "the key is not valid"}`)
	}
	for name, test := range map[string]func(*testing.T, Case){
		"answered": answered, "unknown": unknown, "not sent": notSent,
		"redelivered": redelivered, "killed midway": killed, "memory fails": forgetful,
		"down for an hour": downForAnHour, "down for a day": downForADay,
		"429 for an hour": quotaForAnHour, "key wrong": keyWrong, "key changed": keyChanged,
		"10 MB": tenMegabytes, "not JSON": notJSON, "odd": odd, "slow": slow,
	} {
		t.Run(name, func(t *testing.T) { test(t, c) })
	}
}

// Answer always answers the same.
func Answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func overQuota(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "3600")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = io.WriteString(w, `{"message": "too many requests"}`)
}

// The times of the pipeline.
const (
	deadline = 10 * time.Minute // when the verdict goes out, whoever is missing
	runtime  = time.Minute      // of a function
)

// Start is what the clock says when the alert comes.
var Start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// key is what must be seen nowhere; fresh is the one that comes after it.
const (
	key   = "k3y-0f-the-serv1ce-9fe8a1"
	fresh = "fr3sh-k3y-0f-the-serv1ce-77"
)
