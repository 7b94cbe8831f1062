package awslambda

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// deaf answers for all addresses but one, for which it never returns.
func deaf(_ context.Context, task responder.Task) (responder.Page, error) {
	if task.Attribute.Value == "192.0.2.2" {
		time.Sleep(time.Hour)
	}
	return responder.Page{}, nil
}

// What was learnt is told before the function's time is over, and the rest is asked again.
func TestTheFunctionsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := onLambda(t)
		h := Inspector(responder.InspectorFunc(deaf), quiet)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		answer, err := h.Invoke(ctx, envelope.SQSEvent(deliveryOf("1", task(t, "192.0.2.1", "192.0.2.2", "192.0.2.3"))))
		require.NoError(t, err)
		assert.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"1"}]}`, string(answer))
		assert.InDelta(t, 60, time.Since(began).Seconds(), 2, "the plugin has nearly all of it")
		require.NoError(t, ctx.Err(), "before it is over")
		require.Len(t, q.sent, 1)
		s := submission(t, q.sent[0])
		assert.Equal(t, []any{false, 2}, []any{s.Done, len(s.Pages)})
		require.Len(t, q.hidden, 1)
		assert.Zero(t, q.hidden[0].VisibilityTimeout, "only time was missing: at once")

		answer, err = h.Invoke(t.Context(), envelope.SQSEvent(deliveryOf("2", task(t, "192.0.2.3"))))
		require.NoError(t, err)
		assert.Equal(t, `{"batchItemFailures":[]}`, string(answer), "the next invocation is not held up")
		time.Sleep(time.Hour)
	})
}

// logs answers for all attributes of a task at once.
type logs struct{ asked [][]responder.Task }

func (l *logs) Inspect(context.Context, responder.Task) (responder.Page, error) { panic("not called") }

func (l *logs) InspectAll(_ context.Context, tasks []responder.Task) ([]responder.Page, error) {
	l.asked = append(l.asked, tasks)
	return make([]responder.Page, len(tasks)), nil
}

func TestBatchInspectorIsAskedOnce(t *testing.T) {
	q, l := onLambda(t), new(logs)
	invoke(t, Inspector(l, quiet), deliveryOf("1", task(t, "192.0.2.1", "192.0.2.2", "192.0.2.1")))
	require.Len(t, l.asked, 1)
	assert.Len(t, l.asked[0], 2, "each attribute once")
	assert.Len(t, submission(t, q.sent[0]).Pages, 2)
}

// Who is awaited says that there is nothing to say.
func TestATaskOfOtherTypesIsAnswered(t *testing.T) {
	q := onLambda(t)
	t.Setenv("INSPECTOR_TYPES", "filehash")
	invoke(t, Inspector(new(logs), quiet), deliveryOf("1", task(t, "192.0.2.1")))
	require.Len(t, q.sent, 1)
	s := submission(t, q.sent[0])
	assert.Equal(t, []any{true, "0.BBBB/mine", 0}, []any{s.Done, s.Token, len(s.Pages)})
}

// forbidding lacks sqs:ChangeMessageVisibility.
type forbidding struct{ *fakeQueues }

func (f forbidding) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	_, _ = f.fakeQueues.ChangeMessageVisibility(ctx, in, opts...)
	return nil, errors.New("AccessDenied")
}

func TestWithoutPermissionToHideAMessage(t *testing.T) {
	q := onLambda(t)
	queues = func(context.Context) (queueClient, error) { return forbidding{q}, nil }
	busy := func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, responder.RetryAfter(errors.New("429"), time.Hour)
	}
	d := deliveryOf("1", task(t, "192.0.2.1"))
	d.QueueARN = "arn:aws-cn:sqs:cn-north-1:123456789012:mine"
	answer := invoke(t, Inspector(responder.InspectorFunc(busy), quiet), d)
	assert.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"1"}]}`, answer, "it comes back when the queue says")
	require.Len(t, q.hidden, 1)
	assert.Equal(t, "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mine", *q.hidden[0].QueueUrl)
	assert.Equal(t, int32(3600), q.hidden[0].VisibilityTimeout)
}
