package awsbus_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
	"github.com/m-mizutani/AlertResponder/internal/bus/bustest"
	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// endpoint is where an engine with SNS and SQS listens, such as MiniStack. Its CA bundle is AWS_CA_BUNDLE.
const endpoint = "AR_TEST_ENDPOINT"

func TestConformance(t *testing.T) {
	cfg := enginetest.Config(t, endpoint)
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		t.Parallel() // each waits most of its time
		e := newEngine(t, cfg)
		return bustest.Harness{
			Bus:      awsbus.New(e.sns, e.sqs, e.names),
			Postpone: visibility.Postponer{Client: e.sqs},
			Receive:  e.receive,
			Batch:    e.batch,
		}
	}, bustest.Skip{Name: "RawLimit", Why: "MiniStack delivers more than ten attributes to queues with raw delivery, where SNS drops the message"},
		bustest.Skip{Name: "LongDelay", Why: "it would take 15 minutes of real time; TestSendSays tells what is asked for"})
}

// engine has a topic and queues of its own for each test.
type engine struct {
	sns    *sns.Client
	sqs    *sqs.Client
	suffix string
	names  awsbus.Names
	arns   map[string]string // queue → ARN
}

func newEngine(t *testing.T, cfg aws.Config) *engine {
	e := &engine{
		sns: sns.NewFromConfig(cfg), sqs: sqs.NewFromConfig(cfg), suffix: "-" + strings.ToLower(rand.Text()[:8]),
		names: awsbus.Names{Topics: map[string]string{}, Queues: map[string]string{}}, arns: map[string]string{},
	}
	e.wire(t)
	return e
}

func (e *engine) wire(t *testing.T) {
	topic, err := e.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(bustest.Topic + e.suffix)})
	require.NoError(t, err)
	e.names.Topics[bustest.Topic] = *topic.TopicArn
	t.Cleanup(func() {
		_, err := e.sns.DeleteTopic(context.Background(), &sns.DeleteTopicInput{TopicArn: topic.TopicArn})
		require.NoError(t, err)
	})
	for _, q := range bustest.Queues {
		e.queue(t, q.Name)
		if q.Subscribed {
			e.subscribe(t, *topic.TopicArn, q)
		}
	}
}

func (e *engine) queue(t *testing.T, name string) {
	visibility := strconv.Itoa(int(bustest.Visibility / time.Second))
	q, err := e.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(name + e.suffix), Attributes: map[string]string{"VisibilityTimeout": visibility},
	})
	require.NoError(t, err)
	e.names.Queues[name] = *q.QueueUrl
	t.Cleanup(func() {
		_, err := e.sqs.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: q.QueueUrl})
		require.NoError(t, err)
	})
	attrs, err := e.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: q.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	require.NoError(t, err)
	e.arns[name] = attrs.Attributes["QueueArn"]
}

func (e *engine) subscribe(t *testing.T, topic string, q bustest.Queue) {
	policy := marshal(t, map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Service": "sns.amazonaws.com"},
		"Action": "sqs:SendMessage", "Resource": e.arns[q.Name],
		"Condition": map[string]any{"ArnEquals": map[string]string{"aws:SourceArn": topic}},
	}})
	_, err := e.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String(e.names.Queues[q.Name]), Attributes: map[string]string{"Policy": policy},
	})
	require.NoError(t, err)
	attrs := map[string]string{"RawMessageDelivery": strconv.FormatBool(q.Raw)}
	if q.Types != nil {
		attrs["FilterPolicy"] = marshal(t, map[string]any{"types": q.Types})
	}
	_, err = e.sns.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: aws.String(e.arns[q.Name]), Attributes: attrs,
	})
	require.NoError(t, err)
}

func marshal(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func (e *engine) receive(t *testing.T, queue string, n int, within time.Duration, handle func(envelope.Delivery) error) (got []envelope.Delivery) {
	t.Helper()
	end := time.Now().Add(within)
	for len(got) < n && time.Now().Before(end) {
		out, err := e.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(e.names.Queues[queue]), MaxNumberOfMessages: 1, WaitTimeSeconds: 1,
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		require.NoError(t, err)
		for _, m := range out.Messages {
			d := e.delivery(t, queue, m)
			got = append(got, d)
			if handle(d) != nil {
				continue
			}
			_, err := e.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
				QueueUrl: aws.String(e.names.Queues[queue]), ReceiptHandle: m.ReceiptHandle,
			})
			require.NoError(t, err)
		}
	}
	return got
}

func (e *engine) batch(t *testing.T, queue string, within time.Duration, handle func([]envelope.Delivery) []error) {
	t.Helper()
	var messages []types.Message
	for end := time.Now().Add(within); len(messages) == 0 && time.Now().Before(end); {
		out, err := e.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(e.names.Queues[queue]), MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		require.NoError(t, err)
		messages = out.Messages
	}
	if len(messages) == 0 {
		return
	}
	var ds []envelope.Delivery
	for _, m := range messages {
		ds = append(ds, e.delivery(t, queue, m))
	}
	e.delete(t, queue, ds, handle(ds))
}

// delete deletes what is done, as the poller of a function does.
func (e *engine) delete(t *testing.T, queue string, ds []envelope.Delivery, errs []error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(e.names.Queues[queue])}
	for i, d := range ds {
		if errs[i] == nil {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &d.ReceiptHandle})
		}
	}
	if len(in.Entries) == 0 {
		return
	}
	out, err := e.sqs.DeleteMessageBatch(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, out.Failed)
}

// delivery is the message as a function would get it.
func (e *engine) delivery(t *testing.T, queue string, m types.Message) envelope.Delivery {
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	require.NoError(t, err)
	count, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	require.NoError(t, err)
	attrs := map[string]string{}
	for name, a := range m.MessageAttributes {
		attrs[name] = aws.ToString(a.StringValue)
	}
	ds, err := envelope.Read(envelope.SQSEvent(envelope.Delivery{
		ID: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, QueueARN: e.arns[queue], Body: *m.Body, Attributes: attrs,
		SentAt: time.UnixMilli(sent), ReceiveCount: count,
	}))
	require.NoError(t, err)
	return ds[0]
}
