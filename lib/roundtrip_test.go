package responder_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/schema/schematest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What is written is what is read.
func TestRoundTrips(t *testing.T) {
	t.Run("alert", roundTrip[responder.Alert])
	t.Run("task", roundTrip[responder.Task])
	t.Run("task message", roundTrip[responder.TaskMessage])
	t.Run("submission", roundTrip[responder.Submission])
	t.Run("page", roundTrip[responder.Page])
	t.Run("report", roundTrip[responder.Report])
	t.Run("result", roundTrip[responder.Result])
	t.Run("receipt", roundTrip[responder.Receipt])
}

func roundTrip[T any](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := schematest.Values[T]().Draw(t, "value")
		text, err := json.Marshal(v)
		require.NoError(t, err)
		var back T
		require.NoError(t, json.Unmarshal(text, &back))
		twice, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(text), string(twice), "the same value gives the same bytes")
		require.Equal(t, v, tidy(back))
	})
}

// tidy makes none of a report's empty maps, which are written for readers who index them.
func tidy[T any](v T) any {
	r, ok := any(v).(responder.Report)
	if !ok {
		return v
	}
	c := &r.Content
	c.OpponentHosts, c.AlliedHosts, c.SubjectUsers = none(c.OpponentHosts), none(c.AlliedHosts), none(c.SubjectUsers)
	return r
}

func none[V any](m map[string]V) map[string]V {
	if len(m) == 0 {
		return nil
	}
	return m
}

// Whatever is read can be written, and is then the same for good.
func FuzzReport(f *testing.F) {
	for _, name := range []string{"verdict.json", "notice.json", "old/report.json", "old/report-new.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		require.NoError(f, err)
		f.Add(text)
	}
	for _, s := range []string{`{}`, `null`, `{"opened_at":"9999-12-31T23:59:59-23:00"}`, `{"opened_at":"0001-01-01T00:00:00+09:00"}`,
		`{"result":{"severity":"high"},"result":null}`, `{"content":{"allied_hosts":{"x":null}}}`, `{"alert":{"timestamp":{"init":1e308}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once, err := again[responder.Report](text)
		if err != nil {
			return
		}
		twice, err := again[responder.Report](once)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
