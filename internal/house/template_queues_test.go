package house_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

const (
	fourDays     = 4 * 24 * 3600.0
	fourteenDays = 14 * 24 * 3600.0
)

// isDead says whether a queue is one for messages that were given up.
func isDead(queue string) bool {
	return strings.HasSuffix(queue, "DeadLetters") || strings.HasSuffix(queue, "Undelivered")
}

func (s stack) queues(dead bool) (names []string) {
	for _, name := range s.of("AWS::SQS::Queue") {
		if isDead(name) == dead {
			names = append(names, name)
		}
	}
	return names
}

func TestTemplateQueues(t *testing.T) {
	s := theStack(t)
	assert.Equal(t, []string{"AlertQueue", "InspectionQueue", "ReviewQueue", "SubmissionQueue", "WatchlistQueue", "WebhookQueue"}, s.queues(false))
	for _, name := range s.queues(false) {
		t.Run(name, func(t *testing.T) {
			p := s.Resources[name].Properties
			assert.Equal(t, fourDays, p["MessageRetentionPeriod"])
			dead := refers(p.at("RedrivePolicy", "deadLetterTargetArn"))
			assert.Equal(t, strings.TrimSuffix(name, "Queue")+"DeadLetters", dead)
			assert.Contains(t, s.Resources, dead)
			assert.Equal(t, s.Resources[name].Condition, s.Resources[dead].Condition)
		})
	}
}

func TestTemplateDeadLetters(t *testing.T) {
	s := theStack(t)
	require.NotEmpty(t, s.queues(true))
	for _, name := range s.queues(true) {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, fourteenDays, s.Resources[name].Properties["MessageRetentionPeriod"])
			alarm := s.Resources[name+"Alarm"]
			require.Equal(t, "AWS::CloudWatch::Alarm", alarm.Type)
			p := alarm.Properties
			assert.Equal(t, s.Resources[name].Condition, alarm.Condition)
			assert.Equal(t, "ApproximateNumberOfMessagesVisible", p["MetricName"])
			assert.Equal(t, name, refers(p.at("Dimensions", 0, "Value")))
			assert.Equal(t, "GreaterThanThreshold", p["ComparisonOperator"])
			assert.Equal(t, 0.0, p["Threshold"])
			assert.Equal(t, "ErrorNotification", refers(p.at("AlarmActions", 0)))
		})
	}
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

// What SNS cannot deliver is kept, and SNS may send to both queues of a subscription.
func TestTemplateSubscriptions(t *testing.T) {
	s := theStack(t)
	topics := map[string]string{"Alert": "AlertNotification", "Watchlist": "TaskNotification", "Webhook": "ReportNotification"}
	for _, name := range s.of("AWS::SNS::Subscription") {
		t.Run(name, func(t *testing.T) {
			r := s.Resources[name]
			word := strings.TrimSuffix(name, "Subscription")
			topic := topics[word]
			assert.Equal(t, topic, refers(r.Properties["TopicArn"]))
			assert.Equal(t, word+"Queue", refers(r.Properties["Endpoint"]))
			assert.Equal(t, word+"Undelivered", refers(r.Properties.at("RedrivePolicy", "deadLetterTargetArn")))
			assert.Equal(t, word != "Alert", r.Properties["RawMessageDelivery"] == true,
				"plugins get the message itself; AlertQueue does not, since raw delivery drops messages with many attributes")
			for _, queue := range []string{word + "Queue", word + "Undelivered"} {
				assert.Equal(t, r.Condition, s.Resources[queue].Condition)
				assert.True(t, admitsTopic(s.policyOf(t, "AWS::SQS::QueuePolicy", "Queues", queue), topic), "%s does not admit %s", queue, topic)
			}
		})
	}
	assert.Len(t, s.of("AWS::SNS::Subscription"), len(topics))
}

func admitsTopic(policy []properties, topic string) bool {
	return slices.ContainsFunc(policy, func(st properties) bool {
		return st["Effect"] == "Allow" && st.at("Principal", "Service") == "sns.amazonaws.com" &&
			slices.Equal(actions(st), []string{"sqs:SendMessage"}) && refers(st.at("Condition", "ArnEquals", "aws:SourceArn")) == topic
	})
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
