package submitter_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
	"github.com/m-mizutani/AlertResponder/internal/submitter"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const report = "AAAAAAAAAAAAAAAAAAAAAAAAAA-abc"

// desk is a submitter with its store, and a clock that is another one at each look. Its report is not current, so that
// it stores, and goes no further.
func desk(t *testing.T) (s *submitter.Submitter, stored func() []byte) {
	t.Helper()
	db, err := memory.New()
	require.NoError(t, err)
	now := time.UnixMilli(5_000_000).UTC()
	s = &submitter.Submitter{
		Items: db, Bodies: db, Rules: protocol.Rules{}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { now = now.Add(time.Millisecond); return now },
	}
	return s, func() []byte {
		bodies, err := db.Bodies(t.Context(), report)
		require.NoError(t, err)
		require.Len(t, bodies, 1)
		return bodies[0].Data
	}
}

func at(t *testing.T, body []byte) any {
	t.Helper()
	var fields map[string]any
	require.NoError(t, json.Unmarshal(body, &fields))
	return fields["at"]
}

func delivery(t *testing.T, sent time.Time) envelope.Delivery {
	t.Helper()
	body, err := json.Marshal(responder.Submission{ReportID: report, Token: "0.A/dns", Pages: []responder.Page{{Title: "x"}}, Done: true})
	require.NoError(t, err)
	return envelope.Delivery{ID: "1", Body: string(body), SentAt: sent, ReceiveCount: 1}
}

// What is delivered again is stored as the same bytes, whenever that is; what is sent again has the time of that.
func TestWhenASubmissionWasSentIsStored(t *testing.T) {
	s, stored := desk(t)
	sent := time.UnixMilli(1_700_000_000_123).UTC()
	require.NoError(t, s.Deliver(t.Context(), delivery(t, sent)))
	first := stored()
	assert.InDelta(t, 1_700_000_000_123, at(t, first), 0)

	again := delivery(t, sent)
	again.ReceiveCount, again.ReceiptHandle = 7, "another"
	require.NoError(t, s.Deliver(t.Context(), again))
	assert.Equal(t, string(first), string(stored()))

	require.NoError(t, s.Deliver(t.Context(), delivery(t, sent.Add(time.Minute))))
	assert.InDelta(t, 1_700_000_060_123, at(t, stored()), 0)

	redriven := delivery(t, sent.Add(24*time.Hour))
	redriven.Attributes = map[string]string{"first_sent": sent.Format(time.RFC3339Nano)}
	require.NoError(t, s.Deliver(t.Context(), redriven))
	assert.Equal(t, string(first), string(stored()), "what was a dead letter keeps its time")
}

// The time of a delivery that does not say it is not made up.
func TestWhenASubmissionWasSentIsNotKnown(t *testing.T) {
	s, stored := desk(t)
	require.NoError(t, s.Deliver(t.Context(), delivery(t, time.Time{})))
	first := stored()
	assert.Nil(t, at(t, first))
	require.NoError(t, s.Deliver(t.Context(), delivery(t, time.Time{})))
	assert.Equal(t, string(first), string(stored()))
}

// A page that is handed in by invocation is sent now.
func TestAPageIsSentWhenItComes(t *testing.T) {
	s, stored := desk(t)
	page, err := json.Marshal(responder.Page{ReportID: report, Title: "x", Author: "old-plugin"})
	require.NoError(t, err)
	require.NoError(t, s.Page(t.Context(), page))
	assert.InDelta(t, 5_000_001, at(t, stored()), 0)
}
