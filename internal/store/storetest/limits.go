package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// random is what no packing makes smaller.
func random(seed, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return b
}

// sizes are those around what one item of DynamoDB takes, 400 KB with its names and keys (Amazon DynamoDB Developer
// Guide, Quotas), and around several of that.
func sizes() (list []int) {
	const item = 400 << 10
	for _, whole := range []int{350 << 10, item, 2 * item, 1 << 20} {
		for _, n := range []int{-2000, -40, -1, 0, 1, 2000} {
			list = append(list, whole+n)
		}
	}
	return list
}

// Bodies of all sizes are stored whole, with the longest key.
func testBodyLimits(t *testing.T, s Driver) {
	key := "A#" + strings.Repeat("k", 1022)
	for n, size := range sizes() {
		id := protocol.ReportID(strings.Repeat("f", 64), noon+int64(n))
		b := store.Body{Key: key, Data: random(n, size)}
		require.NoError(t, s.PutBody(t.Context(), id, b), "%d bytes", size)
		bodies(t, s, id, b)
	}
}

func testVerdictLimits(t *testing.T, s Driver) {
	id := protocol.ReportID(strings.Repeat("f", 64), noon)
	for n, size := range sizes() {
		v := verdict(int64(n+1), string(random(n, size)))
		v.Title = strings.Repeat("t", 256)
		require.True(t, assert.ObjectsAreEqual(v, put(t, s, id, v)), "%d bytes", size)
		got, ok, err := s.Latest(t.Context(), id)
		require.NoError(t, err)
		require.True(t, ok)
		require.True(t, assert.ObjectsAreEqual(v, got), "%d bytes", size)
	}
}

// What is too large is refused by name, and what stands stays.
func testTooLarge(t *testing.T, s Driver) {
	item := opened(t, s)
	stood := body("A#1", "{}")
	require.NoError(t, s.PutBody(t.Context(), item.ReportID, stood))
	large := make([]byte, store.MaxBody+1)
	assert.ErrorContains(t, s.PutBody(t.Context(), item.ReportID, store.Body{Key: "A#1", Data: large}), "A#1")
	_, err := s.PutVerdict(t.Context(), item.ReportID, store.Verdict{Ver: 7, OpenedAt: noon, Data: large})
	assert.ErrorContains(t, err, "verdict 7: 67108865 bytes, expected at most 67108864")
	bodies(t, s, item.ReportID, stood)
	_, ok, err := s.Latest(t.Context(), item.ReportID)
	require.NoError(t, err)
	assert.False(t, ok)
}

// An item is stored whole up to what a row takes, and then refused by name; what stands stays, and goes on.
func testItemLimit(t *testing.T, s Driver) {
	fresh := protocol.Fresh(strings.Repeat("f", 64), noon, rules)
	was, err := s.Open(t.Context(), fresh, noon)
	require.NoError(t, err)
	next := fullest(was)
	full := swapped(t, s, was, func(i *protocol.Item) { *i = next })
	require.Len(t, full.Pending, len(next.Pending))
	stands(t, s, full)

	more := full
	more.Late = full.Late.With(fmt.Sprintf("1.%026d/%032d", 0, 0))
	_, made, err := s.Swap(t.Context(), full, more)
	assert.ErrorContains(t, err, full.ReportID)
	assert.ErrorContains(t, err, "bytes in its sets")
	assert.False(t, made)
	stands(t, s, full)

	item, made, err := s.CrossOff(t.Context(), full.ReportID, full.Pending[0], true)
	require.NoError(t, err)
	assert.True(t, made)
	assert.Len(t, item.Pending, len(full.Pending)-1)
}

// fullest makes an item as large as CheckItem lets it be.
func fullest(i protocol.Item) protocol.Item {
	var hashes, tokens []string
	for n := range protocol.MaxAttributes + 1 {
		hashes = append(hashes, fmt.Sprintf("%08d", n))
	}
	i.Seen, i.Origins = protocol.SetOf(hashes...), protocol.SetOf(hashes...)
	i.Severity, i.State, i.DeadlineAt, i.LastSeen, i.Count = 1.0/3, responder.Firing, noon, noon, 1<<40
	last := i
	for n := 0; store.CheckItem(i) == nil; n++ {
		last = i
		tokens = append(tokens, fmt.Sprintf("0.%026d/%032d", n, n))
		i.Late = tokens[:len(tokens)/2]
		i.Pending = tokens[len(tokens)/2:]
	}
	last.Late, last.Pending = protocol.SetOf(last.Late...), protocol.SetOf(last.Pending...)
	return last
}

// A call that is made again, since its answer was lost, loses nothing and says what stands: what the first one did
// is told as not made where it is bound to a ver, and otherwise made again, which is evidence once more.
func testRepeated(t *testing.T, s Driver) {
	ctx := t.Context()
	fresh := protocol.Fresh(fingerprint(), noon, rules)
	var item protocol.Item
	for range 2 {
		got, err := s.Open(ctx, fresh, noon)
		require.NoError(t, err)
		require.Equal(t, fresh, got)
		item = got
	}
	next := item
	next.Pending, next.Origins, next.Count = protocol.SetOf("0.a/x", "0.a/y"), protocol.SetOf("12345678"), 1
	want := next
	want.Ver = 1
	for n := range 2 {
		got, made, err := s.Swap(ctx, item, next)
		require.NoError(t, err)
		require.Equal(t, n == 0, made)
		require.Equal(t, want, got, "who is told that nothing was made finds itself in origins")
	}
	for range 2 {
		want.Ver, want.Pending = want.Ver+1, protocol.SetOf("0.a/y")
		got, made, err := s.CrossOff(ctx, item.ReportID, "0.a/x", true)
		require.NoError(t, err)
		require.True(t, made)
		require.Equal(t, want, got)
	}
	for range 2 {
		want.Count, want.LastSeen = want.Count+5, noon
		got, made, err := s.Count(ctx, item.ReportID, 5, noon)
		require.NoError(t, err)
		require.True(t, made)
		require.Equal(t, want, got, "more may be counted than there were, never less")
	}
	want.Judged, want.Verdict = 3, responder.Urgent
	for n := range 2 {
		settled(t, s, item.ReportID, 3, responder.Urgent, n == 0, 0)
		stands(t, s, want)
	}
	repeatedData(t, s, item.ReportID)
	for range 2 {
		require.NoError(t, s.Forget(ctx, item.ReportID))
		bodies(t, s, item.ReportID)
	}
}

func repeatedData(t *testing.T, s Driver, id string) {
	t.Helper()
	large := store.Body{Key: "F#0.a/x#0", Data: random(1, 1<<20)}
	v := verdict(3, string(random(2, 1<<20)))
	for range 2 {
		require.NoError(t, s.PutBody(t.Context(), id, large))
		bodies(t, s, id, large)
		require.True(t, assert.ObjectsAreEqual(v, put(t, s, id, v)))
	}
}
