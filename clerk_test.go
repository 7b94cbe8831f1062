package alertresponder

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// mail is an attribute that only the clerk accepts: the test itself, which answers when it wants to.
func mail() responder.Attribute {
	return responder.Attribute{Type: responder.TypeEmail, Value: rand.Text() + "@example.com"}
}

// task takes the clerk's task of a report from its queue. The tasks of others go back.
func (d *deployed) task(t *testing.T, reportID string) responder.TaskMessage {
	t.Helper()
	for {
		out, err := d.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &d.Clerk, WaitTimeSeconds: 1, VisibilityTimeout: 1})
		require.NoError(t, err)
		for _, m := range out.Messages {
			var task responder.TaskMessage
			require.NoError(t, json.Unmarshal([]byte(*m.Body), &task))
			if task.ReportID == reportID {
				_, err := d.queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &d.Clerk, ReceiptHandle: m.ReceiptHandle})
				require.NoError(t, err)
				return task
			}
		}
		require.True(t, d.wait(), "the task of %s has come", reportID)
	}
}

// answer submits what the clerk found of the attribute that it accepts.
func (d *deployed) answer(t *testing.T, task responder.TaskMessage, says responder.SignalVerdict) {
	t.Helper()
	i := slices.IndexFunc(task.Attributes, func(a responder.Attribute) bool { return a.Type == responder.TypeEmail })
	require.GreaterOrEqual(t, i, 0, "an attribute of the type that the clerk accepts")
	text, err := json.Marshal(responder.Submission{
		ReportID: task.ReportID, Token: task.Token("clerk"), Done: true,
		Pages: []responder.Page{{Attribute: &task.Attributes[i], Title: "Asked", Signals: []responder.Signal{{
			Kind: "reputation", Verdict: says, Score: 90, Source: "clerk", Summary: "the sender of the campaign",
		}}}},
	})
	require.NoError(t, err)
	_, err = d.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(d.outputs["SubmissionQueueUrl"]), MessageBody: aws.String(string(text))})
	require.NoError(t, err)
}

// The verdict comes as soon as the last inspector has answered.
func TestEarlyVerdict(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "early-"+rand.Text()
	d.publish(t, alert(t, key, mail()))
	notice := await(t, d, key, "a notice", func(r responder.Report) bool { return r.Status == responder.StatusNew })
	d.answer(t, d.task(t, notice.ReportID), responder.Harmless)

	verdict := await(t, d, key, "a verdict", published)
	require.Len(t, answers(verdict, "clerk"), 1)
	assert.Equal(t, responder.Found, answers(verdict, "clerk")[0].Outcome)
	d.early(t, verdict)
}

// Nobody is waited for beyond the deadline; the report says who is missing, an alert that joins does not move it,
// and a page that comes later corrects the verdict.
func TestDeadlineAndLatePage(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "deadline-"+rand.Text()
	delay := d.reviewDelay(t)
	d.until = time.Now().Add(patience + delay)
	one := mail()
	d.publish(t, alert(t, key, one, address("192.0.2.14")))
	notice := await(t, d, key, "a notice", func(r responder.Report) bool { return r.Status == responder.StatusNew })
	task := d.task(t, notice.ReportID)
	d.publish(t, alert(t, key, one, address("192.0.2.15")))

	missing := await(t, d, key, "the verdict of the deadline", published)
	took := missing.SettledAt.Sub(missing.OpenedAt.Time)
	assert.GreaterOrEqual(t, took, delay-time.Second, "nobody is passed over before the deadline")
	assert.Less(t, took, delay+time.Minute)
	assert.Equal(t, int64(2), missing.AlertCount)
	assert.Equal(t, responder.Nothing, outcome(missing, "192.0.2.15"))
	require.Len(t, answers(missing, "clerk"), 1)
	assert.Equal(t, responder.Missing, answers(missing, "clerk")[0].Outcome)
	assert.Equal(t, responder.Unclassified, missing.Result.Severity)

	d.answer(t, task, responder.Malicious)
	corrected := await(t, d, key, "the corrected verdict", found("clerk"))
	require.Len(t, answers(corrected, "clerk"), 1)
	assert.Greater(t, corrected.Seq, missing.Seq)
	assert.Equal(t, responder.Urgent, corrected.Result.Severity, corrected.Result.Reason)
	oneReport(t, d.told(t, key))
}
