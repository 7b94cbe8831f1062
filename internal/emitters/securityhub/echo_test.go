package securityhub

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/ingest/writeback"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

func TestTheContract(t *testing.T) {
	assert.Equal(t, writeback.Author, author)
	assert.Equal(t, writeback.Field, field)
}

// The event that a write causes, as Security Hub sends it, is known for an echo: it says nothing new of the same incident. What
// a person does afterwards is none.
func TestTheEchoIsRecognized(t *testing.T) {
	for _, s := range []responder.Severity{responder.Safe, responder.Unclassified, responder.Urgent} {
		d := newDesk(t, "on")
		first := ingest.Alerts(envelope.Delivery{Body: string(d.event(1))})
		require.Len(t, first, 1)
		assert.False(t, first[0].Echo)
		require.Equal(t, readAndWrite, d.does(told(3, s, func(r *responder.Report) { r.Alert, r.Alerts = first[0].Alert, []responder.Alert{first[0].Alert} })))
		echo := ingest.Alerts(envelope.Delivery{Body: string(d.event(2))})
		require.Len(t, echo, 1)
		assert.True(t, echo[0].Echo, s)
		assert.Equal(t, first[0].Fingerprint, echo[0].Fingerprint)
		assert.Equal(t, first[0].Alert.State, echo[0].Alert.State)
		assert.Equal(t, first[0].Alert.Timestamp, echo[0].Alert.Timestamp)
		d.by("alice", "SUPPRESSED")
		person := ingest.Alerts(envelope.Delivery{Body: string(d.event(3))})
		assert.False(t, person[0].Echo)
		assert.Equal(t, responder.Resolved, person[0].Alert.State)
	}
}

// The same through the whole pipeline: the event that our write causes is no alert, in the report's window and after it.
func TestTheEchoIsNoAlert(t *testing.T) {
	d := newDesk(t, "on")
	said := responder.Urgent
	p, err := embedded.New(embedded.Options{Start: start, Emitters: []embedded.Emitter{{ID: ID, Emitter: d.e}},
		Reviewer: responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) {
			return responder.Result{Severity: said, Reason: "the policy says so"}, nil
		})})
	require.NoError(t, err)
	send := func(n int) (reports int, alerts int64) {
		t.Helper()
		require.NoError(t, p.Send(t.Context(), d.event(n)))
		require.NoError(t, p.Settle(t.Context()))
		assert.Empty(t, p.DeadLetters())
		list, err := p.Reports(t.Context())
		require.NoError(t, err)
		return len(list), list[len(list)-1].AlertCount
	}
	reports, alerts := send(1)
	assert.Equal(t, []any{1, int64(1)}, []any{reports, alerts})
	assert.Equal(t, "NOTIFIED NOTIFIED", d.status())
	calls := len(d.calls)
	assert.Equal(t, 2, calls)

	for n, wait := range []time.Duration{0, time.Hour, 25 * time.Hour, 48 * time.Hour} {
		require.NoError(t, p.Advance(t.Context(), wait))
		reports, alerts = send(n + 2)
		assert.Equal(t, []any{1, int64(1)}, []any{reports, alerts}, "after another %s", wait)
	}
	assert.Len(t, d.calls, calls, "and nothing is written for it")

	d.only()["UpdatedAt"] = "2026-05-09T00:00:00Z" // the provider speaks again
	said = responder.Safe
	reports, _ = send(9)
	assert.Equal(t, 2, reports)
	assert.Equal(t, "RESOLVED RESOLVED", d.status(), "by another report, which takes the status for ours")
}
