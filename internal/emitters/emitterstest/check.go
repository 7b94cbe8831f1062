package emitterstest

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// check looks at what there is in the end.
func (w *world) check() {
	w.t.Helper()
	assert.Empty(w.t, w.p.DeadLetters(), "nothing is given up")
	assert.NotContains(w.t, w.log.String(), "given up", "nothing is given up")
	w.hasNoSecret()
	reports, err := w.p.Reports(w.t.Context())
	require.NoError(w.t, err)
	require.Len(w.t, reports, 3)
	by := map[string][]Shown{}
	for _, s := range w.shown() {
		by[s.Report] = append(by[s.Report], s)
	}
	for _, r := range reports {
		list := by[r.ReportID]
		delete(by, r.ReportID)
		want, some := w.Want(r)
		if !some {
			assert.Empty(w.t, list, "of %s nothing is to be shown", r.ReportID)
			continue
		}
		if !assert.NotEmpty(w.t, list, "nothing is shown of %s, expected %s", r.ReportID, want.Verdict) {
			continue
		}
		if !w.Cannot.Edit && !(w.Cannot.TellRepeats && w.faults > 0) {
			assert.Len(w.t, list, 1, "shown of %s", r.ReportID)
		}
		last := list[len(list)-1]
		assert.Equal(w.t, want.Verdict, last.Verdict, "what is shown of %s last", r.ReportID)
		if last.Text != "" {
			assert.Contains(w.t, last.Text, reason(r))
		}
		for _, s := range list {
			w.saysNothingTwice(s)
		}
	}
	assert.Empty(w.t, by, "shown of no report")
	assert.LessOrEqual(w.t, w.worst, w.Looks, "requests of one call")
}

func (w *world) saysNothingTwice(s Shown) {
	w.t.Helper()
	if w.Cannot.TellRepeats && w.faults > 0 {
		return
	}
	said := slices.Sorted(slices.Values(s.Said))
	assert.Len(w.t, slices.Compact(slices.Clone(said)), len(said), "something is said twice: %q", said)
}

// hasNoSecret looks through all that the emitter gave back, and what was logged.
func (w *world) hasNoSecret() {
	w.t.Helper()
	all := w.log.String() + strings.Join(w.told, "\n")
	for _, s := range w.secrets() {
		assert.False(w.t, len(s) > 4 && strings.Contains(all, s), "the key stands in the log, an error or a receipt")
	}
	assert.NotContains(w.t, all, "Please log in", "what a gateway says is not told")
}
