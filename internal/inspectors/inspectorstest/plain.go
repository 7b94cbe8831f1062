package inspectorstest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func alert(t *testing.T, a responder.Attribute) []byte { return alertOf(t, "one", a) }

func alertOf(t *testing.T, incident string, a responder.Attribute) []byte {
	t.Helper()
	b, err := json.Marshal(responder.Alert{Name: "Odd connection", Rule: "odd", Key: incident, Source: "test", Attrs: []responder.Attribute{a}})
	require.NoError(t, err)
	return b
}

// severity is what the policy that ships makes of a verdict about the other side.
func (c Case) severity() responder.Severity {
	switch c.Verdict {
	case responder.Malicious:
		return responder.Urgent
	case responder.Harmless:
		return responder.Safe
	}
	return responder.Unclassified
}

// found checks that the report says what the service does.
func (w *world) found(r responder.Report) {
	w.t.Helper()
	row := w.inspection(r)
	assert.Equal(w.t, responder.Found, row.Outcome, row.Error)
	assert.Empty(w.t, row.Error)
	strongest := responder.UnknownSignal
	for _, s := range r.Signals {
		if s.Verdict.Rank() > strongest.Rank() {
			strongest = s.Verdict
		}
		assert.NotEmpty(w.t, s.Source)
		assert.NotEmpty(w.t, s.Summary)
	}
	assert.Equal(w.t, w.c.Verdict, strongest)
	assert.Equal(w.t, w.c.severity(), r.Result.Severity, r.Result.Reason)
}

// failed checks that the report says that nobody knows, and why.
func (w *world) failed(r responder.Report, why string) {
	w.t.Helper()
	row := w.inspection(r)
	assert.Equal(w.t, responder.Failed, row.Outcome, "never clean")
	assert.Contains(w.t, row.Error, why)
	assert.Empty(w.t, r.Signals)
	assert.Equal(w.t, responder.Unclassified, r.Result.Severity, "a person has to look")
	assert.Contains(w.t, r.Result.Reason, w.c.ID, "the reason says who failed")
}

// incomplete checks that the deadline's verdict was told in time, and says who is missing.
func (w *world) incomplete() {
	w.t.Helper()
	require.NotEmpty(w.t, w.told)
	last := w.told[len(w.told)-1]
	assert.Equal(w.t, deadline, last.after)
	assert.Equal(w.t, responder.StatusPublished, last.report.Status)
	assert.Equal(w.t, responder.Unclassified, last.report.Result.Severity)
	assert.Equal(w.t, responder.Missing, w.inspection(last.report).Outcome)
	assert.Contains(w.t, last.report.Result.Reason, w.c.ID)
}

// answered: the verdict is there at once. What was asked is not asked again for the next incident.
func answered(t *testing.T, c Case) {
	w := newWorld(t, c, by(c.Good))
	w.send()
	w.advance(0)
	require.NotEmpty(t, w.told)
	w.found(w.told[len(w.told)-1].report) // not only at the deadline
	w.found(w.settle())
	assert.Equal(t, c.Requests, w.service.requests())

	w.restart()
	require.NoError(t, w.pipeline.Send(t.Context(), alertOf(t, "two", c.Attribute)))
	require.NoError(t, w.pipeline.Settle(t.Context()))
	reports, err := w.pipeline.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 2)
	w.found(reports[1])
	assert.Equal(t, reports[0].Content, reports[1].Content)
	assert.Equal(t, bare(reports[0].Signals), bare(reports[1].Signals), "what is remembered says the same")
	assert.Equal(t, c.Requests, w.service.requests(), "it was remembered")
	for _, b := range w.service.bodies {
		assert.True(t, b.closed.Load(), "answers are closed")
	}
}

// bare are signals without what they are about.
func bare(signals []responder.Signal) []responder.Signal {
	for i := range signals {
		signals[i].Attribute = nil
	}
	return signals
}

// unknown: what the service does not know is no clean answer, and is remembered as well.
func unknown(t *testing.T, c Case) {
	if c.Unknown == nil {
		t.Skip("the service has something to say about each")
	}
	w := newWorld(t, c, by(c.Unknown))
	w.send()
	r := w.settle()
	row := w.inspection(r)
	assert.Equal(t, responder.Nothing, row.Outcome, row.Error)
	assert.Empty(t, r.Signals)
	assert.Equal(t, responder.Unclassified, r.Result.Severity, "unknown is not safe")
	assert.Equal(t, c.Requests, w.service.requests())
	require.NoError(t, w.pipeline.Send(t.Context(), alertOf(t, "two", c.Attribute)))
	require.NoError(t, w.pipeline.Settle(t.Context()))
	require.Len(t, w.told, 2)
	assert.Equal(t, c.Requests, w.service.requests(), "it was remembered")
}

// notSent: what is one's own goes to nobody, and the report says so.
func notSent(t *testing.T, c Case) {
	c.Env = map[string]string{"OWN_DOMAINS": "corp.example, 8.8.4.0/24"}
	local := c.Attribute
	local.Context = []string{responder.ContextLocal}
	for _, a := range []responder.Attribute{
		local,
		{Type: responder.TypeIPAddr, Value: "10.1.2.3"}, {Type: responder.TypeIPAddr, Value: "8.8.4.4"},
		{Type: responder.TypeIPAddr, Value: "fd00::1"}, {Type: responder.TypeIPAddr, Value: "169.254.169.254"},
		{Type: responder.TypeDomain, Value: "wiki.corp.example"}, {Type: responder.TypeDomain, Value: "printer.local"},
		{Type: responder.TypeURL, Value: "https://wiki.corp.example/?token=1"}, {Type: responder.TypeURL, Value: "http://10.1.2.3/x"},
	} {
		if !accepts(c.Types, a.Type) {
			continue
		}
		w := newWorld(t, c, by(c.Good))
		require.NoError(t, w.pipeline.Send(t.Context(), alert(t, a)))
		row := w.inspection(w.settle())
		assert.Equal(t, responder.Skipped, row.Outcome, a.Value)
		assert.NotEmpty(t, row.Title, "it says why")
		assert.Zero(t, w.service.requests(), a.Value)
	}
}

func accepts(types []string, kind string) bool {
	for _, t := range types {
		if t == kind {
			return true
		}
	}
	return false
}
