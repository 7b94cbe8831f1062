// Package plugindatatest is the conformance suite of plugindata: every driver passes it.
//
// in → out: a function that opens an empty table → a test for each sentence of the port's contract.
package plugindatatest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var (
	now     = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)
	until   = now.Add(time.Minute)
	expires = now.Add(90 * 24 * time.Hour)
)

// Run runs the suite. Open is called once per test and returns an empty table.
func Run(t *testing.T, open func(t *testing.T) plugindata.Receipts) {
	tests := map[string]func(*testing.T, plugindata.Receipts){
		"Lease":        testLease,
		"Stale":        testStale,
		"Begun":        testBegun,
		"Interrupted":  testInterrupted,
		"Release":      testRelease,
		"Lost":         testLost,
		"Receipt":      testReceipt,
		"Copies":       testCopies,
		"Race":         testRace,
		"Refused":      testRefused,
		"Cancelled":    testCancelled,
		"AgainstModel": testModel,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func acquire(t *testing.T, r plugindata.Receipts, owner string, seq int64, at time.Time, want plugindata.Outcome) plugindata.State {
	t.Helper()
	s, got, err := r.Acquire(t.Context(), "e#r", owner, seq, at, at.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, want, got)
	return s
}

func release(t *testing.T, r plugindata.Receipts, owner string, s plugindata.State, want bool) {
	t.Helper()
	got, err := r.Release(t.Context(), "e#r", owner, s, expires)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// One owner at a time has the lease, until it ends.
func testLease(t *testing.T, r plugindata.Receipts) {
	require.Equal(t, plugindata.State{}, acquire(t, r, "a", 2, now, plugindata.Acquired))
	acquire(t, r, "b", 3, now, plugindata.Busy)
	acquire(t, r, "b", 3, until.Add(-time.Millisecond), plugindata.Busy)
	acquire(t, r, "a", 3, now.Add(time.Second), plugindata.Acquired) // its own: a repeated call
	acquire(t, r, "b", 3, until, plugindata.Busy)                    // which made it longer
	acquire(t, r, "b", 3, until.Add(time.Second), plugindata.Acquired)
	acquire(t, r, "a", 3, until.Add(time.Second), plugindata.Busy)

	s, got, err := r.Acquire(t.Context(), "e#other", "a", 1, now, until)
	require.NoError(t, err)
	require.Equal(t, plugindata.Acquired, got, "another key")
	require.Equal(t, plugindata.State{}, s)
}

// What is not newer than what is shown is stale, whoever has the lease.
func testStale(t *testing.T, r plugindata.Receipts) {
	shown := plugindata.State{Seq: 10, Shown: "hash"}
	acquire(t, r, "a", 10, now, plugindata.Acquired)
	release(t, r, "a", shown, true)
	for _, seq := range []int64{9, 10} {
		require.Equal(t, shown, acquire(t, r, "b", seq, now, plugindata.Stale))
	}
	require.Equal(t, shown, acquire(t, r, "b", 11, now, plugindata.Acquired))
	require.Equal(t, shown, acquire(t, r, "a", 10, now, plugindata.Stale))
	require.Equal(t, shown, acquire(t, r, "b", 10, now, plugindata.Stale), "its own lease")
	require.Equal(t, shown, acquire(t, r, "a", 100, now, plugindata.Busy))
}

// What an earlier owner had begun may be shown: what it has overtaken is stale, and itself comes again.
func testBegun(t *testing.T, r plugindata.Receipts) {
	acquire(t, r, "a", 7, now, plugindata.Acquired)
	acquire(t, r, "b", 6, now, plugindata.Stale)
	acquire(t, r, "b", 6, until, plugindata.Stale)
	acquire(t, r, "b", 7, now, plugindata.Busy)
	acquire(t, r, "b", 9, now, plugindata.Busy) // and so has not begun
	acquire(t, r, "b", 7, until, plugindata.Acquired)
	release(t, r, "b", plugindata.State{Receipt: responder.Receipt{"ts": "1"}}, true) // and failed
	acquire(t, r, "c", 6, until, plugindata.Stale)
	acquire(t, r, "c", 7, until, plugindata.Acquired)
}

// Who takes over what was not given back is told so, and whoever follows until somebody says that it is over.
func testInterrupted(t *testing.T, r plugindata.Receipts) {
	is := func(want bool, owner string, at time.Time) {
		t.Helper()
		require.Equal(t, want, acquire(t, r, owner, 7, at, plugindata.Acquired).Interrupted)
	}
	is(false, "a", now)
	release(t, r, "a", plugindata.State{}, true)
	is(false, "b", now)
	is(true, "c", until)
	release(t, r, "c", plugindata.State{Interrupted: true}, true)
	is(true, "d", until)
	release(t, r, "d", plugindata.State{Interrupted: true, Seq: 3, Receipt: responder.Receipt{}}, true)
	is(true, "e", until)
	release(t, r, "e", plugindata.State{Seq: 4}, true)
	is(false, "f", until)
	release(t, r, "f", plugindata.State{Interrupted: true}, true) // who says so of himself
	is(true, "g", until)
}

// Seq 0 keeps Seq and Shown; a nil Receipt keeps the Receipt.
func testRelease(t *testing.T, r plugindata.Receipts) {
	ts := func(v string) responder.Receipt { return responder.Receipt{"ts": v} }
	for n, step := range []struct{ put, want plugindata.State }{
		{plugindata.State{}, plugindata.State{}},
		{plugindata.State{Receipt: ts("1"), Shown: "ignored"}, plugindata.State{Receipt: ts("1")}},
		{plugindata.State{Seq: 5, Shown: "x"}, plugindata.State{Receipt: ts("1"), Seq: 5, Shown: "x"}},
		{plugindata.State{Receipt: ts("2")}, plugindata.State{Receipt: ts("2"), Seq: 5, Shown: "x"}},
		{plugindata.State{Receipt: ts("3"), Seq: 6, Shown: "y"}, plugindata.State{Receipt: ts("3"), Seq: 6, Shown: "y"}},
		{plugindata.State{Receipt: responder.Receipt{}, Seq: 7}, plugindata.State{Receipt: responder.Receipt{}, Seq: 7}},
	} {
		acquire(t, r, "a", 100, now, plugindata.Acquired)
		release(t, r, "a", step.put, true)
		require.Equal(t, step.want, acquire(t, r, "b", 100, now, plugindata.Acquired), "step %d", n)
		release(t, r, "b", plugindata.State{}, true)
	}
}

// Who has lost the lease changes nothing; who has overrun it, and nobody took it, does.
func testLost(t *testing.T, r plugindata.Receipts) {
	release(t, r, "a", plugindata.State{Seq: 1}, false) // never had it
	acquire(t, r, "a", 2, now, plugindata.Acquired)
	acquire(t, r, "b", 2, until, plugindata.Acquired)
	release(t, r, "a", plugindata.State{Seq: 2, Receipt: responder.Receipt{"ts": "a"}}, false)
	acquire(t, r, "c", 2, until, plugindata.Busy)
	shown := plugindata.State{Seq: 2, Receipt: responder.Receipt{"ts": "b"}, Shown: "b"}
	release(t, r, "b", shown, true)
	release(t, r, "b", plugindata.State{Seq: 3}, false) // gave it back already
	require.Equal(t, shown, acquire(t, r, "c", 3, until, plugindata.Acquired))
}

// A Receipt comes back as it was, whatever an emitter puts into it.
func testReceipt(t *testing.T, r plugindata.Receipts) {
	want := plugindata.State{Seq: 1, Shown: "", Receipt: responder.Receipt{
		"": "empty name", "empty": "", "ts": "1.5", "key": "<&>\"\x00\n", "ünï#.[0]": "☃", "long": strings.Repeat("x", 60<<10),
	}}
	acquire(t, r, "a", 1, now, plugindata.Acquired)
	release(t, r, "a", want, true)
	require.Equal(t, want, acquire(t, r, "a", 2, now, plugindata.Acquired))
}

func testCopies(t *testing.T, r plugindata.Receipts) {
	given := responder.Receipt{"ts": "1"}
	acquire(t, r, "a", 1, now, plugindata.Acquired)
	release(t, r, "a", plugindata.State{Seq: 1, Receipt: given}, true)
	given["ts"] = "changed"
	for range 2 {
		got := acquire(t, r, "a", 2, now, plugindata.Acquired)
		require.Equal(t, responder.Receipt{"ts": "1"}, got.Receipt)
		got.Receipt["ts"] = "changed"
	}
}

func testRace(t *testing.T, r plugindata.Receipts) {
	var wins atomic.Int64
	var wg sync.WaitGroup
	for n := range 50 {
		wg.Go(func() {
			owner := fmt.Sprint("o", n)
			_, got, err := r.Acquire(t.Context(), "e#r", owner, 1, now, until)
			assert.NoError(t, err)
			if got == plugindata.Acquired {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int64(1), wins.Load())
}

func testRefused(t *testing.T, r plugindata.Receipts) {
	large := plugindata.State{Seq: 1, Receipt: responder.Receipt{"x": strings.Repeat("x", 64<<10)}}
	acquire(t, r, "a", 1, now, plugindata.Acquired)
	_, err := r.Release(t.Context(), "e#r", "a", large, expires)
	require.ErrorContains(t, err, "receipt")
	for _, bad := range [][2]string{{"", "a"}, {"e#r", ""}, {strings.Repeat("x", 2049), "a"}} {
		_, _, err := r.Acquire(t.Context(), bad[0], bad[1], 1, now, until)
		assert.Error(t, err)
		_, err = r.Release(t.Context(), bad[0], bad[1], plugindata.State{}, expires)
		assert.Error(t, err)
	}
}

func testCancelled(t *testing.T, r plugindata.Receipts) {
	acquire(t, r, "a", 1, now, plugindata.Acquired)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := r.Acquire(ctx, "e#r", "b", 1, until, until)
	require.ErrorIs(t, err, context.Canceled)
	_, err = r.Release(ctx, "e#r", "a", plugindata.State{Seq: 1}, expires)
	require.ErrorIs(t, err, context.Canceled)
	release(t, r, "a", plugindata.State{Seq: 1}, true)
}

var runs atomic.Int64

// Random calls on a driver and on the plainest model.
func testModel(t *testing.T, r plugindata.Receipts) {
	rapid.Check(t, func(rt *rapid.T) {
		key := plugindata.Key("e", fmt.Sprint(runs.Add(1)))
		var state plugindata.State
		owner, end, at, taken, begun := "", time.Time{}, now, 0, int64(0)
		who := func() string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "owner") }
		rt.Repeat(map[string]func(*rapid.T){
			"acquire": func(rt *rapid.T) {
				at = at.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "later")) * time.Second)
				o, seq, want := who(), rapid.Int64Range(1, 20).Draw(rt, "seq"), plugindata.Acquired
				if seq <= state.Seq || seq < begun {
					want = plugindata.Stale
				} else if owner != "" && owner != o && end.After(at) {
					want = plugindata.Busy
				} else {
					owner, end, begun = o, at.Add(time.Minute), seq
					taken++
				}
				got, outcome, err := r.Acquire(rt.Context(), key, o, seq, at, at.Add(time.Minute))
				require.NoError(rt, err)
				require.Equal(rt, want, outcome)
				state.Interrupted = taken > 1
				require.Equal(rt, state, got)
			},
			"release": func(rt *rapid.T) {
				o, s := who(), plugindata.State{Seq: rapid.Int64Range(0, 20).Draw(rt, "seq"), Shown: rapid.String().Draw(rt, "shown"),
					Told:        rapid.SampledFrom([]string{"", "x", "y"}).Draw(rt, "told"),
					Interrupted: rapid.Bool().Draw(rt, "interrupted")}
				if rapid.Bool().Draw(rt, "receipt") {
					s.Receipt = rapid.MapOf(rapid.String(), rapid.String()).Draw(rt, "map")
				}
				made, err := r.Release(rt.Context(), key, o, s, expires)
				require.NoError(rt, err)
				require.Equal(rt, owner == o, made)
				if made {
					owner, state, taken = "", state.After(s), 0
					if s.Interrupted { // it stays so
						taken = 1
					}
				}
			},
		})
	})
}
