package history_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Whatever stands in the memory: it is read or refused, and what is written after it can be read, counts the report once, and is
// bounded.
func FuzzEntries(f *testing.F) {
	golden, err := os.ReadFile("testdata/entry.json")
	require.NoError(f, err)
	for _, text := range []string{string(golden), `{"v":1,"older":["","s","sxxxxxxxxxxx","sxxxxxxxxxxxx"],"reports":[{"id":"REPORT-NOW","severity":"odd"}]}`,
		`{"v":1,"total":{"safe":-5},"reports":[{"opened_at":1e300,"level":1e300,"seq":-9}]}`, `{"v":2,"reports":[{},{}]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := newDiary(t)
		d.now = begin.Add(99 * day)
		require.NoError(t, d.memory.Store(t.Context(), history.KeyOf(visitor), []byte(text), d.now.Add(day)))
		own := task()
		page, err := d.reader.Inspect(t.Context(), own)
		if err != nil {
			require.True(t, responder.IsPermanent(err), err)
			return
		}
		require.NoError(t, respondertest.CheckPage(own, page))
		r := verdict(100, responder.Urgent)
		r.ReportID, r.Seq = own.ReportID, 1<<62
		d.tell(r)
		again, err := d.reader.Inspect(t.Context(), own)
		require.NoError(t, err)
		require.NoError(t, respondertest.CheckPage(own, again))
		d.tell(r)
		e, err := d.memory.Load(t.Context(), history.KeyOf(visitor))
		require.NoError(t, err)
		require.LessOrEqual(t, e.Ver, int64(2), "told twice, written once")
	})
}
