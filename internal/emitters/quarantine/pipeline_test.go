package quarantine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	attacked = "i-0123456789abcdef0"
	other    = "i-1123456789abcdef0"
)

// story: an instance and an address are attacked; a key turns up an hour later, and another incident with the same instance;
// a person puts the instance back, and the first incident goes on.
func story(t *testing.T, w *world) {
	t.Helper()
	settle := func() { require.NoError(t, w.p.Settle(t.Context())) }
	w.send(t, "one", theInstance(), theAddress())
	settle()
	require.NoError(t, w.p.Advance(t.Context(), time.Hour))
	w.send(t, "one", theInstance(), own(responder.TypeAccessKey, "AKIAIOSFODNN7EXAMPLE", "access key"))
	w.send(t, "two", theInstance(), own(responder.TypeInstance, other, "instance"))
	settle()
	if w.on {
		s, err := w.ledgerOf().Find(t.Context(), targetFor(theInstance()))
		require.NoError(t, err)
		require.NoError(t, w.p.Advance(t.Context(), ledger.Attempt))
		_, err = w.ledgerOf().Undoing(t.Context(), s.Action.ID, "carol")
		require.NoError(t, err)
		w.cloud.undo(s.Action.Target)
		require.NoError(t, w.ledgerOf().Undone(t.Context(), s.Action.ID, actions.Done{}))
	}
	require.NoError(t, w.p.Advance(t.Context(), time.Hour))
	w.send(t, "one", theInstance(), own(responder.TypeBucket, "logs", "bucket"))
	settle()
}

// ledgerOf is the ledger without anything in the way.
func (w *world) ledgerOf() ledger.Ledger {
	l := w.ledger
	l.Memory = w.memory
	return l
}

func targetFor(a responder.Attribute) actions.Target {
	t, _ := targetOf(a, responder.Alert{Account: account, Region: "eu-west-1"})
	return t
}

// check checks what must hold in the end, whatever happened on the way.
func (w *world) check(t *testing.T) {
	t.Helper()
	assert.Empty(t, w.p.DeadLetters())
	assert.Empty(t, w.cloud.wrong)
	list, err := w.ledgerOf().List(t.Context(), 100)
	require.NoError(t, err)
	told := w.told(t)
	if !w.on {
		assert.Empty(t, list)
		assert.Zero(t, w.cloud.count("do"))
		for what, said := range told {
			assert.Contains(t, said, "found dry-run, nothing was done: would ", what)
		}
		assert.Len(t, told, 6)
		return
	}
	ids := map[string]string{}
	for _, a := range list {
		ids[a.Target.Value] = a.ID
		want := ledger.Done
		if a.Target.Value == attacked {
			want = ledger.Undone
		}
		assert.Equal(t, want, a.State, a.Target.Value)
	}
	for _, value := range []string{attacked, other, "198.51.100.23", "AKIAIOSFODNN7EXAMPLE", "logs"} {
		require.NotEmpty(t, ids[value])
	}
	assert.Len(t, list, 5, "each was begun once")
	for what, n := range w.cloud.shuts {
		assert.Equal(t, 1, n, what)
	}
	assert.Len(t, w.cloud.shut, 4, "what was put back stays so")
	said := func(what, wants string) { assert.Contains(t, told[what], wants, what) }
	said("one "+attacked, "carol put it back")
	said("one 198.51.100.23", "undo: alertresponder quarantine undo "+ids["198.51.100.23"])
	said("one AKIAIOSFODNN7EXAMPLE", "found deactivated")
	said("one logs", "found blocked public access")
	said("two "+other, "undo "+ids[other])
	said("two "+attacked, "undo "+ids[attacked]) // when nothing more came, nobody told it anew
	assert.Len(t, told, 6)
}

func TestInThePipeline(t *testing.T) {
	for _, mode := range []string{"on", "dry-run"} {
		w := newWorld(t, mode, nil, 0, none)
		story(t, w)
		w.check(t)
	}
}

// What a new report costs: the calls of the function, counted. The verdict that its own page brings is another notification.
func TestCalls(t *testing.T) {
	for mode, want := range map[string]string{
		"on":      "load look load swap swap do swap", // found; looked at; begun below the ceiling; done
		"dry-run": "load load look load swap swap swap",
	} {
		w := newWorld(t, mode, nil, 0, none)
		w.send(t, "one", theInstance())
		require.NoError(t, w.p.Settle(t.Context()))
		calls := strings.Join(w.names, " ")
		again := map[string]string{"on": "load", "dry-run": "load load"}[mode]
		assert.Equal(t, "acquire "+want+" submit release acquire "+again+" release", calls, mode)
	}
	w := newWorld(t, "on", nil, 0, none)
	w.send(t, "one", own(responder.TypeDomain, "example.com", "domain"))
	require.NoError(t, w.p.Settle(t.Context()))
	assert.Equal(t, "acquire release", strings.Join(w.names, " "), "what no rule is about costs nothing")
}

// Each call fails, or its answer is lost, or the function dies before or after it: everything is done once, and told. Calls of
// a kind come often: each kind meets all of these.
func TestEachCallIsMet(t *testing.T) {
	for _, mode := range []string{"on", "dry-run"} {
		clean := newWorld(t, mode, nil, 0, none)
		story(t, clean)
		require.Greater(t, clean.calls, 60)
		for at := 1; at <= clean.calls; at++ {
			for _, f := range [][]fault{{unmade, after}, {lost, before}}[at%2] {
				t.Run(fmt.Sprint(mode, " call ", at, " ", clean.names[at-1], " fault ", f), func(t *testing.T) {
					w := newWorld(t, mode, nil, at, f)
					story(t, w)
					w.check(t)
				})
			}
		}
	}
}

// Notifications come again, late and in any order, while a call is met.
func TestRudeDeliveries(t *testing.T) {
	rounds := 80
	if testing.Short() {
		rounds = 20
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, "on", rand.New(rand.NewPCG(uint64(seed), 1)), 1+seed%70, fault(seed%5))
			story(t, w)
			w.check(t)
		})
	}
}
