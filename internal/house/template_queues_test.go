package house_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/abusech"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/abuseipdb"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/awscontext"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/greynoise"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
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

// accepted are the attribute types that inspectors accept, by their folders: what their packages say, and of lists of one's own
// each type that can stand in one.
var accepted = map[string][]string{
	"watchlist": {"ipaddr", "domain", "url", "email", "filehash", "username", "instance", "accesskey", "bucket"},

	virustotal.ID: virustotal.Types, awscontext.ID: awscontext.Types, history.ID: history.Types,
	abuseipdb.ID: abuseipdb.Types, greynoise.ID: greynoise.Types, abusech.ID: abusech.Types,
}

// What is said of a plugin: its folder, and of an inspector what it accepts. Its filter, its parameter and its environment are
// from there (see testdata/stack.yml.tmpl).
func TestTemplatePlugins(t *testing.T) {
	want := map[string]any{}
	for _, l := range lines(t, theTemplate(t)) {
		switch {
		case l.Inspector:
			require.NotEmpty(t, accepted[l.Folder], "%s: what it accepts", l.Folder)
			want[l.Function] = map[string]any{"Id": l.Folder, "Types": accepted[l.Folder]}
		case l.Plugin:
			want[l.Function] = map[string]any{"Id": l.Folder}
		}
	}
	assert.JSONEq(t, text(want), text(properties(theTemplate(t)).at("Mappings", "Plugins")))
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
			switch _, isStage := works[f]; {
			case isStage:
			case accepted[word(f)] != nil:
				want = []float64{60, pipeline.PluginVisibility.Seconds(), pipeline.PluginReceives, pipeline.InspectorBatch}
			default:
				want = []float64{60, pipeline.PluginVisibility.Seconds(), pipeline.PluginReceives, pipeline.EmitterBatch}
			}
			receives, _ := q.at("RedrivePolicy", "maxReceiveCount").(float64)
			assert.Equal(t, want, []float64{timeout, visibility, receives, batch})
		})
	}
}
