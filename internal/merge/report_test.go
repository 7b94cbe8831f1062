package merge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/merge"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestFitLeavesWhatFits(t *testing.T) {
	r := respondertest.Report()
	got, cut := merge.Fit(r, 1<<20)
	assert.False(t, cut)
	assert.Equal(t, r, got)
}

func TestFitLeavesOutRawFirst(t *testing.T) {
	r := respondertest.Report()
	r.Alert.Raw, r.Alerts[0].Raw = strings.Repeat("r", 1<<20), "r"
	got, cut := merge.Fit(r, 1<<20)
	assert.True(t, cut)
	want := respondertest.Report()
	want.Alert.Raw, want.Alerts[0].Raw, want.Truncated = "", "", true
	assert.Equal(t, want, got)
}

// huge is a report of which every part is too large.
func huge() responder.Report {
	r := respondertest.Report()
	x := strings.Repeat("\x01<", 1<<10)
	attr := responder.Attribute{Type: x, Value: x, Key: x, Context: []string{x, x}}
	r.Alert = responder.Alert{Name: x, Rule: x, Key: x, Description: x, Link: x, Raw: x, Source: x, Account: x, Region: x,
		Attrs: slices.Repeat([]responder.Attribute{attr}, 3)}
	r.Content, _, _, _ = merge.Compile(monsters(8))
	r.Alerts, r.Inspections, r.Signals = nil, nil, nil
	for i := range 20 {
		a := r.Alert
		a.Name = fmt.Sprint(i, x)
		r.Alerts = append(r.Alerts, a)
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: fmt.Sprint(i, x), Origin: x, Attribute: &attr, Outcome: responder.Nothing, Title: x, Error: x})
		r.Signals = append(r.Signals, responder.Signal{Kind: fmt.Sprint(i, x), Verdict: responder.Harmless, Summary: x, Source: x, URL: x, Attribute: &attr, Inspector: x})
	}
	r.Signals = append(r.Signals, responder.Signal{Verdict: responder.Malicious})
	r.Inspections = append(r.Inspections, responder.Inspection{Inspector: "zz", Outcome: responder.Failed}, responder.Inspection{Inspector: "zzz", Outcome: responder.Missing})
	r.Result = responder.Result{Severity: responder.Urgent, Reason: strings.Repeat(x, 9), Rules: slices.Repeat([]string{x}, 300)}
	return r
}

func TestFitWhateverIsInIt(t *testing.T) {
	r := huge()
	before := text(t, r)
	assert.Greater(t, len(before), 2<<20)
	for _, limit := range []int{1 << 20, 3 << 19} {
		got, cut := merge.Fit(r, limit)
		assert.True(t, cut)
		assert.LessOrEqual(t, len(text(t, got)), limit)
		assert.True(t, got.Truncated)
		assert.Equal(t, []any{r.ReportID, r.Seq, r.Status, r.AlertCount, r.OpenedAt, r.SettledAt, responder.Urgent},
			[]any{got.ReportID, got.Seq, got.Status, got.AlertCount, got.OpenedAt, got.SettledAt, got.Result.Severity})
		assert.Equal(t, responder.Malicious, got.Signals[0].Verdict)
		outcomes := map[responder.Outcome]int{}
		for _, i := range got.Inspections {
			outcomes[i.Outcome]++
		}
		assert.Equal(t, 1, outcomes[responder.Failed])
		assert.Equal(t, 1, outcomes[responder.Missing])
		if n := len(got.Alerts); n > 0 {
			assert.True(t, strings.HasPrefix(got.Alerts[n-1].Name, "19"), "the newest alerts stay")
		}
	}
	assert.Equal(t, before, text(t, r), "the report was changed")
}
