package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Whatever fails, is made twice or is overtaken: states go forward only, what was before the first time stays, what holds is
// never begun anew, and within an hour there are never more actions than the ceiling allows.
func TestLedgerOnARudeMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook()
		b.Memory = respondertest.RudeMemory(b.memory, rapid.Uint64().Draw(t, "mood"))
		kind := ledger.Ledger{Memory: b.memory, Now: b.Now} // which tells what stands
		ctx, ceiling := t.Context(), rapid.IntRange(1, 4).Draw(t, "ceiling")
		held := map[int][]ledger.Standing{} // what functions hold in their hands, old things too
		seen := map[string]ledger.Action{}  // by id
		var begun []time.Time
		took := func(s ledger.Standing, err error, n int) {
			if err == nil {
				held[n] = append(held[n], s)
			}
		}
		pick := func(t *rapid.T) (int, ledger.Standing, bool) {
			n := rapid.IntRange(0, 3).Draw(t, "target")
			if len(held[n]) == 0 {
				return n, ledger.Standing{}, false
			}
			return n, held[n][rapid.IntRange(0, len(held[n])-1).Draw(t, "held")], true
		}
		t.Repeat(map[string]func(*rapid.T){
			"find": func(t *rapid.T) {
				n := rapid.IntRange(0, 3).Draw(t, "target")
				s, err := b.Find(ctx, instance(n))
				took(s, err, n)
			},
			"begin": func(t *rapid.T) {
				if n, s, ok := pick(t); ok {
					s, err := b.Begin(ctx, s, action(instance(n), fmt.Sprint("R", rapid.IntRange(0, 5).Draw(t, "report"))), ceiling)
					took(s, err, n)
				}
			},
			"again": func(t *rapid.T) {
				if n, s, ok := pick(t); ok {
					s, err := b.Again(ctx, s, s.Action.Before, ceiling)
					took(s, err, n)
				}
			},
			"end": func(t *rapid.T) {
				if n, s, ok := pick(t); ok && s.Action.State == ledger.Doing {
					failure := rapid.SampledFrom([]error{nil, nil, errors.New("x")}).Draw(t, "failure")
					s, err := b.End(ctx, s, did, failure, rapid.Bool().Draw(t, "final"))
					took(s, err, n)
				}
			},
			"join": func(t *rapid.T) {
				if n, s, ok := pick(t); ok && s.Action.ID != "" {
					s, err := b.Join(ctx, s, "R9")
					took(s, err, n)
				}
			},
			"undo": func(t *rapid.T) {
				if _, s, ok := pick(t); ok && s.Action.ID != "" {
					if _, err := b.Undoing(ctx, s.Action.ID, "x"); err == nil {
						_ = b.Undone(ctx, s.Action.ID, actions.Done{})
					}
				}
			},
			"time": func(t *rapid.T) {
				b.now = b.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute)
			},
			"": func(t *rapid.T) {
				for n := range 4 {
					s, err := kind.Find(ctx, instance(n))
					if err != nil {
						t.Fatal(err)
					}
					a := s.Action
					was, known := seen[a.ID]
					switch {
					case a.ID == "":
						assert.Empty(t, seenOf(seen, n), "what is recorded is not forgotten")
					case known:
						assert.GreaterOrEqual(t, rank(a.State), rank(was.State), a.ID)
						assert.Equal(t, was.Before, a.Before)
						assert.Equal(t, was.Report, a.Report)
					default:
						for _, old := range seenOf(seen, n) {
							assert.False(t, old.Holds(), "%s was begun while %s stood", a.ID, old.ID)
						}
						begun = append(begun, a.At)
					}
					if a.ID != "" {
						seen[a.ID] = a
					}
				}
				within := 0
				for _, at := range begun {
					if b.now.Sub(at) < time.Hour {
						within++
					}
				}
				assert.LessOrEqual(t, within, ceiling)
			},
		})
	})
}

func seenOf(seen map[string]ledger.Action, n int) (list []ledger.Action) {
	for _, a := range seen {
		if a.Target.Value == instance(n).Value {
			list = append(list, a)
		}
	}
	return list
}

func rank(s ledger.State) int {
	return map[ledger.State]int{ledger.Doing: 1, ledger.Done: 2, ledger.Failed: 2, ledger.Undoing: 3, ledger.Undone: 4}[s]
}
