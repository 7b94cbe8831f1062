package abusech

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

// report is what comes of an alert while one service answers in another way, for good.
func report(t *testing.T, host string, other http.HandlerFunc, a responder.Attribute) (responder.Report, time.Duration) {
	t.Helper()
	now := func() time.Time { return inspectorstest.Start }
	s := inspectorstest.Settings(t, but(host, other))
	s.Now = func() time.Time { return now() }
	i, err := New(s)
	require.NoError(t, err)
	p, err := embedded.New(embedded.Options{Start: inspectorstest.Start, Inspectors: []embedded.Inspector{{ID: ID, Types: Types, Inspector: i}}})
	require.NoError(t, err)
	now = p.Now
	a.Context = []string{responder.ContextRemote}
	require.NoError(t, p.SendAlert(t.Context(), responder.Alert{Name: "n", Rule: "r", Key: "k", Attrs: []responder.Attribute{a}}))
	require.NoError(t, p.Settle(t.Context()))
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 1)
	return reports[0], reports[0].SettledAt.Sub(inspectorstest.Start)
}

// The report says what was found, and who did not answer.
func TestAReportOfOneThatIsDown(t *testing.T) {
	r, after := report(t, "threatfox-api.abuse.ch", down, responder.Attribute{Type: responder.TypeIPAddr, Value: badIP})
	assert.Equal(t, responder.Urgent, r.Result.Severity)
	assert.Zero(t, after, "malware is told at once")
	assert.Equal(t, responder.Failed, r.Inspections[0].Outcome)
	assert.Contains(t, r.Inspections[0].Error, threatfox)
	assert.Len(t, r.Signals, 1)

	r, after = report(t, "threatfox-api.abuse.ch", down, responder.Attribute{Type: responder.TypeDomain, Value: badDomain})
	assert.Equal(t, responder.Unclassified, r.Result.Severity)
	assert.Greater(t, after, patience)
	assert.Less(t, after, 90*time.Minute, "before the retries are used up")
	assert.Equal(t, responder.Failed, r.Inspections[0].Outcome)
	require.Len(t, r.Signals, 1, "what is less is not lost")
	assert.Equal(t, responder.Suspicious, r.Signals[0].Verdict)

	r, _ = report(t, "urlhaus-api.abuse.ch", down, responder.Attribute{Type: responder.TypeDomain, Value: badDomain})
	assert.Equal(t, responder.Unclassified, r.Result.Severity)
	assert.Equal(t, responder.Failed, r.Inspections[0].Outcome, "that the other knows nothing is no answer of both")
	assert.Contains(t, r.Inspections[0].Error, urlhaus)
	assert.Empty(t, r.Signals)
}
