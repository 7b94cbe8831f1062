// Package emitterstest tests emitters that speak to a service, in the whole pipeline beside a fake of the service, while
// what goes wrong between them goes wrong.
//
// in → out: an emitter and its service → what people see there, which is to be one thing of each report, with its last
// verdict, whatever happened on the way.
//
// Each test runs the pipeline of internal/inprocess on a clock of its own, for a day in which alerts of several incidents
// come in and verdicts change. A process that is killed runs no further, its memory is lost, and the queue delivers again.
package emitterstest

import (
	"cmp"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// Case is an emitter with its service.
type Case struct {
	// New makes the emitter; it is called once for each process. The settings have Key, Getenv, Transport and Now.
	New func(delivery.Settings) (responder.Emitter, error)
	// Env is the environment, by name.
	Env map[string]string
	// Key is the secret that the service accepts. Empty: there is none.
	Key string
	// WrongKey is one that it does not accept; Key with another last character if empty.
	WrongKey string
	// Service makes the service, empty, whose clock is now. It need not be safe for concurrent use. The function gives what
	// people see in the end, the oldest first.
	Service func(t *testing.T, now func() time.Time) (http.Handler, func() []Shown)
	// Want is what is to be shown of a report whose last verdict this is; none: nothing is. Nil: the verdict's severity.
	Want func(r responder.Report) (s Shown, some bool)
	// Requests is how many one call of the emitter makes at most while all is well; 4 if zero.
	Requests int
	// Looks is how many it makes at most where it is not known what was done; three times as many if zero.
	Looks int
	// Cannot is what the service cannot do.
	Cannot Cannot
}

// Cannot is what a service cannot do. Say so as well where people read of the emitter.
type Cannot struct {
	// Edit: each notification is a message of its own; the last one of a report tells its last verdict.
	Edit bool
	// TellRepeats: what is sent again because its answer was lost is shown again.
	TellRepeats bool
	// TellPages: a page of a gateway, with a 200, passes for success, and what a proxy refuses for refused.
	TellPages bool
}

// Shown is one message, incident or issue, as people see it in the end.
type Shown struct {
	Report  string   // the report's id
	Verdict string   // as Want has it: what people take it for
	Text    string   // all of it; if not empty, the reason of the last verdict must stand in it
	Said    []string // what stands below it: replies, comments. None may be there twice
}

// Run runs all tests of a case.
func Run(t *testing.T, c Case) {
	c = c.withDefaults()
	fair := c.play(t, t, plan{})
	t.Logf("while all is well: %d calls, %d requests", fair.calls, fair.requests)
	if assert.LessOrEqual(t, fair.worst, c.Requests, "requests of one call while all is well"); t.Failed() {
		return // what follows is about what goes wrong
	}
	for _, s := range c.scenarios(fair) {
		t.Run(s.name, func(t *testing.T) { c.try(t, t, s) })
	}
	t.Run("everything", c.everything)
}

// try plays a scenario.
func (c Case) try(t *testing.T, in tester, s scenario) {
	in.Helper()
	w := c.play(t, in, s.plan())
	if s.check != nil {
		s.check(in, w)
	}
}

func (c Case) withDefaults() Case {
	c.Requests = cmp.Or(c.Requests, 4)
	c.Looks = cmp.Or(c.Looks, 3*c.Requests)
	if c.WrongKey == "" && c.Key != "" {
		last := "x"
		if c.Key[len(c.Key)-1:] == last {
			last = "y"
		}
		c.WrongKey = c.Key[:len(c.Key)-1] + last
	}
	if c.Want == nil {
		c.Want = func(r responder.Report) (Shown, bool) {
			return Shown{Report: r.ReportID, Verdict: string(r.Result.Severity)}, true
		}
	}
	return c
}
