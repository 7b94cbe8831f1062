package quarantine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// What the documents show of quarantine is what it says.
func TestThePicturedReport(t *testing.T) {
	r := rendertest.Named("quarantined").Report()
	w := &work{emitter: newStand(t, "on", theRules).emitter, report: r, severity: responder.Urgent}
	a := ledger.Action{ID: "k3jq7f3a2c5b4dxy-1", State: ledger.Done, Report: r.ReportID, Rule: "attacked-instance",
		Target: actions.Target{Kind: actions.IsolateInstance, Value: "i-0123456789abcdef0"}, Name: "EC2 instance i-0123456789abcdef0 (web-1)",
		Why: "urgent by guardduty; virustotal, watchlist say malicious",
		Warnings: []string{"Connections that are open and tracked go on until they are idle for long enough, at most five days.",
			"Security groups do not stop DNS by the resolver of the VPC, nor the instance metadata service."},
		Did: []string{"Network interface eni-0a1b2c3d has security group sg-0d1e2f3a (alertresponder-quarantine) alone."}}
	said := map[responder.Outcome]string{}
	for _, i := range r.Inspections {
		if i.Inspector == ID {
			said[i.Outcome] = i.Title
		}
	}
	require.Len(t, said, 2)
	assert.Equal(t, w.standing(a).title, said[responder.Found])
	c := candidate{target: actions.Target{Kind: actions.BlockAddress, Value: "198.51.100.23"}}
	assert.Equal(t, w.refused(c, "the ceiling of 5 actions per hour is reached").title, said[responder.Skipped])
}
