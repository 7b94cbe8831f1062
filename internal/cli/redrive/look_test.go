package redrive_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
)

// A look is bounded and safe for a terminal, the oldest letter first, and leaves all letters to be seen at once.
func TestLookInto(t *testing.T) {
	d := newDesk(0)
	add := func(body string, hours int, attrs map[string]types.MessageAttributeValue) {
		d.letter(body, time.Duration(hours)*time.Hour).Attributes = attrs
	}
	add("see http://evil.example/x from 203.0.113.7 \x1b[2J\u202e"+strings.Repeat("x", 1000), 5, nil)
	add(`{"Type":"Notification","MessageId":"1","TopicArn":7}`, 4, nil)
	add("x", 3, map[string]types.MessageAttributeValue{"ErrorCode": text("403"), "ErrorMessage": text("no \x1b[31maccess")})
	add("y", 2, nil)
	delete(d.Queues[dead].Messages[3].System, "DeadLetterQueueSourceArn")
	add("z", 1, nil)
	d.Queues[dead].Messages[4].System["DeadLetterQueueSourceArn"] = tasksARN
	d.queue.Targets = append(d.queue.Targets, redrive.Target{Name: "AlertQueue", ARN: alertsARN, URL: alerts, Undelivered: true})

	looks, err := redrive.LookInto(t.Context(), d.SQS, d.queue)
	require.NoError(t, err)
	require.Len(t, looks, 5)
	var why []string
	for _, l := range looks {
		why = append(why, l.Why)
	}
	assert.Equal(t, []string{
		"given up by AlertQueue",
		"cannot be read: record: body.TopicArn: a number, expected a string",
		"403: no \uFFFD[31maccess",
		"SNS could not deliver it to AlertQueue",
		"cannot go back: it comes from tasks, which is no queue of this stack",
	}, why)
	assert.Equal(t, "see hxxp://evil[.]example/x from 203.0.113[.]7 \uFFFD[2J\uFFFD", looks[0].Text[:strings.Index(looks[0].Text, "xxx")])
	assert.LessOrEqual(t, len([]rune(looks[0].Text)), 120)
	assert.Equal(t, "message-1", looks[0].MessageID)
	assert.WithinDuration(t, d.queue.AsOf.Add(-5*time.Hour), looks[0].Sent, time.Millisecond)
	assert.Equal(t, 5, d.Queues[dead].Waiting())
	assert.Equal(t, map[string]int{"ReceiveMessage": 1, "ChangeMessageVisibilityBatch": 1}, d.Calls)
}

func TestLookIntoWhatMayNotBeReceived(t *testing.T) {
	d := newDesk(1)
	d.Denied["ReceiveMessage"] = errors.New("AccessDenied")
	_, err := redrive.LookInto(t.Context(), d.SQS, d.queue)
	assert.ErrorContains(t, err, "AccessDenied")
}
