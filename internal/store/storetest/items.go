package storetest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const racers = 50

func testGet(t *testing.T, s Driver) {
	got, err := s.Get(t.Context(), fingerprint())
	require.NoError(t, err)
	require.Equal(t, protocol.Item{}, got)
	stands(t, s, opened(t, s))
}

// Open puts fresh if there is no item, or it is past closes_at and settled; else it returns what stands.
func testOpen(t *testing.T, s Driver) {
	closes := noon + rules.Window.Milliseconds()
	for _, test := range []struct {
		name        string
		ver, judged int64
		now         int64
		replaced    bool
	}{
		{"open", 1, 1, noon + 1, false},
		{"at its end", 1, 1, closes, false},
		{"past its end", 1, 1, closes + 1, true},
		{"past its end, never used", 0, 0, closes + 1, true},
		{"past its end, not judged", 1, 0, closes + 1, false},
		{"past its end, evidence since", 9, 8, closes + 1, false},
		{"past its end, ten and nine", 10, 9, closes + 1, false},
		{"past its end, settled again", 10, 10, closes + 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			item := opened(t, s)
			for range test.ver {
				item = swapped(t, s, item, func(i *protocol.Item) { i.Seen = i.Seen.With("12345678") })
			}
			if test.judged > 0 {
				settled(t, s, item.ReportID, test.judged, responder.Safe, true, 0)
				item.Judged, item.Verdict = test.judged, responder.Safe
			}
			fresh := protocol.Fresh(item.Fingerprint, test.now, rules)
			want := item
			if test.replaced {
				want = fresh
			}
			got, err := s.Open(t.Context(), fresh, test.now)
			require.NoError(t, err)
			require.Equal(t, want, got)
			stands(t, s, want)
		})
	}
}

func testOpenRace(t *testing.T, s Driver) {
	fp := fingerprint()
	winner := openAll(t, s, fp, noon)
	closed := winner.ClosesAt + 1
	again := openAll(t, s, fp, closed) // the first is settled: one of these replaces it
	assert.NotEqual(t, winner.ReportID, again.ReportID)
}

// openAll lets many open reports of a fingerprint at once, and returns the one that all of them see.
func openAll(t *testing.T, s Driver, fp string, now int64) protocol.Item {
	t.Helper()
	var got [racers]protocol.Item
	together(racers, func(n int) {
		item, err := s.Open(t.Context(), protocol.Fresh(fp, now+int64(n), rules), now)
		assert.NoError(t, err)
		got[n] = item
	})
	for _, item := range got {
		require.Equal(t, got[0], item)
	}
	stands(t, s, got[0])
	return got[0]
}

// What was given to the store and what it returned can be changed freely.
func testCopies(t *testing.T, s Driver) {
	next := protocol.Item{Pending: protocol.SetOf("0.a/x", "0.a/y")}
	was := opened(t, s)
	item, made, err := s.Swap(t.Context(), was, next)
	require.NoError(t, err)
	require.True(t, made)
	next.Pending[0], item.Pending[1] = "changed", "changed"
	got, err := s.Get(t.Context(), was.Fingerprint)
	require.NoError(t, err)
	require.Equal(t, protocol.SetOf("0.a/x", "0.a/y"), got.Pending)

	data := []byte(`{"a":1}`)
	b := body("A#1", "")
	b.Data = data
	require.NoError(t, s.PutBody(t.Context(), was.ReportID, b))
	data[0] = 'X'
	for range 2 {
		bodies, err := s.Bodies(t.Context(), was.ReportID)
		require.NoError(t, err)
		require.Equal(t, `{"a":1}`, string(bodies[0].Data))
		bodies[0].Data[0] = 'X'
	}
}

// Swap is made if report and ver are still those of was, and returns the item as it stands.
func testSwap(t *testing.T, s Driver) {
	was := opened(t, s)
	next := was
	next.Pending, next.Severity, next.State, next.DeadlineAt, next.LastSeen = protocol.SetOf("0.a/x"), 7.25, "resolved", noon+1, noon+2
	next.Count, next.Bodies = 3, 2
	item := swapped(t, s, was, func(i *protocol.Item) { *i = next })
	want := next
	want.Ver = 1
	require.Equal(t, want, item)
	stands(t, s, want)

	other := want
	other.ReportID = protocol.ReportID(want.Fingerprint, noon-1)
	for name, was := range map[string]protocol.Item{"old ver": was, "other report": other} {
		got, made, err := s.Swap(t.Context(), was, protocol.Item{})
		require.NoError(t, err)
		assert.False(t, made, name)
		assert.Equal(t, want, got, name)
	}
	stands(t, s, want)
}

// Swap sets and adds what it says and nothing else; what others changed beside it stays.
func testSwapKeeps(t *testing.T, s Driver) {
	was := swapped(t, s, opened(t, s), func(i *protocol.Item) { i.Count, i.Bodies = 5, 2 })
	settled(t, s, was.ReportID, 1, responder.Urgent, true, 0)
	_, made, err := s.Count(t.Context(), was.ReportID, 10, noon+9)
	require.NoError(t, err)
	require.True(t, made)

	next := was
	next.Count, next.Bodies, next.LastSeen = 6, 3, noon+7
	next.Judged, next.Verdict = 77, responder.Safe
	next.OpenedAt, next.ClosesAt, next.ExpiresAt, next.Ver = 1, 2, 3, 99
	want := was
	want.Ver, want.Judged, want.Verdict = 2, 1, responder.Urgent
	want.Count, want.Bodies, want.LastSeen = 16, 3, noon+7
	item, made, err := s.Swap(t.Context(), was, next)
	require.NoError(t, err)
	require.True(t, made)
	require.Equal(t, want, item)
	stands(t, s, want)
}

// Sets have any bytes as members, up to MaxAttributes of them and more, and become empty.
func testSwapSets(t *testing.T, s Driver) {
	var hashes, tokens []string
	for n := range protocol.MaxAttributes {
		hashes = append(hashes, string([]byte{0, byte(n), 0xff, '\n', 0x80, '"', 0xc3, 0x28}))
		tokens = append(tokens, fmt.Sprintf("0.%d/x", n))
	}
	overflow := string(make([]byte, 8))
	full := func(i *protocol.Item) {
		i.Seen, i.Origins = protocol.SetOf(hashes...).With(overflow), protocol.SetOf(hashes[0])
		i.Pending, i.Late = protocol.SetOf(tokens...), protocol.SetOf(tokens[:2]...)
	}
	item := swapped(t, s, opened(t, s), full)
	want := item
	full(&want)
	require.Equal(t, want, item)
	stands(t, s, want)

	empty := func(i *protocol.Item) { i.Seen, i.Origins, i.Pending, i.Late = nil, nil, nil, nil }
	item = swapped(t, s, item, empty)
	empty(&want)
	want.Ver = 2
	require.Equal(t, want, item)
	stands(t, s, want)
	full(&want)
	want.Ver = 3
	require.Equal(t, want, swapped(t, s, item, full))
}

func testSwapRace(t *testing.T, s Driver) {
	was := opened(t, s)
	var wins atomic.Int64
	together(racers, func(n int) {
		next := was
		next.Count++
		next.LastSeen = int64(n)
		item, made, err := s.Swap(t.Context(), was, next)
		assert.NoError(t, err)
		assert.Equal(t, int64(1), item.Ver)
		assert.Equal(t, int64(1), item.Count)
		if made {
			wins.Add(1)
			assert.Equal(t, int64(n), item.LastSeen)
		}
	})
	require.Equal(t, int64(1), wins.Load())
}

func testCrossOff(t *testing.T, s Driver) {
	ctx := t.Context()
	item := swapped(t, s, opened(t, s), func(i *protocol.Item) {
		i.Pending, i.Late = protocol.SetOf("0.a/x", "0.a/y"), protocol.SetOf("0.b/x", "0.a/y")
	})
	want := item
	for _, step := range []struct {
		name, token   string
		done          bool
		pending, late protocol.Set
	}{
		{"not done", "0.a/x", false, item.Pending, item.Late},
		{"absent", "0.z/x", true, item.Pending, item.Late},
		{"pending and late", "0.a/y", true, protocol.SetOf("0.a/x"), protocol.SetOf("0.b/x")},
		{"the last late", "0.b/x", true, protocol.SetOf("0.a/x"), nil},
		{"the last pending", "0.a/x", true, nil, nil},
		{"again", "0.a/x", true, nil, nil},
	} {
		want.Ver++
		want.Pending, want.Late = step.pending, step.late
		got, made, err := s.CrossOff(ctx, item.ReportID, step.token, step.done)
		require.NoError(t, err, step.name)
		require.True(t, made, step.name)
		require.Equal(t, want, got, step.name)
	}
	got, made, err := s.CrossOff(ctx, protocol.ReportID(item.Fingerprint, 1), "0.a/x", true)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, want, got)
	stands(t, s, want)
}

func testCrossOffRace(t *testing.T, s Driver) {
	var tokens []string
	for n := range racers {
		tokens = append(tokens, fmt.Sprintf("0.a/i%d", n))
	}
	item := swapped(t, s, opened(t, s), func(i *protocol.Item) { i.Pending = protocol.SetOf(tokens...) })
	var vers [racers]int64
	var last atomic.Int64
	together(racers, func(n int) {
		got, made, err := s.CrossOff(t.Context(), item.ReportID, tokens[n], true)
		assert.NoError(t, err)
		assert.True(t, made)
		assert.Len(t, got.Pending, racers+1-int(got.Ver))
		if vers[n] = got.Ver; got.WantsReview() {
			last.Add(1)
		}
	})
	slices.Sort(vers[:])
	require.Len(t, slices.Compact(vers[:]), racers)
	require.Equal(t, int64(1), last.Load(), "one answer is the last, and sees it")
	item.Ver, item.Pending = racers+1, nil
	stands(t, s, item)
}

func testCount(t *testing.T, s Driver) {
	item := opened(t, s)
	together(racers, func(n int) {
		got, made, err := s.Count(t.Context(), item.ReportID, 2, noon+5)
		assert.NoError(t, err)
		assert.True(t, made)
		assert.Equal(t, int64(0), got.Ver)
		assert.Equal(t, noon+5, got.LastSeen)
	})
	item.Count, item.LastSeen = 2*racers, noon+5
	stands(t, s, item)
	got, made, err := s.Count(t.Context(), protocol.ReportID(item.Fingerprint, 1), 1, 1)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, item, got)
	stands(t, s, item)
}

func testSettle(t *testing.T, s Driver) {
	item := opened(t, s)
	settled(t, s, item.ReportID, 9, responder.Urgent, true, 0)
	item.Judged, item.Verdict = 9, responder.Urgent
	stands(t, s, item)
	settled(t, s, item.ReportID, 9, responder.Safe, false, 9)                           // the same ver
	settled(t, s, item.ReportID, 8, responder.Safe, false, 9)                           // an older ver
	settled(t, s, protocol.ReportID(item.Fingerprint, 1), 99, responder.Safe, false, 9) // another report
	stands(t, s, item)
	settled(t, s, item.ReportID, 10, responder.Safe, true, 9)
	item.Judged, item.Verdict = 10, responder.Safe
	stands(t, s, item)
}

// However many settle a report at once, one of them finds it unjudged, and each finds what another one left.
func testSettleRace(t *testing.T, s Driver) {
	item := opened(t, s)
	var before, after [racers]int64
	together(racers, func(n int) {
		ver := int64(n/2 + 1) // each ver twice
		was, made, err := s.Settle(t.Context(), item.ReportID, ver, responder.Safe)
		assert.NoError(t, err)
		if made {
			before[n], after[n] = was, ver
		}
	})
	next := map[int64]int64{}
	for n := range racers {
		if after[n] > 0 {
			require.NotContains(t, next, before[n], "two found the same")
			require.Less(t, before[n], after[n])
			next[before[n]] = after[n]
		}
	}
	last, steps := int64(0), 0
	for ; next[last] > 0; last = next[last] {
		steps++
	}
	require.Len(t, next, steps)
	item.Judged, item.Verdict = last, responder.Safe
	stands(t, s, item)
}

// Changes of all kinds at once: none is lost.
func testMixedRace(t *testing.T, s Driver) {
	ctx := t.Context()
	was := opened(t, s)
	together(40, func(n int) {
		switch n % 4 {
		case 0:
			hash := fmt.Sprintf("%08d", n)
			item, err := s.Get(ctx, was.Fingerprint)
			for made := false; !made && assert.NoError(t, err); {
				next := item
				next.Seen, next.Bodies, next.Count = next.Seen.With(hash), next.Bodies+1, next.Count+1
				item, made, err = s.Swap(ctx, item, next)
			}
		case 1:
			_, _, err := s.CrossOff(ctx, was.ReportID, "0.a/x", true)
			assert.NoError(t, err)
		case 2:
			_, _, err := s.Count(ctx, was.ReportID, 100, noon)
			assert.NoError(t, err)
		case 3:
			_, _, err := s.Settle(ctx, was.ReportID, int64(n), responder.Safe)
			assert.NoError(t, err)
		}
	})
	item, err := s.Get(ctx, was.Fingerprint)
	require.NoError(t, err)
	assert.Len(t, item.Seen, 10)
	assert.Equal(t, int64(10), item.Bodies)
	assert.Equal(t, int64(1010), item.Count)
	assert.Equal(t, int64(20), item.Ver)
	assert.Equal(t, int64(39), item.Judged)
}

// A report without an item: nothing is changed, nothing is made, and that is no error.
func testMissingReport(t *testing.T, s Driver) {
	ctx := t.Context()
	gone := protocol.Fresh(fingerprint(), noon, rules)
	for name, call := range map[string]func() (protocol.Item, bool, error){
		"Swap":     func() (protocol.Item, bool, error) { return s.Swap(ctx, gone, gone) },
		"CrossOff": func() (protocol.Item, bool, error) { return s.CrossOff(ctx, gone.ReportID, "0.a/x", true) },
		"Count":    func() (protocol.Item, bool, error) { return s.Count(ctx, gone.ReportID, 1, 1) },
	} {
		item, made, err := call()
		require.NoError(t, err, name)
		require.False(t, made, name)
		require.Equal(t, protocol.Item{}, item, name)
	}
	settled(t, s, gone.ReportID, 1, responder.Safe, false, 0)
	require.NoError(t, s.Forget(ctx, gone.ReportID))
	got, err := s.Get(ctx, gone.Fingerprint)
	require.NoError(t, err)
	require.Equal(t, protocol.Item{}, got)
}
