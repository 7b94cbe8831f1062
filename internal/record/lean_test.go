package record_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/merge"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// leaned are bodies as they come out of Lean, with their size, and the evidence in them.
func leaned(t *testing.T, bodies []store.Body) (size int, e merge.Evidence) {
	t.Helper()
	reduce := record.Lean()
	out := make([]store.Body, len(bodies))
	for i, b := range bodies {
		out[i] = reduce(b)
		require.Equal(t, b.Key, out[i].Key)
		size += len(out[i].Data)
	}
	e, err := record.Evidence(out, nil)
	require.NoError(t, err)
	return size, e
}

func alertsOf(t *testing.T, n int, a responder.Alert) (bodies []store.Body) {
	t.Helper()
	for i := range n {
		b, err := record.Alert(fmt.Sprintf("%03d", i), int64(i), a)
		require.NoError(t, err)
		bodies = append(bodies, b)
	}
	return bodies
}

func TestLean(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine and much text: for the whole run, not for the race detector")
	}
	small := alertsOf(t, 200, responder.Alert{Name: "a", Raw: strings.Repeat("r", 16<<10)})
	_, e := leaned(t, small)
	whole, err := record.Evidence(small, nil)
	require.NoError(t, err)
	assert.Equal(t, whole, e, "a usual report is not touched")
	assert.False(t, e.Cut)

	a := responder.Alert{Name: "a", Description: strings.Repeat("d", 4<<10), Raw: strings.Repeat("r", 1<<20)}
	for n := range 257 {
		a.Attrs = append(a.Attrs, responder.Attribute{Type: "url", Value: fmt.Sprint(n, strings.Repeat("v", 2000))})
	}
	size, e := leaned(t, alertsOf(t, 200, a))
	assert.Less(t, size, 24<<20)
	assert.True(t, e.Cut)
	require.Len(t, e.Alerts, 200, "none is left out")
	assert.NotEmpty(t, e.Alerts[0].Raw, "the first one is whole")
	assert.Empty(t, e.Alerts[7].Raw)
	assert.Len(t, e.Alerts[7].Attrs, 257, "raw messages go first")
	assert.NotEmpty(t, e.Alerts[199].Attrs)
	_, _, _, cut := merge.Compile(e)
	assert.True(t, cut, "and the report says so")
}

// However many submissions there are, and wherever it stands in them, what is malicious is told.
func TestLeanKeepsTheStrongest(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine and much text: for the whole run, not for the race detector")
	}
	var pages []responder.Page
	for n := range 600 {
		p := responder.Page{Title: "t", OpponentHosts: []responder.OpponentHost{{ID: "h", Country: []string{strings.Repeat("c", 500)}}}}
		for range 20 {
			p.Signals = append(p.Signals, responder.Signal{Kind: "noise", Verdict: responder.Harmless})
		}
		if n == 599 {
			p.Signals = append(p.Signals, responder.Signal{Kind: "it", Verdict: " Malicious"})
		}
		pages = append(pages, p)
	}
	var bodies []store.Body
	for n := range 24 {
		b, err := record.Finding(fmt.Sprint(n), 1, responder.Submission{Token: fmt.Sprintf("0.A/i%03d", n), Pages: pages})
		require.NoError(t, err)
		bodies = append(bodies, b)
	}
	size, e := leaned(t, bodies)
	assert.Less(t, size, 40<<20)
	require.Len(t, e.Findings, 24)
	_, _, signals, cut := merge.Compile(e)
	assert.True(t, cut)
	by := map[string]bool{}
	for _, s := range signals {
		if s.Verdict == responder.Malicious {
			by[s.Inspector] = true
		}
	}
	assert.Len(t, by, 24)
}

// What cannot be read is for the reviewer to complain about.
func TestLeanLeavesWhatItCannotRead(t *testing.T) {
	reduce := record.Lean()
	for _, key := range []string{"A#1", "F#1", "V#1"} {
		b := store.Body{Key: key, Data: []byte(strings.Repeat("{", 20<<20))}
		assert.Equal(t, b, reduce(b))
	}
}
