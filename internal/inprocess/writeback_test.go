package inprocess

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/ingest/writeback"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// finding is one of Security Hub's, as its next event has it.
type finding struct {
	updated               time.Duration // by its provider
	status, field, record string
	severity              string
	address               string
}

func (f finding) event(id string) string {
	return fmt.Sprintf(`{"id":%q,"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","detail":{"findings":[{
		"SchemaVersion":"2018-10-08","Id":"f-1","ProductArn":"arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default",
		"GeneratorId":"rule-1","AwsAccountId":"111122223333","Region":"eu-west-1","Title":"t","UpdatedAt":%q,
		"Severity":{"Label":%q},"RecordState":%q,"Workflow":{"Status":%q},"UserDefinedFields":{%q:%q},
		"Network":{"Direction":"IN","SourceIpV4":%q}}]}}`,
		id, start.Add(f.updated).Format(time.RFC3339), f.severity, f.record, f.status, writeback.Field, f.field, f.address)
}

// What a finding is that comes round after a verdict, an hour later or when the window has closed.
func TestWriteBacksAreNoAlerts(t *testing.T) {
	first := finding{status: "NEW", record: "ACTIVE", severity: "HIGH", address: "198.51.100.23"}
	told := func(change func(*finding)) finding {
		f := first
		f.status, f.field = "RESOLVED", "RESOLVED"
		if change != nil {
			change(&f)
		}
		return f
	}
	const day = 25 * time.Hour
	for name, test := range map[string]struct {
		again   finding
		reports int // after the window; within it there is always one
		news    bool
		state   responder.State
	}{
		"our answer":                      {told(nil), 1, false, responder.Firing},
		"our note":                        {told(func(f *finding) { f.status, f.field = "NEW", "NEW" }), 1, false, responder.Firing},
		"a person reopened it":            {told(func(f *finding) { f.status = "NEW" }), 2, false, responder.Firing},
		"a person resolved it":            {told(func(f *finding) { f.field = "NOTIFIED" }), 1, true, responder.Resolved},
		"a person made it graver":         {told(func(f *finding) { f.severity = "CRITICAL" }), 2, true, responder.Firing},
		"the provider goes on":            {told(func(f *finding) { f.updated = day }), 2, false, responder.Firing},
		"the provider saw another":        {told(func(f *finding) { f.address, f.updated = "198.51.100.24", day }), 2, true, responder.Firing},
		"the provider was late":           {told(func(f *finding) { f.address = "198.51.100.24" }), 2, true, responder.Firing},
		"the provider says it is over":    {told(func(f *finding) { f.record, f.updated = "ARCHIVED", time.Minute }), 1, true, responder.Resolved},
		"nobody wrote, it is sent again":  {first, 2, false, responder.Firing},
		"the provider archived, and we":   {told(func(f *finding) { f.record = "ARCHIVED" }), 1, true, responder.Resolved},
		"a field that says nothing":       {told(func(f *finding) { f.field, f.status = "", "" }), 2, false, responder.Firing},
		"a person resolved, no workflow ": {told(func(f *finding) { f.field = "" }), 1, true, responder.Resolved},
	} {
		t.Run(name, func(t *testing.T) {
			for _, later := range []time.Duration{time.Hour, day} {
				p, s := pipelineWith(t, nil, nothing)
				deliver(t, p, 0, first.event("1"))
				require.NotEmpty(t, s.reports)
				heard := len(s.reports)
				deliver(t, p, later, test.again.event("2"))
				reports, err := p.Reports(t.Context())
				require.NoError(t, err)
				if later == day {
					assert.Len(t, reports, test.reports)
					continue
				}
				assert.Len(t, reports, 1)
				assert.Equal(t, test.news, len(s.reports) > heard, "it is told")
				item, err := p.Store().Get(t.Context(), ingest.Alerts(envelope.Delivery{Body: first.event("1")})[0].Fingerprint)
				require.NoError(t, err)
				assert.Equal(t, test.state, item.State.OrFiring())
			}
		})
	}
}

// Whoever creates a finding can put our field into it. It is an alert nevertheless.
func TestAForgedWriteBackIsAnAlert(t *testing.T) {
	p, s := pipelineWith(t, nil, nothing)
	forged := finding{status: "RESOLVED", field: "RESOLVED", record: "ACTIVE", severity: "HIGH", address: "198.51.100.23"}
	deliver(t, p, 0, forged.event("1"))
	require.NotEmpty(t, s.reports)
	assert.Equal(t, responder.Firing, s.reports[0].Alert.State.OrFiring())
}

func deliver(t *testing.T, p *Pipeline, at time.Duration, body string) {
	t.Helper()
	require.NoError(t, p.Advance(t.Context(), start.Add(at).Sub(p.Now())))
	require.NoError(t, p.Send(t.Context(), []byte(body)))
	require.NoError(t, p.Settle(t.Context()))
	require.Empty(t, p.DeadLetters())
}
