package emitterstest

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// everything goes wrong, at random.
func (c Case) everything(t *testing.T) {
	all := c.able(none, none, none, unreachable, lost, down, downLater, doneDown, busy, page, pageDone, page403, page502, text400, text404, away, killed, killedDone)
	rapid.Check(t, func(rt *rapid.T) {
		faults := rapid.SliceOfN(rapid.SampledFrom(all), 0, 40).Draw(rt, "faults")
		forgotten := rapid.SliceOfN(rapid.Bool(), 0, 20).Draw(rt, "forgotten")
		wrong := time.Duration(rapid.IntRange(0, 60).Draw(rt, "minutes of a wrong key")) * time.Minute
		p := plan{
			at:     func(int, time.Duration) fault { return next(&faults) },
			forget: func() bool { return next(&forgotten) },
			key:    func(after time.Duration) bool { return after > 15*time.Minute && after < 15*time.Minute+wrong },
		}
		if seed := rapid.Uint64Range(0, 1000).Draw(rt, "seed"); seed > 0 {
			p.rude = rand.New(rand.NewPCG(seed, 2))
		}
		c.play(t, rt, p)
	})
}

// next takes the first of a list; the zero value where there is none.
func next[T any](list *[]T) (first T) {
	if len(*list) > 0 {
		first, *list = (*list)[0], (*list)[1:]
	}
	return first
}
