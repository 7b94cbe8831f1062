package emitterstest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// fair: what the tests below find comes of what goes wrong.
func (c Case) fair(t *testing.T) {
	w := c.play(t, t, plan{})
	assert.LessOrEqual(t, w.worst, c.Requests, "requests of one call while all is well")
	t.Logf("%d calls, %d requests", w.calls, w.requests)
}

// again: the queue delivers each batch twice, the second time to another process; or while the first one is at it.
func (c Case) again(t *testing.T) {
	want := c.play(t, t, plan{}).requests
	t.Run("in turn", func(t *testing.T) {
		w := c.play(t, t, plan{handle: twice})
		assert.LessOrEqual(t, w.requests, want+w.calls, "what is shown is not sent again") // a new process may look around once
	})
	t.Run("at once", func(t *testing.T) { c.play(t, t, plan{handle: inTheMiddle}) })
}

// each plays with a fault at each request in turn.
func (c Case) each(t *testing.T, faults ...fault) {
	n := c.play(t, t, plan{}).requests
	for _, f := range faults {
		t.Run(string(f), func(t *testing.T) {
			for at := 1; at <= n; at++ {
				t.Run(fmt.Sprint("request ", at), func(t *testing.T) {
					w := c.play(t, t, plan{at: func(k int, _ time.Duration) fault {
						if k == at {
							return f
						}
						return none
					}})
					assert.Equal(t, 1, w.faults)
				})
			}
		})
	}
}

// killed: the process ends at each of its requests, before the service has it or with the answer on its way; or when all is
// done, and the receipt is not kept.
func (c Case) killed(t *testing.T) {
	c.each(t, killed, killedDone)
	t.Run("no receipt", func(t *testing.T) {
		calls := c.play(t, t, plan{}).calls
		for at := 1; at <= calls; at++ {
			n := 0
			c.play(t, t, plan{forget: func() bool { n++; return (n+2)/3 == at }}) // all three tries of it
		}
	})
}

func (c Case) lost(t *testing.T) {
	faults := []fault{lost, doneDown, unreachable, down}
	if !c.Cannot.TellPages {
		faults = append(faults, page, pageDone)
	}
	c.each(t, faults...)
}

// disorder: the bus repeats, reorders and delays.
func (c Case) disorder(t *testing.T) {
	for seed := range uint64(40) {
		c.play(t, t, plan{rude: rand.New(rand.NewPCG(seed, 1))})
	}
}

// mostTries is how often a notification is tried within an hour: with back-off, with Retry-After, or every five minutes.
const mostTries = 16

// hour: for an hour nothing goes.
func (c Case) hour(t *testing.T) {
	faults := []fault{unreachable, lost, down, downLater, busy, page502, page403}
	if !c.Cannot.TellPages {
		faults = append(faults, page)
	}
	for _, f := range faults {
		t.Run(string(f), func(t *testing.T) {
			w := c.play(t, t, plan{at: func(_ int, after time.Duration) fault {
				if after < time.Hour {
					return f
				}
				return none
			}})
			c.patient(t, w)
		})
	}
	if c.Key == "" {
		return
	}
	t.Run("the key is wrong", func(t *testing.T) {
		w := c.play(t, t, plan{key: func(after time.Duration) bool { return after < time.Hour }})
		c.patient(t, w)
	})
	t.Run("the key is changed", func(t *testing.T) {
		c.play(t, t, plan{key: func(after time.Duration) bool { return after > 5*time.Minute && after < 20*time.Minute }})
	})
}

// patient: who cannot be reached is not asked all the time.
func (c Case) patient(t *testing.T, w *world) {
	t.Helper()
	t.Logf("%d calls, %d requests", w.calls, w.requests)
	notifications := 2 * len(day())
	assert.LessOrEqual(t, w.calls, notifications*mostTries)
	assert.LessOrEqual(t, w.requests, w.calls*c.Looks)
}

// everything goes wrong, at random.
func (c Case) everything(t *testing.T) {
	all := []fault{unreachable, lost, down, downLater, doneDown, busy, page403, page502, killed, killedDone}
	if !c.Cannot.TellPages {
		all = append(all, page, pageDone)
	}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64Range(0, 1000).Draw(rt, "seed")
		plans := rapid.SliceOfN(rapid.SampledFrom(append([]fault{none, none, none}, all...)), 0, 40).Draw(rt, "faults")
		wrong := time.Duration(rapid.IntRange(0, 60).Draw(rt, "minutes of a wrong key")) * time.Minute
		forgotten := rapid.SliceOfN(rapid.Bool(), 0, 20).Draw(rt, "forgotten")
		p := plan{
			at: func(n int, _ time.Duration) fault {
				if n <= len(plans) {
					return plans[n-1]
				}
				return none
			},
			key: func(after time.Duration) bool { return after > 15*time.Minute && after < 15*time.Minute+wrong },
			forget: func() bool {
				if len(forgotten) == 0 {
					return false
				}
				first := forgotten[0]
				forgotten = forgotten[1:]
				return first
			},
		}
		if seed > 0 {
			p.rude = rand.New(rand.NewPCG(seed, 2))
		}
		c.play(t, rt, p)
	})
}
