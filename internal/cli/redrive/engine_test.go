package redrive_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
	"github.com/m-mizutani/AlertResponder/internal/enginetest"
)

// smallStack is a stack with what redriving looks for: a queue that gives up after one receive, and a subscription.
const smallStack = `{"Resources": {
	"Topic": {"Type": "AWS::SNS::Topic"},
	"AlertSubscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs",
		"Endpoint": {"Fn::GetAtt": ["AlertQueue", "Arn"]}, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["AlertUndelivered", "Arn"]}}}},
	"AlertUndelivered": {"Type": "AWS::SQS::Queue"},
	"AlertQueue": {"Type": "AWS::SQS::Queue", "Properties": {
		"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["AlertDeadLetters", "Arn"]}, "maxReceiveCount": 1}}},
	"AlertDeadLetters": {"Type": "AWS::SQS::Queue"}}}`

// engine is that stack on an engine with CloudFormation, SNS and SQS, such as MiniStack.
type engine struct {
	sqs    *sqs.Client
	finder redrive.Finder
	stack  string
	faults enginetest.Faults
	run    *redrive.Run
	urls   map[string]string
}

func newEngine(t *testing.T) *engine {
	cfg := enginetest.Config(t, "AR_TEST_ENDPOINT")
	stacks := cloudformation.NewFromConfig(cfg)
	e := &engine{sqs: sqs.NewFromConfig(cfg), stack: "redrive-" + strings.ToLower(rand.Text()[:8]), urls: map[string]string{}}
	e.finder = redrive.Finder{Stacks: stacks, Topics: sns.NewFromConfig(cfg), Queues: e.sqs}
	_, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &e.stack, TemplateBody: aws.String(smallStack)})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := stacks.DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: &e.stack})
		assert.NoError(t, err)
	})
	require.NoError(t, cloudformation.NewStackCreateCompleteWaiter(stacks, func(o *cloudformation.StackCreateCompleteWaiterOptions) {
		o.MinDelay = 100 * time.Millisecond
	}).Wait(t.Context(), &cloudformation.DescribeStacksInput{StackName: &e.stack}, time.Minute))
	spoiled := cfg.Copy()
	spoiled.APIOptions = append(slices.Clone(cfg.APIOptions), e.faults.Option)
	e.run = &redrive.Run{SQS: sqs.NewFromConfig(spoiled)}
	for _, q := range e.find(t) {
		e.urls[q.Name] = q.URL
		e.urls[q.Targets[0].Name] = q.Targets[0].URL
	}
	return e
}

func (e *engine) find(t *testing.T) []redrive.Queue {
	t.Helper()
	list, err := e.finder.Find(t.Context(), e.stack)
	require.NoError(t, err)
	require.Len(t, list, 2)
	for i, name := range []string{"AlertDeadLetters", "AlertUndelivered"} {
		assert.Equal(t, name, list[i].Name)
		assert.Equal(t, []string{"AlertQueue"}, list[i].GoesTo())
	}
	return list
}

func (e *engine) send(t *testing.T, queue, body string, attrs map[string]types.MessageAttributeValue) string {
	t.Helper()
	out, err := e.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(e.urls[queue]), MessageBody: &body, MessageAttributes: attrs})
	require.NoError(t, err)
	return *out.MessageId
}

// receive takes all messages of a queue; they stay hidden for so many seconds.
func (e *engine) receive(t *testing.T, queue string, hidden int32) (list []types.Message) {
	t.Helper()
	for {
		out, err := e.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(e.urls[queue]), MaxNumberOfMessages: 10, VisibilityTimeout: hidden, WaitTimeSeconds: 0,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		require.NoError(t, err)
		if len(out.Messages) == 0 {
			return list
		}
		list = append(list, out.Messages...)
	}
}

// giveUp has AlertQueue give up what is in it: received once, and visible again.
func (e *engine) giveUp(t *testing.T, letters int) redrive.Queue {
	t.Helper()
	for _, m := range e.receive(t, "AlertQueue", 60) {
		_, err := e.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(e.urls["AlertQueue"]), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0,
		})
		require.NoError(t, err)
	}
	var q redrive.Queue
	require.Eventually(t, func() bool {
		require.Empty(t, e.receive(t, "AlertQueue", 60))
		q = e.find(t)[0]
		return q.Letters == letters
	}, 20*time.Second, 200*time.Millisecond)
	return q
}

// What a queue gave up goes back to it, and is the same message.
func TestOnTheEngine(t *testing.T) {
	e := newEngine(t)
	attrs := map[string]types.MessageAttributeValue{
		"text": text("ä"), "number": {DataType: aws.String("Number"), StringValue: aws.String("7")},
		"binary": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 0xff}},
	}
	ids := map[string]string{}
	for i := range 13 {
		body := fmt.Sprint("body ", i)
		ids[body] = e.send(t, "AlertQueue", body, attrs)
	}
	sent := time.Now()
	q := e.giveUp(t, 13)
	firsts := map[string]string{}
	dry := &redrive.Run{SQS: e.sqs, Dry: true}
	assert.Equal(t, 13, dry.Queue(t.Context(), q).PutBack)

	o := e.run.Queue(t.Context(), q)
	require.True(t, o.OK(), o)
	assert.Equal(t, []int{13, 0, 0}, []int{o.PutBack, o.Newer, o.Unseen()})
	back := e.receive(t, "AlertQueue", 1)
	require.Len(t, back, 13)
	for _, m := range back {
		id := ids[*m.Body]
		assert.NotEqual(t, id, *m.MessageId)
		assert.Equal(t, id, *m.MessageAttributes["delivery_id"].StringValue)
		first := *m.MessageAttributes["first_sent"].StringValue
		firsts[*m.Body] = first
		assert.LessOrEqual(t, first, fmt.Sprint(sent.UnixMilli()))
		assert.Greater(t, first, fmt.Sprint(sent.Add(-time.Minute).UnixMilli()))
		for name, a := range attrs {
			assert.Equal(t, a, m.MessageAttributes[name], name)
		}
		assert.Len(t, m.MessageAttributes, 5)
		delete(ids, *m.Body)
	}
	assert.Empty(t, ids)
	assert.Zero(t, e.find(t)[0].Letters)

	// They die once more, and keep their first id and time.
	q = e.giveUp(t, 13)
	require.Equal(t, 13, e.run.Queue(t.Context(), q).PutBack)
	for _, m := range e.receive(t, "AlertQueue", 60) {
		assert.Equal(t, firsts[*m.Body], *m.MessageAttributes["first_sent"].StringValue)
		assert.Len(t, m.MessageAttributes, 5)
	}
}

// What SNS could not deliver goes to the queue of the subscription. The engine itself delivers always.
func TestUndeliveredOnTheEngine(t *testing.T) {
	e := newEngine(t)
	topic := e.find(t)[1].Targets[0].Topic
	id := e.send(t, "AlertUndelivered", strings.Replace(fmt.Sprintf(wrapped, ""), "arn:aws:sns:eu-west-1:111122223333:t", topic, 1), nil)
	q := e.find(t)[1]
	o := e.run.Queue(t.Context(), q)
	require.True(t, o.OK(), o)
	back := e.receive(t, "AlertQueue", 60)
	require.Len(t, back, 1)
	assert.Equal(t, id, *back[0].MessageAttributes["delivery_id"].StringValue)
	assert.Equal(t, "1777593600000", *back[0].MessageAttributes["first_sent"].StringValue)
}

// One attempt of a call fails: all goes back nevertheless, twice where the answer to the sending was lost.
func TestOneAttemptFailsOnTheEngine(t *testing.T) {
	for _, kind := range []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled} {
		for _, call := range []string{"SendMessageBatch", "DeleteMessageBatch"} {
			t.Run(call+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				e := newEngine(t)
				e.letters(t, 5)
				q := e.giveUp(t, 5)
				e.faults.Set(enginetest.Once(kind, 1, call))
				o := e.run.Queue(t.Context(), q)
				require.True(t, o.OK(), o)
				assert.Equal(t, []int{5, 2}, []int{o.PutBack, e.faults.Attempts(call)})
				copies := 5
				if kind == enginetest.Lost && call == "SendMessageBatch" {
					copies = 10
				}
				assert.Len(t, e.receive(t, "AlertQueue", 60), copies)
				assert.Empty(t, e.receive(t, "AlertDeadLetters", 60))
			})
		}
	}
}

// All attempts of a call fail: that is told, and no letter is gone that was not sent.
func TestAllAttemptsFailOnTheEngine(t *testing.T) {
	for _, kind := range []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled} {
		for _, call := range []string{"SendMessageBatch", "DeleteMessageBatch"} {
			t.Run(call+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				e := newEngine(t)
				e.letters(t, 5)
				q := e.giveUp(t, 5)
				e.faults.Set(func(name string, _ int) enginetest.Fault {
					if name == call {
						return kind
					}
					return enginetest.None
				})
				o := e.run.Queue(t.Context(), q)
				require.Error(t, o.Err)
				sent, left := 0, 5
				if call == "DeleteMessageBatch" {
					assert.Equal(t, []int{5, 5}, []int{o.PutBack, o.Twice})
					if sent = 5; kind == enginetest.Lost {
						left = 0
					}
				} else if kind == enginetest.Lost {
					sent = 5 * enginetest.Attempts
				}
				assert.Len(t, e.receive(t, "AlertQueue", 60), sent)
				assert.Len(t, e.receive(t, "AlertDeadLetters", 60), left, "seen at once")
			})
		}
	}
}

// letters sends so many messages to AlertQueue.
func (e *engine) letters(t *testing.T, n int) {
	for i := range n {
		e.send(t, "AlertQueue", fmt.Sprint("body ", i), nil)
	}
}
