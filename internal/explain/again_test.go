package explain_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// second is a time in a report, in epoch milliseconds; 0 for 0.
func second(n int64) int64 {
	if n == 0 {
		return 0
	}
	return explaintest.Start.UnixMilli() + n*1000
}

// again is a report of an answer that was sent at that second the last time, and of verdicts of these seconds, of which all
// but the first have one like it, with these signals. At second 1000 another report took its place, if it was replaced.
func again(t *testing.T, at int64, verdicts []int64, replaced bool, signals ...responder.Signal) explain.Explanation {
	t.Helper()
	answer, err := record.Finding("p", second(at), responder.Submission{Token: "0.A/dns", Done: true, Pages: []responder.Page{{
		Outcome: responder.Found, Signals: []responder.Signal{{Verdict: responder.Malicious}},
	}}})
	require.NoError(t, err)
	rows := []explain.Row{{Key: answer.Key, Data: answer.Data}}
	for n, seconds := range verdicts {
		var r responder.Report
		if seconds > 0 {
			r.SettledAt = responder.At(time.UnixMilli(second(seconds)))
		}
		if n > 0 {
			r.Inspections = []responder.Inspection{{Inspector: "dns", Origin: "0.A", Outcome: responder.Found}}
			r.Signals = signals
		}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		rows = append(rows, explain.Row{Key: fmt.Sprint("V#", n+1), Data: data})
	}
	var live explain.Live
	if replaced {
		live.Item = protocol.Item{Fingerprint: "AAAA", ReportID: protocol.ReportID("AAAA", second(1000)), OpenedAt: second(1000)}
	}
	return explain.Explain("AAAA-1", live, slices.Values(rows), time.UnixMilli(second(5000)))
}

// TestAnAnswerThatWasSentAgain: a verdict of before has another one in its place, with the same outcomes, and no verdict has
// what came when there was another report.
func TestAnAnswerThatWasSentAgain(t *testing.T) {
	two, three, undated := []int64{60, 120}, []int64{60, 120, 180}, []int64{60, 0}
	for _, c := range []struct {
		at       int64
		verdicts []int64
		replaced bool
		judge    explain.Judge
		first    int64
		standing explain.Currency
	}{
		{100, two, false, explain.Judged, 2, explain.Unknown},
		{100, two, true, explain.Judged, 2, explain.UpToDate},
		{120, two, true, explain.Judged, 2, explain.UpToDate},
		{121, two, false, explain.InDoubt, 0, explain.Unknown}, // clocks differ, and reading takes time
		{121, two, true, explain.InDoubt, 0, explain.Unknown},
		{500, two, false, explain.InDoubt, 0, explain.Unknown}, // perhaps it said the same before
		{500, two, true, explain.InDoubt, 0, explain.Unknown},  // nor is it known when it was there
		{1010, two, true, explain.InDoubt, 0, explain.Unknown}, // clocks differ
		{1011, two, true, explain.Unjudged, 0, explain.Behind},
		{90_000, two, true, explain.Unjudged, 0, explain.Behind},
		{90_000, undated, true, explain.Unjudged, 0, explain.Behind},
		{90_000, two, false, explain.InDoubt, 0, explain.Unknown},
		{150, three, false, explain.Judged, 3, explain.Unknown},
		{150, three, true, explain.Judged, 3, explain.UpToDate},
		{0, two, false, explain.Judged, 2, explain.Unknown}, // of an older release: as far as is known
		{0, two, true, explain.Judged, 2, explain.Unknown},
		{100, undated, true, explain.Judged, 2, explain.Unknown},
	} {
		e := again(t, c.at, c.verdicts, c.replaced, responder.Signal{Inspector: "dns", Verdict: responder.Malicious})
		got := e.Asked[0].Answers[0]
		assert.Equal(t, explain.Answer{Judge: c.judge, First: c.first, NotIn: 1}, explain.Answer{Judge: got.Judge, First: got.First, NotIn: got.NotIn}, "%v", c)
		assert.Equal(t, c.standing, e.Present.Standing, "%v", c)
		assert.Equal(t, c.judge == explain.Unjudged, len(e.Present.Since) == 1, "%v", c)
		for _, v := range e.Verdicts {
			assert.Equal(t, v.Ver == c.first, len(v.New) == 1, "%v", c)
		}
	}
}

// An answer that waited for long may have been sent before a verdict that has another one in its place.
func TestAnAnswerThatWaited(t *testing.T) {
	for _, at := range []int64{100, 0} {
		for _, signals := range [][]responder.Signal{nil, {{Inspector: "dns", Verdict: responder.Suspicious}}, {{Inspector: "dns", Verdict: responder.Malicious, Score: 1}}} {
			e := again(t, at, []int64{60, 120}, true, signals...)
			assert.Equal(t, explain.InDoubt, e.Asked[0].Answers[0].Judge, "%v", signals)
			assert.Equal(t, explain.Unknown, e.Present.Standing)
		}
	}
}

// What cannot be read may have come since.
func TestAReplacedReportWithAnAnswerThatCannotBeRead(t *testing.T) {
	p := explaintest.Play(t, "replaced", nil)
	p.Rows = slices.DeleteFunc(p.Rows, func(r explain.Row) bool { return strings.HasPrefix(r.Key, "F#legacy/") })
	assert.Equal(t, explain.UpToDate, p.Explain().Present.Standing)
	p.Rows = append(p.Rows, explain.Row{Key: "F#0.A/dns#p", Problem: "gunzip: broken"})
	assert.Equal(t, explain.Unknown, p.Explain().Present.Standing)
}
