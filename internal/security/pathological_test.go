package security

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/defang"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	"github.com/m-mizutani/AlertResponder/internal/policy"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// soon fails where something takes time out of proportion: all of it is done in far less than a second.
func soon(t *testing.T, what string, f func()) {
	t.Helper()
	if raced {
		t.Skip("measures time")
	}
	began := time.Now()
	f()
	assert.Less(t, time.Since(began), 10*time.Second, "%.60q", what)
}

// texts are 1 MiB each, of what regular expressions and parsers dislike.
func texts() (list []string) {
	for _, part := range []string{"a.", "1.", "1.1.1.1", "a.b@", "http://", "hxxp[:]//", "[.]", "\u3002a", "::", "a-", "%", "{", "\\u0000", "\x00", "\u202e", "é.", "((((", "xn--"} {
		list = append(list, strings.Repeat(part, 1<<20/len(part)))
	}
	return list
}

// No text takes time out of proportion to be defanged, normalized, parsed or judged.
func TestPathologicalTexts(t *testing.T) {
	for _, text := range texts() {
		soon(t, "defang "+text, func() { defang.Text(text) })
		for _, kind := range []string{"ipaddr", "domain", "url", "email", "filehash", "json"} {
			soon(t, kind+" "+text, func() { entity.Normalize(responder.Attribute{Type: kind, Value: text}) })
		}
		soon(t, "ingest "+text, func() { ingest.Alerts(envelope.Delivery{ID: "m", Body: text}) })
	}
}

// The largest report that can be compiled is judged soon.
func TestPathologicalReport(t *testing.T) {
	r := responder.Report{ReportID: "A-1"}
	for n := range 2000 {
		a := responder.Attribute{Type: "url", Value: fmt.Sprint("https://", n, ".example/", strings.Repeat("a.", 1000)), Context: []string{"remote"}}
		r.Signals = append(r.Signals, responder.Signal{Verdict: responder.Harmless, Attribute: &a, Inspector: fmt.Sprint("i", n), Summary: a.Value})
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: a.Value, Outcome: responder.Failed, Attribute: &a, Error: a.Value})
		if n < 200 {
			r.Alerts = append(r.Alerts, responder.Alert{Name: a.Value, Attrs: []responder.Attribute{a, a, a}})
		}
	}
	soon(t, "judge", func() {
		result, err := policy.Strongest{}.Review(t.Context(), r)
		require.NoError(t, err)
		assert.Equal(t, responder.Unclassified, result.Severity)
	})
}

// lists are watchlists that are more than they should be, each with whether it can be used.
func lists(t *testing.T) map[string]struct {
	text   []byte
	usable bool
} {
	t.Helper()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 1024 {
		_, err := z.Write(bytes.Repeat([]byte("1.2.3.4\n"), 1<<17))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	many := &strings.Builder{}
	for n := range 260_000 {
		fmt.Fprintf(many, "%d.example\n", n)
	}
	nested := &strings.Builder{}
	for n := range 100_000 {
		fmt.Fprintf(nested, "%d.%d.0.0/%d\n0.0.0.0-255.255.%d.%d\n", n%256, n/256%256, n%33, n%256, n/256%256)
	}
	return map[string]struct {
		text   []byte
		usable bool
	}{
		"bomb.txt.gz":  {bomb.Bytes(), false},
		"many.txt":     {[]byte(many.String()), false},
		"nested.txt":   {[]byte(nested.String()), true},
		"one line.txt": {bytes.Repeat([]byte("a"), 60<<20), true},
		"quotes.csv":   {[]byte("indicator,verdict\n" + strings.Repeat(`"`, 1<<20)), true},
		"columns.csv":  {[]byte("indicator" + strings.Repeat(",summary", 1<<17) + "\n1.2.3.4\n"), true},
		"zero.txt":     {make([]byte, 1<<20), true},
	}
}

// A watchlist that is too much is not used, and says so in the page; none takes time or memory out of proportion, nor fails
// the pipeline.
func TestPathologicalWatchlists(t *testing.T) {
	if raced {
		t.Skip("time is measured, and nothing runs at once here")
	}
	for name, list := range lists(t) {
		t.Run(name, func(t *testing.T) {
			soon(t, name, func() {
				w, err := watchlist.New(oneList{name, list.text}, watchlist.Options{Lazy: true, Log: slog.New(slog.DiscardHandler)})
				require.NoError(t, err)
				_, reports := run(t, inprocess.Config{Inspectors: []inprocess.Inspector{{ID: "watchlist", Types: []string{"*"}, Inspector: w}}}, []byte(alarm))
				require.Len(t, reports, 1)
				require.Len(t, reports[0].Inspections, 1)
				assert.NotEqual(t, responder.Safe, reports[0].Result.Severity)
				if !list.usable {
					assert.Equal(t, responder.Failed, reports[0].Inspections[0].Outcome)
				}
			})
		})
	}
}

type oneList struct {
	name string
	text []byte
}

// Lists implements watchlist.Source.
func (l oneList) Lists(context.Context) ([]watchlist.File, error) {
	return []watchlist.File{{Path: l.name, Version: "1", Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(l.text)), nil
	}}}, nil
}
