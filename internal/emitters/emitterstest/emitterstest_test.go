package emitterstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnEmitterThatDoesAsItShould(t *testing.T) { Run(t, boardCase("")) }

// witness is told what a test says, and fails nothing.
type witness struct {
	t    *testing.T
	said []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}
func (w *witness) FailNow()                 { runtime.Goexit() }
func (w *witness) Helper()                  {}
func (w *witness) Context() context.Context { return w.t.Context() }

// Each flaw is noticed.
func TestFlawsAreNoticed(t *testing.T) {
	noticed := map[string]string{}
	for _, flaw := range flaws {
		c := boardCase(flaw).withDefaults()
		fair := boardCase("").withDefaults().play(t, t, plan{}) // of one that does as it should
		list := append(c.scenarios(fair), scenario{name: "all is well", plan: func() plan { return plan{} }})
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] }) // most are alike
		for _, s := range list {
			w := &witness{t: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.try(t, w, s)
			}()
			<-done
			if len(w.said) > 0 {
				noticed[flaw] = s.name
				break
			}
		}
		assert.Contains(t, noticed, flaw, "nothing noticed that %s", flaw)
	}
	for flaw, by := range noticed {
		t.Logf("%s: noticed by %q", flaw, by)
	}
}
