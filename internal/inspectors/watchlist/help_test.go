package watchlist

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// shelf is a source in memory, whose clock a test moves.
type shelf struct {
	lists  map[string]string // path → content
	err    error             // of Lists
	broken error             // of reading any content
	opened []string
	listed atomic.Int64
	time   time.Time
	log    bytes.Buffer
}

func newShelf(lists map[string]string) *shelf { return &shelf{lists: lists, time: start} }

func (s *shelf) now() time.Time { return s.time }

func (s *shelf) Lists(context.Context) ([]File, error) {
	s.listed.Add(1)
	var out []File
	for p, content := range s.lists {
		out = append(out, File{Path: p, Version: content, Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) {
			s.opened = append(s.opened, p)
			if s.broken != nil {
				return io.NopCloser(io.MultiReader(strings.NewReader(content), failing{s.broken})), nil
			}
			return io.NopCloser(strings.NewReader(content)), nil
		}})
	}
	return out, s.err
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// inspector is lazy.
func (s *shelf) inspector(t testing.TB) *Inspector {
	w, err := New(s, Options{Lazy: true, Now: s.now, Log: slog.New(slog.NewJSONHandler(&s.log, nil))})
	require.NoError(t, err)
	return w
}

func ask(t testing.TB, w *Inspector, kind, value string) responder.Page {
	t.Helper()
	page, err := w.Inspect(t.Context(), taskOf(kind, value))
	require.NoError(t, err)
	return page
}

func taskOf(kind, value string) responder.Task {
	return responder.Task{ReportID: "r", Attribute: responder.Attribute{Type: kind, Value: value, Context: []string{"remote"}}}
}

// read is a list by itself.
func read(t testing.TB, file, text string) *list {
	t.Helper()
	l, err := parse(file, strings.NewReader(text), MaxIndicators)
	require.NoError(t, err)
	return l
}

func packed(t testing.TB, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	require.NoError(t, errors.Join(err, z.Close()))
	return b.String()
}

// says is what the page says of an attribute, in short.
func says(page responder.Page) string {
	var out []string
	for _, s := range page.Signals {
		out = append(out, string(s.Verdict)+" "+s.Source)
	}
	return strings.Join(out, ", ")
}
