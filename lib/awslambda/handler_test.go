package awslambda

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// fakeQueues notes what it is asked to do.
type fakeQueues struct {
	sent   []sqs.SendMessageInput
	hidden []sqs.ChangeMessageVisibilityInput
	err    error
}

func (q *fakeQueues) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	q.sent = append(q.sent, *in)
	return &sqs.SendMessageOutput{}, q.err
}

func (q *fakeQueues) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	q.hidden = append(q.hidden, *in)
	return &sqs.ChangeMessageVisibilityOutput{}, nil
}

// onLambda has the environment of an inspector, and queues that are not there.
func onLambda(t *testing.T) *fakeQueues {
	t.Helper()
	t.Setenv("SUBMISSION_QUEUE_URL", "https://sqs.example/1/submissions")
	t.Setenv("INSPECTOR_ID", "mine")
	t.Setenv("INSPECTOR_TYPES", "ipaddr, domain")
	q, was := &fakeQueues{}, queues
	queues = func(context.Context) (queueClient, error) { return q, nil }
	t.Cleanup(func() { queues = was })
	return q
}

var quiet = Options{Logger: slog.New(slog.DiscardHandler)}

const queueARN = "arn:aws:sqs:eu-west-1:123456789012:mine"

// task is the body of a task about some addresses.
func task(t *testing.T, values ...string) string {
	t.Helper()
	m := responder.TaskMessage{V: 1, ReportID: "AAAA-1", Origin: "0.BBBB"}
	for _, v := range values {
		m.Attributes = append(m.Attributes, responder.Attribute{Type: responder.TypeIPAddr, Value: v})
	}
	b, err := json.Marshal(m)
	require.NoError(t, err)
	return string(b)
}

func deliveryOf(id, body string) envelope.Delivery {
	return envelope.Delivery{ID: id, ReceiptHandle: "handle-" + id, QueueARN: queueARN, Body: body, SentAt: time.Now(), ReceiveCount: 1}
}

func invoke(t *testing.T, h lambda.Handler, ds ...envelope.Delivery) string {
	t.Helper()
	answer, err := h.Invoke(t.Context(), envelope.SQSEvent(ds...))
	require.NoError(t, err)
	return string(answer)
}

func submission(t *testing.T, in sqs.SendMessageInput) (s responder.Submission) {
	t.Helper()
	assert.Equal(t, "https://sqs.example/1/submissions", *in.QueueUrl)
	require.NoError(t, json.Unmarshal([]byte(*in.MessageBody), &s))
	return s
}

func found(_ context.Context, task responder.Task) (responder.Page, error) {
	return responder.Page{Title: task.Attribute.Value + "\uFFFF"}, nil
}

func TestInspectorAnswersATask(t *testing.T) {
	q := onLambda(t)
	h := Inspector(responder.InspectorFunc(found), quiet)
	assert.Equal(t, `{"batchItemFailures":[]}`, invoke(t, h, deliveryOf("1", task(t, "192.0.2.1", "192.0.2.2"))))
	require.Len(t, q.sent, 1)
	s := submission(t, q.sent[0])
	assert.Equal(t, []any{"AAAA-1", "0.BBBB/mine", true, 2}, []any{s.ReportID, s.Token, s.Done, len(s.Pages)})
	assert.NotContains(t, *q.sent[0].MessageBody, "\uFFFF", "SQS refuses noncharacters")

	wrapped := deliveryOf("2", task(t, "192.0.2.3"))
	wrapped.Topic, wrapped.NotificationID = "arn:aws:sns:eu-west-1:123456789012:tasks", "n"
	assert.JSONEq(t, `{"batchItemFailures":[]}`, invoke(t, h, wrapped), "by a subscription without raw delivery")
	assert.Equal(t, "0.BBBB/mine", submission(t, q.sent[1]).Token)

	direct, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]any{
		"MessageId": "n", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:tasks", "Message": task(t, "192.0.2.4")}}}})
	require.NoError(t, err)
	_, err = h.Invoke(t.Context(), direct)
	require.NoError(t, err)
	require.Len(t, q.sent, 3)
	assert.Equal(t, "192.0.2.4", submission(t, q.sent[2]).Pages[0].Attribute.Value)
	q.err = errors.New("throttled")
	_, err = h.Invoke(t.Context(), direct)
	require.ErrorContains(t, err, "throttled", "without a queue the invocation fails")
	assert.IsType(t, host.Error(""), err)
}

func TestInspectorThatWaitsHidesItsMessage(t *testing.T) {
	q := onLambda(t)
	busy := func(_ context.Context, task responder.Task) (responder.Page, error) {
		if task.Attribute.Value == "192.0.2.2" {
			return responder.Page{}, responder.RetryAfter(errors.New("429"), 90*time.Second+time.Millisecond)
		}
		return responder.Page{}, nil
	}
	h := Inspector(responder.InspectorFunc(busy), quiet)
	answer := invoke(t, h, deliveryOf("fine", task(t, "192.0.2.1")), deliveryOf("half", task(t, "192.0.2.1", "192.0.2.2")), deliveryOf("odd", "{"))
	assert.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"half"},{"itemIdentifier":"odd"}]}`, answer)
	require.Len(t, q.sent, 2)
	assert.True(t, submission(t, q.sent[0]).Done)
	half := submission(t, q.sent[1])
	assert.Equal(t, []any{false, 1}, []any{half.Done, len(half.Pages)}, "what was learnt is told at once")
	require.NotEmpty(t, q.hidden)
	assert.Equal(t, []any{"https://sqs.eu-west-1.amazonaws.com/123456789012/mine", "handle-half", int32(91)},
		[]any{*q.hidden[0].QueueUrl, *q.hidden[0].ReceiptHandle, q.hidden[0].VisibilityTimeout})
}

func TestInspectorsLastTryIsAFailedPage(t *testing.T) {
	q := onLambda(t)
	o := quiet
	o.MaxReceives = 7
	h := Inspector(responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) { panic("oh") }), o)
	last := deliveryOf("1", task(t, "192.0.2.1"))
	last.ReceiveCount = 6
	assert.Contains(t, invoke(t, h, last), `"itemIdentifier":"1"`)
	last.ReceiveCount = 7
	assert.JSONEq(t, `{"batchItemFailures":[]}`, invoke(t, h, last))
	s := submission(t, q.sent[len(q.sent)-1])
	assert.True(t, s.Done)
	assert.Equal(t, responder.Failed, s.Pages[0].Outcome)
	assert.Contains(t, s.Pages[0].Error, "panic: oh")
}

func TestAQueueThatIsDown(t *testing.T) {
	q := onLambda(t)
	q.err = errors.New("throttled")
	h := Inspector(responder.InspectorFunc(found), quiet)
	assert.Contains(t, invoke(t, h, deliveryOf("1", task(t, "192.0.2.1"))), `"itemIdentifier":"1"`, "the page is not lost")
}

func TestReviewerOfOnesOwn(t *testing.T) {
	h := Reviewer(responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
		switch r.ReportID {
		case "bad":
			return responder.Result{}, responder.Permanent(errors.New("no policy"))
		case "down":
			return responder.Result{}, errors.New("no answer")
		}
		return responder.Result{Severity: responder.Safe, Reason: r.ReportID}, nil
	}))
	answer, err := h.Invoke(t.Context(), []byte(`{"report_id":"AAAA-1"}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"severity":"safe","reason":"AAAA-1"}`, string(answer))
	for id, want := range map[string]error{"bad": host.PermanentError("no policy"), "down": host.Error("no answer")} {
		_, err = h.Invoke(t.Context(), []byte(`{"report_id":"`+id+`"}`))
		require.ErrorContains(t, err, want.Error())
		assert.IsType(t, want, err, "the name of the type is what the invoker sees")
	}
}
