package storetest

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
)

func body(key, data string) store.Body { return store.Body{Key: key, Data: []byte(data)} }

// noise is JSON of about n bytes that can be packed to a half only.
func noise(seed, n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	b := make([]byte, n/2)
	_, _ = r.Read(b)
	return []byte(`"` + hex.EncodeToString(b) + `"`)
}

// bodies asserts what is stored, without printing megabytes.
func bodies(t *testing.T, s store.Store, reportID string, want ...store.Body) {
	t.Helper()
	got, err := s.Bodies(t.Context(), reportID)
	require.NoError(t, err)
	require.Equal(t, keys(want), keys(got))
	for n := range want {
		require.True(t, slices.Equal(want[n].Data, got[n].Data), "%s: other bytes", want[n].Key)
	}
}

func keys(bodies []store.Body) []string {
	var out []string
	for _, b := range bodies {
		out = append(out, b.Key)
	}
	return out
}

// Bodies come in the order of their keys; one with the same key replaces.
func testBodies(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	bodies(t, s, id)
	stored := []store.Body{
		body("F#0.a/x#1", `{"f":1}`), body("A#10", `{"a":10}`), body("A#9", `{"a":9}`),
		body("F#0.a/x#0", `{"f":0}`), body("A#ünï", `{}`), body("F#legacy/unknown#0", `{}`),
	}
	for _, b := range stored {
		require.NoError(t, s.PutBody(t.Context(), id, b))
	}
	_, err := s.PutVerdict(t.Context(), id, store.Verdict{Ver: 1, OpenedAt: noon, Data: []byte(`{}`)})
	require.NoError(t, err)
	slices.SortFunc(stored, func(a, b store.Body) int { return strings.Compare(a.Key, b.Key) })
	bodies(t, s, id, stored...)

	stored[1] = body(stored[1].Key, `{"a":"other"}`)
	require.NoError(t, s.PutBody(t.Context(), id, stored[1]))
	bodies(t, s, id, stored...)
}

func testBodyRefused(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	for _, key := range []string{"", "A", "A#", "F#", "V#1", "C#x#0", "W#x#0", "a#1", "A#" + strings.Repeat("x", 1023)} {
		assert.ErrorContains(t, s.PutBody(t.Context(), id, body(key, "{}")), "body key", "%.20q", key)
	}
	require.NoError(t, s.PutBody(t.Context(), id, body("A#"+strings.Repeat("x", 1022), "{}")))
}

// A body of some MiB is stored as it is, and replaced by a small and by another large one.
func testBigBody(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	small, last := body("A#0", `{}`), body("F#0.a/x#0", `{}`)
	for _, b := range []store.Body{small, last} {
		require.NoError(t, s.PutBody(t.Context(), id, b))
	}
	for _, data := range [][]byte{noise(1, 2<<20), noise(2, 1<<20), []byte(`{}`), {}, noise(1, 2<<20)} {
		large := store.Body{Key: "A#1", Data: data}
		require.NoError(t, s.PutBody(t.Context(), id, large))
		bodies(t, s, id, small, large, last)
	}
	same := store.Body{Key: "F#0.a/y#0", Data: noise(1, 2<<20)}
	require.NoError(t, s.PutBody(t.Context(), id, same))
	bodies(t, s, id, small, store.Body{Key: "A#1", Data: same.Data}, last, same)
}

// Large bodies with one key that are stored at once never mix, also for who reads meanwhile.
func testBigBodyRace(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	large := [][]byte{noise(1, 1<<20), noise(2, 1<<20), noise(3, 1<<20)}
	require.NoError(t, s.PutBody(t.Context(), id, store.Body{Key: "F#0.a/x#0", Data: large[0]}))
	together(5, func(n int) {
		for range 3 {
			if n < len(large) {
				assert.NoError(t, s.PutBody(t.Context(), id, store.Body{Key: "F#0.a/x#0", Data: large[n]}))
				continue
			}
			got, err := s.Bodies(t.Context(), id)
			if assert.NoError(t, err) && assert.Len(t, got, 1) {
				assert.True(t, slices.ContainsFunc(large, func(d []byte) bool { return slices.Equal(d, got[0].Data) }))
			}
		}
	})
}

// More than fits into one answer of a table: all of it, in order.
func testManyBodies(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	var want []store.Body
	for n := range 12 {
		want = append(want, store.Body{Key: fmt.Sprintf("A#%02d", n), Data: noise(n, 400<<10)})
	}
	for n := range 60 {
		want = append(want, store.Body{Key: fmt.Sprintf("F#0.a/i%02d#0", n), Data: noise(100+n, 20<<10)})
	}
	for _, n := range rand.Perm(len(want)) {
		require.NoError(t, s.PutBody(t.Context(), id, want[n]))
	}
	bodies(t, s, id, want...)
}

// What is stored of one report is not seen in another, even of the same fingerprint.
func testReportsApart(t *testing.T, s Driver) {
	item := opened(t, s)
	other := protocol.ReportID(item.Fingerprint, noon+1)
	require.NoError(t, s.PutBody(t.Context(), item.ReportID, body("A#1", `1`)))
	require.NoError(t, s.PutBody(t.Context(), other, body("A#1", `2`)), "a report without an item")
	bodies(t, s, item.ReportID, body("A#1", `1`))
	bodies(t, s, other, body("A#1", `2`))
	require.NoError(t, s.Forget(t.Context(), other))
	bodies(t, s, item.ReportID, body("A#1", `1`))
	bodies(t, s, other)
	stands(t, s, item)
}
