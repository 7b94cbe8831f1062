package house_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

// isDead says whether a queue is one for messages that were given up.
func isDead(queue string) bool {
	return strings.HasSuffix(queue, "DeadLetters") || strings.HasSuffix(queue, "Undelivered")
}

func TestTemplateQueuePolicies(t *testing.T) {
	s := theStack(t)
	for _, name := range s.of("AWS::SQS::Queue") {
		assert.Equal(t, true, s.Resources[name].Properties["SqsManagedSseEnabled"], "%s: encrypted", name)
		policy := s.policyOf(t, "AWS::SQS::QueuePolicy", "Queues", name)
		assert.True(t, refusesPlainText(policy, name, "sqs:*"), "%s: who comes without TLS is not refused", name)
	}
	alerts := s.policyOf(t, "AWS::SQS::QueuePolicy", "Queues", "AlertQueue")
	assert.True(t, slices.ContainsFunc(alerts, func(st properties) bool {
		return st.at("Principal", "Service") == "events.amazonaws.com" && slices.Equal(actions(st), []string{"sqs:SendMessage"}) &&
			strings.HasSuffix(text(st.at("Condition", "ArnLike", "aws:SourceArn")), `:${AWS::AccountId}:rule/*"}`)
	}), "EventBridge rules of this account")
}

// An inspector's filter, its parameter and its environment are one list.
func TestTemplateInspectors(t *testing.T) {
	s := theStack(t)
	find := `{"Fn::FindInMap":["Watchlist","Attributes","Types"]}`
	join := `{"Fn::Join":[",",` + find + `]}`
	assert.Equal(t, `{"types":`+find+`}`, text(s.Resources["WatchlistSubscription"].Properties["FilterPolicy"]))
	p := s.Resources["WatchlistInspector"].Properties
	assert.Equal(t, join, text(p["Value"]))
	assert.Equal(t, "String", p["Type"])
	assert.Equal(t, `{"Fn::Sub":"/alertresponder/${AWS::StackName}/inspectors/watchlist"}`, text(p["Name"]))
	env := s.Resources["Watchlist"].Properties
	assert.Equal(t, join, text(env.at("Environment", "Variables", "INSPECTOR_TYPES")))
	assert.Equal(t, "watchlist", env.at("Environment", "Variables", "INSPECTOR_ID"))
	path := text(map[string]any{"Fn::Sub": "/alertresponder/${AWS::StackName}/inspectors"})
	for _, stage := range []string{"Receptor", "Submitter"} {
		assert.Equal(t, path, text(s.Resources[stage].Properties.at("Environment", "Variables", "INSPECTORS_PATH")))
	}
}

// The embedded pipeline has the same queues: see package pipeline.
func TestTemplateTimes(t *testing.T) {
	s := theStack(t)
	for _, f := range s.of("AWS::Serverless::Function") {
		t.Run(f, func(t *testing.T) {
			queue, batch := s.source(t, f)
			q := s.Resources[queue].Properties
			timeout, ok := s.Resources[f].Properties["Timeout"].(float64)
			if !ok {
				timeout, ok = s.Globals.Function["Timeout"].(float64)
			}
			require.True(t, ok, "no Timeout")
			visibility, _ := q["VisibilityTimeout"].(float64)
			assert.GreaterOrEqual(t, visibility, 6*timeout, "a message in work must not come back")
			want := []float64{30, pipeline.StageVisibility.Seconds(), pipeline.StageReceives, pipeline.StageBatch}
			switch f {
			case "Watchlist":
				want = []float64{60, pipeline.PluginVisibility.Seconds(), pipeline.PluginReceives, pipeline.InspectorBatch}
			case "Webhook":
				want = []float64{60, pipeline.PluginVisibility.Seconds(), pipeline.PluginReceives, pipeline.EmitterBatch}
			}
			receives, _ := q.at("RedrivePolicy", "maxReceiveCount").(float64)
			assert.Equal(t, want, []float64{timeout, visibility, receives, batch})
		})
	}
}
