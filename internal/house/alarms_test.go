package house_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever adds a queue for messages that were given up adds an alarm: what lies there is an alert that nobody hears of
// otherwise. These tests find such queues by what leads to them, whatever they are called.

func TestWhatIsGivenUpIsHeard(t *testing.T) {
	for _, path := range templates(t) {
		t.Run(path, func(t *testing.T) {
			s := readStack(t, path)
			require.NotEmpty(t, s.lastQueues())
			assert.Empty(t, s.unheard())
		})
	}
}

// templates are the stack's, and those of plugins that have one of their own.
func templates(t *testing.T) []string {
	t.Helper()
	all := []string{"template.yml"}
	err := filepath.WalkDir(root+"functions", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (d.Name() == "template.yml" || d.Name() == "template.yaml") {
			name, err = filepath.Rel(root, name)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	require.NoError(t, err)
	return all
}

// lastQueues are the queues from which nothing goes on by itself: those that a redrive policy or a function's failures
// lead to, those that no function reads, and those that are called so.
func (s stack) lastQueues() []string {
	last := map[string]bool{}
	read := map[string]bool{}
	for _, name := range s.names() {
		r := s.Resources[name]
		for _, at := range [][]any{
			{"RedrivePolicy", "deadLetterTargetArn"}, {"DeadLetterQueue", "TargetArn"}, {"DeadLetterConfig", "TargetArn"},
			{"DestinationConfig", "OnFailure", "Destination"}, {"EventInvokeConfig", "DestinationConfig", "OnFailure", "Destination"},
		} {
			if v := r.Properties.at(at...); v != nil {
				last[refers(v)] = true
			}
		}
		events, _ := r.Properties["Events"].(map[string]any)
		for _, e := range events {
			event, _ := e.(map[string]any)
			read[refers(properties(event).at("Properties", "Queue"))] = true
		}
		if r.Type == "AWS::Lambda::EventSourceMapping" {
			read[refers(r.Properties["EventSourceArn"])] = true
		}
	}
	for _, name := range s.of("AWS::SQS::Queue") {
		last[name] = last[name] || isDead(name) || !read[name]
	}
	var out []string
	for name, is := range last {
		if is {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (s stack) names() (out []string) {
	for name := range s.Resources {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// unheard says which of these queues can fill without anybody hearing of it.
func (s stack) unheard() (faults []string) {
	for _, queue := range s.lastQueues() {
		if s.Resources[queue].Type != "AWS::SQS::Queue" {
			faults = append(faults, fmt.Sprintf("%q: it is not said in a way that this test understands which queue that is", queue))
			continue
		}
		if !slices.ContainsFunc(s.of("AWS::CloudWatch::Alarm"), func(alarm string) bool { return s.rings(alarm, queue) }) {
			faults = append(faults, queue+": no alarm that rings at its first message and tells ErrorNotification")
		}
	}
	if s.Resources["ErrorNotification"].Type != "AWS::SNS::Topic" || s.Resources["ErrorNotification"].Condition != "" {
		faults = append(faults, "ErrorNotification: no topic that is always there")
	}
	return faults
}

// rings says whether an alarm is one for the queue, wherever the queue is.
func (s stack) rings(alarm, queue string) bool {
	a := s.Resources[alarm]
	p := a.Properties
	wants := map[string]any{
		"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum",
		"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.0, "EvaluationPeriods": 1.0,
	}
	for name, want := range wants {
		if p[name] != want {
			return false
		}
	}
	dimension := p.at("Dimensions", 0)
	ofQueue, _ := dimension.(map[string]any)
	told := slices.ContainsFunc(each(p["AlarmActions"]), func(v any) bool { return refers(v) == "ErrorNotification" })
	return len(each(p["Dimensions"])) == 1 && ofQueue["Name"] == "QueueName" && refers(ofQueue["Value"]) == queue &&
		told && p["ActionsEnabled"] != false && (a.Condition == "" || a.Condition == s.Resources[queue].Condition)
}

// The test above notices what it is for.
func TestAQueueWithoutAnAlarmIsNoticed(t *testing.T) {
	get := func(name, what string) any { return map[string]any{"Fn::GetAtt": []any{name, what}} }
	with := func(kind string, p properties) func(stack) {
		return func(s stack) { s.Resources["New"] = resource{Type: kind, Properties: p} }
	}
	alarm := func(name string, value any) func(stack) {
		return func(s stack) { s.Resources["AlertDeadLettersAlarm"].Properties[name] = value }
	}
	for what, c := range map[string]struct {
		change func(stack)
		queue  string
	}{
		"a queue alone":             {with("AWS::SQS::Queue", nil), "New"},
		"an alarm that is gone":     {func(s stack) { delete(s.Resources, "ReviewDeadLettersAlarm") }, "ReviewDeadLetters"},
		"an alarm of nobody":        {alarm("AlarmActions", nil), "AlertDeadLetters"},
		"an alarm for others":       {alarm("AlarmActions", []any{map[string]any{"Ref": "ReportNotification"}}), "AlertDeadLetters"},
		"an alarm that is off":      {alarm("ActionsEnabled", false), "AlertDeadLetters"},
		"an alarm for many":         {alarm("Threshold", 10.0), "AlertDeadLetters"},
		"an alarm for later":        {alarm("EvaluationPeriods", 3.0), "AlertDeadLetters"},
		"an alarm of another queue": {alarm("Dimensions", []any{map[string]any{"Name": "QueueName", "Value": get("AlertQueue", "QueueName")}}), "AlertDeadLetters"},
		"an alarm of another kind":  {alarm("MetricName", "NumberOfMessagesSent"), "AlertDeadLetters"},
		"an alarm that is not there where the queue is": {func(s stack) {
			r := s.Resources["AlertDeadLettersAlarm"]
			r.Condition = "WithWebhook"
			s.Resources["AlertDeadLettersAlarm"] = r
		}, "AlertDeadLetters"},
		"a queue that is read, and takes what others gave up": {func(s stack) {
			s.Resources["AlertQueue"].Properties["RedrivePolicy"] = map[string]any{"deadLetterTargetArn": get("ReviewQueue", "Arn")}
		}, "ReviewQueue"},
		"a queue for a function's failures": {func(s stack) {
			s.Resources["Reviewer"].Properties["DeadLetterQueue"] = map[string]any{"Type": "SQS", "TargetArn": get("SubmissionQueue", "Arn")}
		}, "SubmissionQueue"},
		"a queue that only a formula knows": {func(s stack) {
			s.Resources["AlertQueue"].Properties["RedrivePolicy"] = map[string]any{"deadLetterTargetArn": map[string]any{"Fn::If": []any{"A", "b", "c"}}}
		}, `""`},
		"no topic": {func(s stack) { delete(s.Resources, "ErrorNotification") }, "ErrorNotification"},
	} {
		t.Run(what, func(t *testing.T) {
			s := theStack(t)
			c.change(s)
			faults := s.unheard()
			require.Len(t, faults, 1)
			assert.Contains(t, faults[0], c.queue+":")
		})
	}
}

// The functions have the stack's name, which their metrics stand under, from their log group (package metrics).
func TestLogGroupsTellTheStack(t *testing.T) {
	s := theStack(t)
	for _, name := range s.of("AWS::Serverless::Function") {
		group, err := json.Marshal(s.Resources[name+"Logs"].Properties["LogGroupName"])
		require.NoError(t, err)
		word := filepath.Base(fmt.Sprint(s.Resources[name].Properties["CodeUri"]))
		assert.JSONEq(t, `{"Fn::Sub":"/alertresponder/${AWS::StackName}/`+word+`"}`, string(group), name)
		assert.Empty(t, s.Resources[name+"Logs"].Properties["LogGroupClass"], "%s: only the standard class reads metrics out of lines", name)
		assert.Empty(t, s.Resources[name].Properties.at("LoggingConfig", "LogFormat"), "%s: that of Globals", name)
	}
}
