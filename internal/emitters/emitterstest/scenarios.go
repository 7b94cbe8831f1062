package emitterstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
)

// scenario is one way in which things go wrong.
type scenario struct {
	name  string
	plan  func() plan // a new one for each time
	check func(t tester, w *world)
}

// scenarios are all of a case, of which it is known how it goes while all is well.
func (c Case) scenarios(fair *world) []scenario {
	list := c.again(fair)
	list = append(list, c.each(fair, killed, killedDone)...)
	list = append(list, noReceipt(fair)...)
	list = append(list, c.each(fair, c.able(lost, doneDown, unreachable, down, page, pageDone, text400, text404, away)...)...)
	list = append(list, disorder()...)
	for _, f := range c.able(unreachable, lost, down, downLater, busy, page502, page403, page, text400, text404, away) {
		list = append(list, c.hour(f))
	}
	if c.Key != "" {
		list = append(list, c.keys()...)
	}
	return list
}

// able leaves out the faults that the service cannot tell from success.
func (c Case) able(faults ...fault) (list []fault) {
	for _, f := range faults {
		if !c.Cannot.TellPages || !slices.Contains([]fault{page, pageDone, text400, text404, away}, f) {
			list = append(list, f)
		}
	}
	return list
}

// again: the queue delivers each batch twice, the second time to another process; or while the first one is at it.
func (c Case) again(fair *world) []scenario {
	return []scenario{
		{name: "delivered again", plan: func() plan { return plan{handle: twice} }, check: func(t tester, w *world) {
			// a new process may look around once
			assert.LessOrEqual(t, w.requests, fair.requests+w.calls, "requests, where what is shown is not sent again")
		}},
		{name: "delivered again at once", plan: func() plan { return plan{handle: inTheMiddle} }},
	}
}

// each has a fault at each request in turn: the process ends there, before the service has it or with the answer on its way;
// the answer is lost; a gateway answers instead.
func (c Case) each(fair *world, faults ...fault) (list []scenario) {
	for _, f := range faults {
		for at := 1; at <= fair.requests; at++ {
			list = append(list, scenario{name: fmt.Sprintf("%s/request %d", f, at), plan: func() plan {
				return plan{at: func(n int, _ time.Duration) fault {
					if n == at {
						return f
					}
					return none
				}}
			}, check: func(t tester, w *world) { assert.Equal(t, 1, w.faults, "faults") }})
		}
	}
	return list
}

// noReceipt: all is done, and the receipt is not kept, in none of the host's three tries.
func noReceipt(fair *world) (list []scenario) {
	for at := 1; at <= fair.calls; at++ {
		list = append(list, scenario{name: fmt.Sprint("no receipt/call ", at), plan: func() plan {
			n := 0
			return plan{forget: func() bool { n++; return at <= n && n < at+3 }}
		}, check: func(t tester, w *world) { assert.Equal(t, 3, w.faults, "faults") }})
	}
	return list
}

// disorder: the bus repeats, reorders and delays.
func disorder() (list []scenario) {
	for seed := range uint64(40) {
		list = append(list, scenario{name: fmt.Sprint("out of order/seed ", seed), plan: func() plan {
			return plan{rude: rand.New(rand.NewPCG(seed, 1))}
		}})
	}
	return list
}

// hour: for an hour nothing goes.
func (c Case) hour(f fault) scenario {
	return scenario{name: "an hour/" + string(f), plan: func() plan {
		return plan{at: func(_ int, after time.Duration) fault {
			if after < time.Hour {
				return f
			}
			return none
		}}
	}, check: c.patient}
}

func (c Case) keys() []scenario {
	return []scenario{
		{name: "an hour/the key is wrong", check: c.patient, plan: func() plan {
			return plan{key: func(after time.Duration) bool { return after < time.Hour }}
		}},
		{name: "the key is changed", plan: func() plan {
			return plan{key: func(after time.Duration) bool { return after > 5*time.Minute && after < 20*time.Minute }}
		}},
	}
}

// mostTries is how often a notification is tried within an hour: with back-off, with Retry-After, or every five minutes.
const mostTries = 16

// patient: who cannot be reached is not asked all the time.
func (c Case) patient(t tester, w *world) {
	t.Helper()
	notifications := 2 * len(day())
	assert.LessOrEqual(t, w.calls, notifications*mostTries, "calls of the emitter")
	assert.LessOrEqual(t, w.requests, w.calls*(c.Requests+1), "requests, one more where the key is read again")
}
