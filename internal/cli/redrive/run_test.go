package redrive_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
	"github.com/m-mizutani/AlertResponder/internal/cli/redrive/redrivetest"
)

var _ redrive.SQS = (*sqs.Client)(nil)

const (
	dead, alerts, tasks = "https://q/dead", "https://q/alerts", "https://q/tasks"
	alertsARN           = "arn:aws:sqs:eu-west-1:111122223333:alerts"
	tasksARN            = "arn:aws:sqs:eu-west-1:111122223333:tasks"
)

// desk is a queue of dead letters of one queue.
type desk struct {
	*redrivetest.SQS
	queue redrive.Queue
}

// newDesk has so many letters, which were sent a minute apart, the last a minute ago.
func newDesk(n int) *desk {
	d := &desk{SQS: redrivetest.New(dead, alerts, tasks), queue: redrive.Queue{
		Name: "AlertDeadLetters", ARN: "arn:aws:sqs:eu-west-1:111122223333:dead", URL: dead, Letters: n, AsOf: time.Now(),
		Targets: []redrive.Target{{Name: "AlertQueue", ARN: alertsARN, URL: alerts}},
	}}
	for i := range n {
		d.letter(fmt.Sprint("body ", i), time.Duration(n-i)*time.Minute)
	}
	return d
}

// letter is one that AlertQueue gave up.
func (d *desk) letter(body string, old time.Duration) *redrivetest.Message {
	m := d.Add(dead, body, d.queue.AsOf.Add(-old))
	m.System["DeadLetterQueueSourceArn"] = alertsARN
	return m
}

func (d *desk) run(ctx context.Context) redrive.Outcome {
	return (&redrive.Run{SQS: d.SQS}).Queue(ctx, d.queue)
}

func text(s string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &s}
}

// value is the text of an attribute; "" where there is none.
func value(m *redrivetest.Message, name string) string {
	return aws.ToString(m.Attributes[name].StringValue)
}

// Ten in one call, and each call counted: they cost money.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		letters, size, receives, sends int
	}{
		{0, 1, 1, 0},
		{1, 1, 2, 1},
		{10, 1, 2, 1},
		{25, 1, 4, 3},
		{10, 100_000, 2, 1},
		{10, 104_900, 2, 2}, // ten with their attributes are over 1 MiB
		{10, 600_000, 2, 10},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(0)
			for range c.letters {
				d.letter(strings.Repeat("x", c.size), time.Hour)
			}
			d.queue.Letters = c.letters
			o := d.run(t.Context())
			require.NoError(t, o.Err)
			assert.Equal(t, c.letters, o.PutBack)
			want := map[string]int{"ReceiveMessage": c.receives}
			if c.sends > 0 {
				want["SendMessageBatch"], want["DeleteMessageBatch"] = c.sends, (c.letters+9)/10
			}
			assert.Equal(t, want, d.Calls, "%d of %d bytes", c.letters, c.size)
			assert.LessOrEqual(t, d.Bytes, 1<<20)
			assert.Empty(t, d.Queues[dead].Messages)
			assert.Len(t, d.Queues[alerts].Messages, c.letters)
		})
	}
}

// A redriven message is the same one: all that SQS keeps with it, and what names it.
func TestWhatGoesBack(t *testing.T) {
	d := newDesk(0)
	m := d.letter("body", time.Hour)
	m.System["AWSTraceHeader"], m.System["MessageGroupId"] = "Root=1-2-3", "tenant"
	m.Attributes = map[string]types.MessageAttributeValue{
		"text":    text("ä"),
		"number":  {DataType: aws.String("Number.epoch"), StringValue: aws.String("7")},
		"binary":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 0xff}},
		"nothing": {DataType: aws.String("Binary"), BinaryValue: []byte{}},
		"types":   {DataType: aws.String("String.Array"), StringValue: aws.String(`["*"]`)},
	}
	again := d.letter("again", 2*time.Hour)
	again.Attributes = map[string]types.MessageAttributeValue{"delivery_id": text("first"), "first_sent": text("1000000000000")}
	d.queue.Letters = 2
	o := d.run(t.Context())
	require.True(t, o.OK(), o)
	got := map[string]*redrivetest.Message{}
	for _, m := range d.Queues[alerts].Messages {
		got[m.Body] = m
	}
	want := maps.Clone(m.Attributes)
	want["delivery_id"], want["first_sent"] = text(m.ID), text(m.System["SentTimestamp"])
	assert.Equal(t, want, got["body"].Attributes)
	assert.Equal(t, "Root=1-2-3", got["body"].System["AWSTraceHeader"])
	assert.Equal(t, "tenant", got["body"].System["MessageGroupId"])
	assert.Equal(t, again.Attributes, got["again"].Attributes)
	assert.Len(t, m.Attributes, 5, "the letter itself is not changed")
}

const wrapped = `{"Type":"Notification","MessageId":"sns-1","TopicArn":"arn:aws:sns:eu-west-1:111122223333:t","Message":"x",
	"Timestamp":"2026-05-01T00:00:00.000Z","MessageAttributes":{"first_sent":{"Type":"String","Value":"%s"}}}`

// What SNS could not deliver was published before it came here; and what its sender says of the time stands.
func TestUndelivered(t *testing.T) {
	d := newDesk(0)
	d.queue.Targets[0].Undelivered, d.queue.Targets[0].Topic = true, "arn:aws:sns:eu-west-1:111122223333:t"
	for body, want := range map[string]string{fmt.Sprintf(wrapped, ""): "1777593600000", fmt.Sprintf(wrapped, "1"): ""} {
		m := d.letter(body, time.Minute)
		delete(m.System, "DeadLetterQueueSourceArn")
		d.queue.AsOf = time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)
		m.System["SentTimestamp"] = "1777600000000"
		require.True(t, d.run(t.Context()).OK())
		back := d.Queues[alerts].Messages
		require.Equal(t, body, back[len(back)-1].Body)
		assert.Equal(t, want, value(back[len(back)-1], "first_sent"))
		assert.Equal(t, m.ID, value(back[len(back)-1], "delivery_id"))
	}
}

// SQS takes ten attributes, and 1 MiB: what does not fit is left out, the time first, and is told unless something else
// says it.
func TestNoRoom(t *testing.T) {
	for _, c := range []struct {
		body               string
		attributes         int
		nameless, timeless int
		want               int
	}{
		{"x", 8, 0, 0, 10},
		{"x", 9, 0, 1, 10},
		{"x", 10, 1, 1, 10},
		{fmt.Sprintf(wrapped, ""), 10, 0, 0, 10},
		{strings.Repeat("x", 1<<20), 0, 1, 1, 0},
		{strings.Repeat("x", 1<<20-len("delivery_idStringmessage-1")), 0, 0, 1, 1},
		{strings.Repeat("x", 1<<20-len("delivery_idStringmessage-1first_sentString1777593600000")), 0, 0, 0, 2},
	} {
		d := newDesk(0)
		m := d.letter(c.body, time.Minute)
		m.Attributes = map[string]types.MessageAttributeValue{}
		for i := range c.attributes {
			m.Attributes[fmt.Sprint("a", i)] = text("v")
		}
		o := d.run(t.Context())
		require.True(t, o.OK(), o)
		name := fmt.Sprintf("%d bytes, %d attributes", len(c.body), c.attributes)
		assert.Equal(t, []int{1, c.nameless, c.timeless}, []int{o.PutBack, o.Nameless, o.Timeless}, name)
		assert.Len(t, d.Queues[alerts].Messages[0].Attributes, c.want, name)
		assert.Empty(t, d.Queues[dead].Messages, name)
	}
}

// Each goes to the queue that gave it up, where one has the dead letters of several. What SNS could not deliver goes to
// the subscription's queue. Where nothing says whose a letter is, it stays.
func TestRoutes(t *testing.T) {
	alertsTarget := redrive.Target{Name: "AlertQueue", ARN: alertsARN, URL: alerts}
	tasksTarget := redrive.Target{Name: "TaskQueue", ARN: tasksARN, URL: tasks}
	undelivered := func(t redrive.Target) redrive.Target { t.Undelivered = true; return t }
	function := redrive.Target{Name: "f", ARN: "arn:aws:lambda:eu-west-1:111122223333:function:f", Undelivered: true}
	for name, c := range map[string]struct {
		targets []redrive.Target
		source  string
		want    string // the queue, or else the error
	}{
		"the only one":                {[]redrive.Target{alertsTarget}, alertsARN, alerts},
		"put here by hand":            {[]redrive.Target{alertsTarget}, "", alerts},
		"one of two":                  {[]redrive.Target{alertsTarget, tasksTarget}, tasksARN, tasks},
		"neither says":                {[]redrive.Target{alertsTarget, tasksTarget}, "", "nothing says which of 2 queues it comes from"},
		"of a stranger":               {[]redrive.Target{alertsTarget}, "arn:aws:sqs:eu-west-1:111122223333:else", "it comes from else, which is no queue of this stack"},
		"queue and subscription":      {[]redrive.Target{alertsTarget, undelivered(alertsTarget)}, "", alerts},
		"queue and subscription, 2":   {[]redrive.Target{alertsTarget, undelivered(alertsTarget)}, alertsARN, alerts},
		"undelivered to another":      {[]redrive.Target{alertsTarget, undelivered(tasksTarget)}, "", tasks},
		"two undelivered":             {[]redrive.Target{undelivered(alertsTarget), undelivered(tasksTarget)}, "", "nothing says which of 2"},
		"undelivered to a function":   {[]redrive.Target{function}, "", "it was for f, which is no queue"},
		"a queue beside the function": {[]redrive.Target{function, alertsTarget}, alertsARN, alerts},
		"given up by an endpoint":     {[]redrive.Target{undelivered(alertsTarget)}, alertsARN, "it comes from alerts, which is no queue of this stack"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(1)
			d.queue.Targets = c.targets
			d.Queues[dead].Messages[0].System["DeadLetterQueueSourceArn"] = c.source
			o := d.run(t.Context())
			if d.Queues[c.want] != nil {
				require.True(t, o.OK(), o)
				assert.Len(t, d.Queues[c.want].Messages, 1)
				return
			}
			assert.False(t, o.OK())
			require.Len(t, o.Failures, 1)
			assert.ErrorContains(t, o.Failures[0].Why, c.want)
			assert.Equal(t, 1, d.Queues[dead].Waiting(), "seen at once")
			assert.Zero(t, d.Calls["SendMessageBatch"])
		})
	}
}

func TestFIFOIsLeftAlone(t *testing.T) {
	d := newDesk(1)
	d.queue.ARN += ".fifo"
	assert.ErrorContains(t, d.run(t.Context()).Err, "FIFO")
	assert.Empty(t, d.Calls)
}

// What dies again at once comes back here while this runs: it stays, and the run ends; also where all of it is in the
// second in which it began, which is as exact as the service's time is. What was sent before goes back.
func TestNoCircle(t *testing.T) {
	for _, pause := range []time.Duration{0, 10 * time.Millisecond, time.Second} {
		noCircle(t, pause)
	}
}

func noCircle(t *testing.T, pause time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(24)
		d.letter("just now", 0)
		d.queue.Letters++
		d.Before = func(call string) {
			require.Less(t, d.Calls[call], 100)
			time.Sleep(pause)
		}
		d.Sent = func(_ string, m *redrivetest.Message) {
			d.Queues[alerts].Messages = nil
			m.System["DeadLetterQueueSourceArn"] = alertsARN
			d.Queues[dead].Messages = append(d.Queues[dead].Messages, m)
		}
		o := d.run(t.Context())
		assert.True(t, o.OK(), o)
		assert.Equal(t, 25, o.PutBack)
		assert.Equal(t, 25, o.Newer)
		assert.Less(t, d.Calls["ReceiveMessage"], 25)
		assert.Equal(t, 25, d.Queues[dead].Waiting(), "what stays is seen at once")
	})
}

// A storm of new dead letters neither keeps this from its end nor hides the old ones.
func TestInAStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(25)
		time.Sleep(time.Second)
		d.Before = func(call string) {
			time.Sleep(10 * time.Millisecond)
			for range 9 {
				if call == "ReceiveMessage" && d.Calls[call] < 1000 {
					d.letter("new", -time.Since(d.queue.AsOf))
				}
			}
		}
		o := d.run(t.Context())
		assert.True(t, o.OK(), o)
		assert.Equal(t, 25, o.PutBack)
		assert.Less(t, d.Calls["ReceiveMessage"], 100)
		assert.Equal(t, len(d.Queues[dead].Messages), d.Queues[dead].Waiting())
	})
}

func TestMaxIsOfAllQueues(t *testing.T) {
	d := newDesk(25)
	d.letter("cannot", time.Hour).System["DeadLetterQueueSourceArn"] = tasksARN
	r := &redrive.Run{SQS: d.SQS, Max: 12}
	o := r.Queue(t.Context(), d.queue)
	assert.Equal(t, []int{12, 1}, []int{o.PutBack, o.Failed})
	assert.True(t, r.Done())
	assert.Zero(t, r.Queue(t.Context(), d.queue).PutBack)
	assert.Equal(t, 14, d.Queues[dead].Waiting())
	assert.Len(t, d.Queues[alerts].Messages, 12)
}

func TestDryRunTouchesNothing(t *testing.T) {
	d := newDesk(25)
	d.letter("cannot", time.Hour).System["DeadLetterQueueSourceArn"] = tasksARN
	o := (&redrive.Run{SQS: d.SQS, Dry: true}).Queue(t.Context(), d.queue)
	assert.Equal(t, []int{25, 1}, []int{o.PutBack, o.Failed})
	assert.Equal(t, 26, d.Queues[dead].Waiting(), "what was looked at is seen at once")
	assert.Equal(t, map[string]int{"ReceiveMessage": 4, "ChangeMessageVisibilityBatch": 3}, d.Calls)
}

// Ctrl-C: the batch in hand is finished, and all that was received is known to be sent, or is seen again at once.
func TestCtrlC(t *testing.T) {
	for _, during := range []string{"ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"} {
		d := newDesk(40)
		d.letter("cannot", time.Hour).System["DeadLetterQueueSourceArn"] = tasksARN
		ctx, cancel := context.WithCancel(t.Context())
		d.Before = func(call string) {
			if call == during && d.Calls[call] == 2 {
				cancel()
			}
		}
		o := d.run(ctx)
		assert.True(t, o.Interrupted(), during)
		assert.Equal(t, []int{19, 1, 0}, []int{o.PutBack, o.Failed, o.Twice}, during)
		assert.Len(t, d.Queues[alerts].Messages, 19, during)
		assert.Equal(t, 22, d.Queues[dead].Waiting(), during)
	}
}

// A call that does not end is given up some seconds after Ctrl-C.
func TestCtrlCWhileNothingAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(1)
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(time.Second, cancel)
		o := (&redrive.Run{SQS: mute{d.SQS}}).Queue(ctx, d.queue)
		assert.Error(t, o.Err)
		assert.Equal(t, 6*time.Second, time.Since(began))
	})
}

// mute does not answer.
type mute struct{ redrive.SQS }

func (mute) ReceiveMessage(ctx context.Context, _ *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Who may not delete must not send all of them twice.
func TestStopsWhereNothingCanBeDeleted(t *testing.T) {
	d := newDesk(40)
	d.Denied["DeleteMessageBatch"] = errors.New("AccessDenied")
	o := d.run(t.Context())
	assert.ErrorContains(t, o.Err, "what was put back could not be deleted: AccessDenied")
	assert.Equal(t, []int{10, 10}, []int{o.PutBack, o.Twice})
	assert.False(t, o.OK())
	assert.Len(t, d.Queues[alerts].Messages, 10)
	assert.Equal(t, 40, d.Queues[dead].Waiting())
}

func TestStopsWhereNothingCanBeSent(t *testing.T) {
	d := newDesk(40)
	d.Denied["SendMessageBatch"] = errors.New("AccessDenied")
	o := d.run(t.Context())
	assert.ErrorContains(t, o.Err, "AccessDenied")
	assert.Equal(t, 1, d.Calls["SendMessageBatch"])
	assert.Equal(t, 40, d.Queues[dead].Waiting())
}
