// Package alertresponder has the integration tests: an alert goes in, a verdict comes out.
//
// in → out: alerts as senders publish them → what the example emitter in tester/plugins is told. The pipeline
// is the one in this process, or, where AR_CONFIG names the config.json of a deployment, the stack on AWS with
// the test stack (cd tester && make deploy) beside it.
package alertresponder

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// system is a pipeline with the example plugins.
type system interface {
	// publish publishes a message to the topic of alerts.
	publish(t *testing.T, message string)
	// told is what the emitter was told of the reports on alerts with a key, by seq.
	told(t *testing.T, key string) []responder.Report
	// wait lets some time pass; false if waiting is of no use any more.
	wait() bool
}

// await waits until the emitter was told what is wanted, and returns the last such report.
func await(t *testing.T, s system, key, what string, wanted func(responder.Report) bool) responder.Report {
	t.Helper()
	for {
		told := s.told(t, key)
		for i := len(told) - 1; i >= 0; i-- {
			if wanted(told[i]) {
				return told[i]
			}
		}
		if !s.wait() {
			t.Fatalf("%s: the emitter was not told, but: %s", what, statuses(told))
		}
	}
}

func statuses(told []responder.Report) string {
	var list []string
	for _, r := range told {
		list = append(list, string(r.Status)+" "+string(r.Result.Severity))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func published(r responder.Report) bool { return r.Status == responder.StatusPublished }

// alert is a message of a sender of one's own.
func alert(t *testing.T, key string, attrs ...responder.Attribute) string {
	t.Helper()
	now := time.Now()
	text, err := json.Marshal(responder.Alert{
		Name: "Connection to a strange host", Rule: "integration-test", Key: key, Description: "Sent by a test.",
		Timestamp: responder.Span(now, now), Severity: 50, Attrs: attrs,
	})
	require.NoError(t, err)
	return string(text)
}

func address(value string) responder.Attribute {
	return responder.Attribute{Type: responder.TypeIPAddr, Value: value, Key: "remote address", Context: []string{responder.ContextRemote}}
}

// A message on the topic reaches the inspector, and people hear of it.
func TestInvokeBySns(t *testing.T) {
	s, key := theSystem(t), "invoke-"+rand.Text()
	s.publish(t, alert(t, key, address("192.0.2.10")))

	verdict := await(t, s, key, "a verdict", published)
	assert.Equal(t, responder.Unclassified, verdict.Result.Severity, "nothing is known: a person has to look")
	assert.Equal(t, responder.Nothing, outcome(verdict, "192.0.2.10"))

	assert.Equal(t, "integration-test", verdict.Alert.Rule)
	oneReport(t, s.told(t, key))
}

// oneReport looks at the notices too. An emitter is told of those that no later notification has overtaken: of
// none in a pipeline that is quick enough.
func oneReport(t *testing.T, told []responder.Report) {
	t.Helper()
	for _, r := range told {
		assert.Equal(t, told[0].ReportID, r.ReportID)
		assert.Equal(t, published(r), r.Seq%2 == 1, "seq %d: %s", r.Seq, r.Status)
		assert.Equal(t, r.Status == responder.StatusNew, r.Seq == 2, "seq %d: %s", r.Seq, r.Status)
		assert.Equal(t, "integration-test", r.Alert.Rule)
	}
}

// outcome is what the example inspector said of an address.
func outcome(r responder.Report, value string) responder.Outcome {
	for _, i := range r.Inspections {
		if i.Inspector == "tester" && i.Attribute != nil && i.Attribute.Value == value {
			return i.Outcome
		}
	}
	return ""
}

// An incident goes through the whole pipeline: an attacker is recognized, a second alert joins and corrects
// the verdict's evidence, a failed inspection is told as such, and something unreadable is kept.
func TestIntegration(t *testing.T) {
	s, key := theSystem(t), "integration-"+rand.Text()
	s.publish(t, alert(t, key, address("198.51.100.7"), responder.Attribute{Type: responder.TypeUsername, Value: "alice"}))

	first := await(t, s, key, "a verdict", published)
	assert.Equal(t, responder.Urgent, first.Result.Severity, first.Result.Reason)
	assert.NotEmpty(t, first.Result.Reason)
	assert.Equal(t, []string{"Attackers Ltd."}, first.Content.OpponentHosts["198.51.100.7"].ASOwner)
	assert.Equal(t, responder.Found, outcome(first, "198.51.100.7"))
	assert.Equal(t, int64(1), first.AlertCount)

	s.publish(t, alert(t, key, address("198.51.100.7"), address("198.51.100.255")))
	second := await(t, s, key, "a verdict on both alerts", func(r responder.Report) bool { return published(r) && r.AlertCount == 2 })
	assert.Equal(t, first.ReportID, second.ReportID, "one incident is one report")
	assert.Greater(t, second.Seq, first.Seq)
	assert.Len(t, second.Alerts, 2)
	assert.Equal(t, responder.Urgent, second.Result.Severity)
	assert.Equal(t, responder.Failed, outcome(second, "198.51.100.255"), "a failed inspection never looks like a clean one")
	oneReport(t, s.told(t, key))

	if d, ok := s.(*deployed); ok {
		d.check(t, second)
	}
}
