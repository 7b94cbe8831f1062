package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func verdict(ver int64, data string) store.Verdict {
	return store.Verdict{Ver: ver, OpenedAt: noon, Severity: responder.Urgent, Title: "ein Tïtel", Data: []byte(data)}
}

// put puts a verdict and returns what stands.
func put(t *testing.T, s Driver, reportID string, v store.Verdict) store.Verdict {
	t.Helper()
	got, err := s.PutVerdict(t.Context(), reportID, v)
	require.NoError(t, err)
	return got
}

// PutVerdict stores if there is none for its ver, and returns the one that stands.
func testVerdict(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	first := verdict(1, `{"n":1}`)
	require.Equal(t, first, put(t, s, id, first))
	other := store.Verdict{Ver: 1, OpenedAt: noon + 1, Severity: responder.Safe, Title: "other", Data: []byte(`{"n":2}`)}
	require.Equal(t, first, put(t, s, id, other))
	other.Ver = 2
	require.Equal(t, other, put(t, s, id, other))
	bare := store.Verdict{Ver: 3, OpenedAt: noon, Data: []byte(`{}`)}
	require.Equal(t, bare, put(t, s, id, bare))
	require.Equal(t, bare, put(t, s, id, first3()))
}

func first3() store.Verdict { return verdict(3, `{"n":3}`) }

func testBigVerdict(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	large := verdict(1, string(noise(1, 2<<20)))
	for n, v := range []store.Verdict{large, verdict(1, string(noise(2, 2<<20))), verdict(1, `{}`)} {
		require.True(t, assert.ObjectsAreEqual(large, put(t, s, id, v)), "put %d", n)
	}
	got, ok, err := s.Latest(t.Context(), id)
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, assert.ObjectsAreEqual(large, got))
	bodies(t, s, id)
}

func testVerdictRace(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	var got [20]store.Verdict
	together(len(got), func(n int) {
		v := verdict(7, fmt.Sprintf(`{"n":%d}`, n))
		if n%4 == 0 {
			v.Data = noise(n, 1<<20)
		}
		var err error
		got[n], err = s.PutVerdict(t.Context(), id, v)
		assert.NoError(t, err)
	})
	for n := range got {
		require.True(t, assert.ObjectsAreEqual(got[0], got[n]), "racer %d has another verdict", n)
	}
	latest, ok, err := s.Latest(t.Context(), id)
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, assert.ObjectsAreEqual(got[0], latest))
}

// Latest is the highest as a number, not as text.
func testLatest(t *testing.T, s Driver) {
	id := opened(t, s).ReportID
	_, ok, err := s.Latest(t.Context(), id)
	require.NoError(t, err)
	require.False(t, ok)
	for _, ver := range []int64{9, 10, 2, 1} {
		put(t, s, id, verdict(ver, fmt.Sprint(ver)))
		want := max(ver, 9)
		if ver < 9 {
			want = 10
		}
		got, ok, err := s.Latest(t.Context(), id)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, verdict(want, fmt.Sprint(want)), got)
	}
}

// Since lists each report with a verdict once, with the latest, newest first, from a time on.
func testSince(t *testing.T, s Driver) {
	at := func(hours int) store.Summary {
		opened := noon + int64(hours)*time.Hour.Milliseconds()
		fp := fingerprint()
		for ver := range int64(11) {
			v := store.Verdict{Ver: ver + 1, OpenedAt: opened, Severity: responder.Safe, Title: "old", Data: []byte(`{}`)}
			if ver == 10 {
				v.Severity, v.Title = responder.Urgent, "new"
			}
			put(t, s, protocol.ReportID(fp, opened), v)
		}
		return store.Summary{ReportID: protocol.ReportID(fp, opened), Ver: 11, OpenedAt: opened, Severity: responder.Urgent, Title: "new"}
	}
	opened(t, s) // has no verdict
	b, a, d, c := at(-13), at(-30), at(0), at(0)
	now := time.UnixMilli(noon).Add(time.Minute)
	for _, test := range []struct {
		name  string
		hours float64
		want  []store.Summary
	}{
		{"all", 48, []store.Summary{d, c, b, a}},
		{"exactly at", 30, []store.Summary{d, c, b, a}},
		{"a moment after", 30 - 1e-6, []store.Summary{d, c, b}},
		{"today", 1, []store.Summary{d, c}},
		{"later", -0.01, nil},
	} {
		store.SortSummaries(test.want)
		from := time.UnixMilli(noon).Add(-time.Duration(test.hours * float64(time.Hour)))
		got, err := s.Since(t.Context(), from, now)
		require.NoError(t, err, test.name)
		require.Equal(t, test.want, got, test.name)
	}
}

// Forget deletes bodies, verdicts, and the item if it is still that of the report. It can be done again.
func testForget(t *testing.T, s Driver) {
	item := opened(t, s)
	id, old := item.ReportID, protocol.ReportID(item.Fingerprint, noon-1)
	for _, id := range []string{id, old} {
		for n := range 30 { // more than one batch
			require.NoError(t, s.PutBody(t.Context(), id, body(fmt.Sprintf("A#%d", n), `{}`)))
		}
		require.NoError(t, s.PutBody(t.Context(), id, store.Body{Key: "A#large", Data: noise(1, 1<<20)}))
		put(t, s, id, verdict(1, string(noise(1, 1<<20))))
		put(t, s, id, verdict(2, `{}`))
	}
	forgotten := func(id string, left int) {
		for range 2 {
			require.NoError(t, s.Forget(t.Context(), id))
			bodies(t, s, id)
			_, ok, err := s.Latest(t.Context(), id)
			require.NoError(t, err)
			require.False(t, ok)
			list, err := s.Since(t.Context(), time.UnixMilli(noon), time.UnixMilli(noon))
			require.NoError(t, err)
			require.Len(t, list, left)
		}
	}
	forgotten(old, 1)
	stands(t, s, item)
	forgotten(id, 0)
	got, err := s.Get(t.Context(), item.Fingerprint)
	require.NoError(t, err)
	require.Equal(t, protocol.Item{}, got)
	put(t, s, id, verdict(1, `{"fresh":1}`))
}
