package alertresponder

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Alerts among the dead letters of their queue, and of the topic, are put back, and judged as any other; they say that
// they are late.
func TestRedriveOfAlerts(t *testing.T) {
	t.Parallel()
	d, key, undelivered := theStack(t), "redriven-"+rand.Text(), "undelivered-"+rand.Text()
	letters, err := d.resource(t, d.StackName, "AlertDeadLetters")
	require.NoError(t, err)
	topics, err := d.resource(t, d.StackName, "AlertUndelivered")
	require.NoError(t, err)
	yesterday := time.Now().Add(-24 * time.Hour)
	_, err = d.queues.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &letters, MessageBody: aws.String(alert(t, key, address("198.51.100.10"))),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{
			"first_sent": {DataType: aws.String("String"), StringValue: aws.String(yesterday.UTC().Format(time.RFC3339))},
		},
	})
	require.NoError(t, err)
	envelope, err := json.Marshal(map[string]string{
		"Type": "Notification", "MessageId": rand.Text(), "TopicArn": d.outputs["AlertNotificationArn"],
		"Timestamp": yesterday.UTC().Format(time.RFC3339), "Message": alert(t, undelivered, address("198.51.100.11")),
	})
	require.NoError(t, err)
	_, err = d.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &topics, MessageBody: aws.String(string(envelope))})
	require.NoError(t, err)
	event := "event-" + rand.Text()
	d.undelivered(t, topics, event)
	listed := d.tool(t, "redrive", "--stack", d.StackName, "-o", "json")
	require.Contains(t, listed, "AlertDeadLetters")
	require.Contains(t, listed, "AlertUndelivered")
	d.tool(t, "redrive", "--stack", d.StackName, "AlertDeadLetters", "AlertUndelivered")

	for _, key := range []string{key, undelivered} {
		verdict := await(t, d, key, "a verdict", published)
		assert.Equal(t, responder.Urgent, verdict.Result.Severity, verdict.Result.Reason)
		assert.True(t, verdict.Alert.Late, "it was sent a day ago")
		assert.Equal(t, int64(1), verdict.AlertCount)
	}
	assert.Equal(t, "integration-test", await(t, d, event, "a verdict on the event", published).Alert.Rule)
	assert.False(t, d.waiting(t, letters) || d.waiting(t, topics))
}

// undelivered leaves an event in a queue as EventBridge does with what it could not deliver to its target (Amazon EventBridge
// User Guide, "Using dead-letter queues to process undelivered events in EventBridge").
func (d *deployed) undelivered(t *testing.T, queue, key string) {
	t.Helper()
	body := `{"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","source":"example","detail-type":"Detection","detail":` +
		alert(t, key, address("192.0.2.15")) + `}`
	attributes := map[string]sqstypes.MessageAttributeValue{}
	for name, value := range map[string]string{
		"RULE_ARN": "arn:aws:events:us-east-1:111122223333:rule/r", "TARGET_ARN": d.outputs["AlertQueueArn"],
		"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not authorized", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "RETRY_ATTEMPTS": "185",
	} {
		attributes[name] = sqstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	_, err := d.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body, MessageAttributes: attributes})
	require.NoError(t, err)
}

// An inspector that crashes each time: its task dies, the verdict comes at the deadline and says who is missing. When it
// is mended and its dead letters are put back, the verdict is corrected. No other test runs beside it: each outage and its end
// kills what its function is doing, which may be another test's task.
func TestDeadLettersAndRedrive(t *testing.T) {
	d, key := theStack(t), "outage-"+rand.Text()
	stack := d.python(t)
	d.until = time.Now().Add(2*patience + d.reviewDelay(t))
	domain := responder.Attribute{Type: responder.TypeDomain, Value: strings.ToLower(rand.Text()) + ".invalid"}
	d.outage(t, stack, domain.Value)
	queue, err := d.resource(t, stack, "InspectorQueue")
	require.NoError(t, err)
	letters, err := d.resource(t, stack, "InspectorDeadLetters")
	require.NoError(t, err)
	d.hasty(t, queue)

	d.publish(t, alert(t, key, domain))
	missing := await(t, d, key, "the verdict of the deadline", published)
	require.Len(t, answers(missing, "python"), 1)
	assert.Equal(t, responder.Missing, answers(missing, "python")[0].Outcome)
	for !d.waiting(t, letters) {
		require.True(t, d.wait(), "the task is a dead letter")
	}
	explained := d.tool(t, "explain", "--stack", d.StackName, missing.ReportID)
	assert.Contains(t, explained, "python", "whoever asks is told who is missing")

	d.outage(t, stack, "")
	d.tool(t, "redrive", "--stack", stack, "InspectorDeadLetters")
	corrected := await(t, d, key, "the corrected verdict", found("python"))
	require.Len(t, answers(corrected, "python"), 1)
	assert.Greater(t, corrected.Seq, missing.Seq)
	assert.False(t, d.waiting(t, letters))
	oneReport(t, d.told(t, key))
}

// outage has the inspector in Python crash on a domain; on none if it is empty.
func (d *deployed) outage(t *testing.T, stack, domain string) {
	t.Helper()
	name, err := d.resource(t, stack, "Inspector")
	require.NoError(t, err)
	functions := lambda.NewFromConfig(d.aws)
	is, err := functions.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	require.NoError(t, err)
	is.Environment.Variables["OUTAGE"] = domain
	_, err = functions.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &name, Environment: &lambdatypes.Environment{Variables: is.Environment.Variables},
	})
	require.NoError(t, err)
	for {
		is, err := functions.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		require.NoError(t, err)
		if is.LastUpdateStatus != lambdatypes.LastUpdateStatusInProgress {
			return
		}
		require.True(t, d.wait(), "the function is updated")
	}
}

// hasty has a queue give up after two receives, a second apart, until the test ends.
func (d *deployed) hasty(t *testing.T, queue string) {
	t.Helper()
	const timeout, redrive = "VisibilityTimeout", "RedrivePolicy"
	was, err := d.queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{timeout, redrive},
	})
	require.NoError(t, err)
	set := func(ctx context.Context, attributes map[string]string) error {
		_, err := d.queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &queue, Attributes: attributes})
		return err
	}
	var policy map[string]any
	require.NoError(t, json.Unmarshal([]byte(was.Attributes[redrive]), &policy))
	policy["maxReceiveCount"] = 2
	text, err := json.Marshal(policy)
	require.NoError(t, err)
	require.NoError(t, set(t.Context(), map[string]string{timeout: "1", redrive: string(text)}))
	t.Cleanup(func() { assert.NoError(t, set(context.Background(), was.Attributes)) })
}

// waiting says whether a queue has messages.
func (d *deployed) waiting(t *testing.T, queue string) bool {
	t.Helper()
	const visible, invisible = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
	out, err := d.queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{visible, invisible},
	})
	require.NoError(t, err)
	return out.Attributes[visible] != "0" || out.Attributes[invisible] != "0"
}
