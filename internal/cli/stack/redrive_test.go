package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
	"github.com/m-mizutani/AlertResponder/internal/cli/redrive/redrivetest"
)

// office is a stack with two queues, Alert and Review, and their dead letters.
type office struct {
	*redrivetest.SQS
	gone string // a queue that is not there any more
}

func newOffice(letters int) *office {
	o := &office{SQS: redrivetest.New("AlertQueue", "AlertDeadLetters", "ReviewQueue", "ReviewDeadLetters")}
	for i := range letters {
		o.Add("AlertDeadLetters", fmt.Sprintf("disk full on 203.0.113.%d", i), time.Now().Add(-time.Duration(letters-i)*time.Hour))
	}
	return o
}

func (o *office) ListStackResources(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
	out := &cloudformation.ListStackResourcesOutput{}
	for name := range o.Queues {
		out.StackResourceSummaries = append(out.StackResourceSummaries, cftypes.StackResourceSummary{
			ResourceType: aws.String("AWS::SQS::Queue"), LogicalResourceId: &name, PhysicalResourceId: &name,
		})
	}
	return out, nil
}

func (o *office) GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, opts ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	if *in.QueueUrl == o.gone || strings.HasSuffix(*in.QueueUrl, "/"+o.gone) && o.gone != "" {
		return nil, errors.New("NonExistentQueue")
	}
	out, err := o.SQS.GetQueueAttributes(ctx, in, opts...)
	if err != nil {
		return nil, err
	}
	out.Attributes["QueueArn"] = "arn:aws:sqs:eu-west-1:1:" + *in.QueueUrl
	if word, ok := strings.CutSuffix(*in.QueueUrl, "Queue"); ok {
		out.Attributes["RedrivePolicy"] = `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:` + word + `DeadLetters"}`
	}
	return out, nil
}

// redrive runs the command as a script would, and gives what it prints and its exit code.
func (o *office) redrive(t *testing.T, c redriving) (string, int) {
	t.Helper()
	c.Stack = "s"
	if c.Output == "" {
		c.Output = "text"
	}
	require.NoError(t, c.check())
	con, out := pipe()
	err := c.run(t.Context(), con, redrive.Finder{Stacks: o, Queues: o}, o)
	code, say := console.Code(err)
	if say {
		con.Complain(err)
	}
	return out.String(), code
}

func TestRedriveLists(t *testing.T) {
	o := newOffice(3)
	out, code := o.redrive(t, redriving{})
	assert.Equal(t, console.OK, code)
	assert.Regexp(t, `AlertDeadLetters +│ AlertQueue +│ 3 +│ 3 h`, out)
	assert.Regexp(t, `ReviewDeadLetters +│ ReviewQueue +│ 0 +│ +│`, out)
	assert.Contains(t, out, "AlertDeadLetters: given up by AlertQueue: disk full on 203.0.113[.]0\n")
	assert.Equal(t, 1, o.Calls["ReceiveMessage"], "an empty queue is not looked into")
	assert.Equal(t, 3, o.Queues["AlertDeadLetters"].Waiting())

	out, code = o.redrive(t, redriving{List: true, Queues: []string{"ReviewQueue"}})
	assert.Equal(t, console.OK, code)
	assert.NotContains(t, out, "AlertDeadLetters")
	assert.Contains(t, out, "no dead letters\n")

	out, code = o.redrive(t, redriving{Output: "json"})
	assert.Equal(t, console.OK, code)
	lines := strings.SplitAfter(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, lines, 2)
	var q deadQueue
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &q))
	assert.Equal(t, []any{"AlertDeadLetters", 3, 0, []string{"AlertQueue"}}, []any{q.Queue, q.DeadLetters, q.InFlight, q.GoesTo})
	require.Len(t, q.Looks, 3)
	assert.Equal(t, q.OldestSent, &q.Looks[0].SentAt)
	assert.Equal(t, "disk full on 203.0.113[.]0", q.Looks[0].Text)
	assert.JSONEq(t, `{"queue":"ReviewDeadLetters","goes_to":["ReviewQueue"],"dead_letters":0,"in_flight":0}`, lines[1])
}

func TestRedriveListsWhatItMayNotLookInto(t *testing.T) {
	o := newOffice(3)
	o.Denied["ReceiveMessage"] = errors.New("AccessDenied")
	out, code := o.redrive(t, redriving{})
	assert.Equal(t, console.NotDone, code)
	assert.Regexp(t, `AlertDeadLetters +│ AlertQueue +│ 3 +│ +│`, out)
	assert.Contains(t, out, "error: AlertDeadLetters: AccessDenied")
}

// A queue that is gone, or may not be read, is told, and the others are listed and put back.
func TestRedriveWithoutOneOfTheQueues(t *testing.T) {
	for _, gone := range []string{"ReviewDeadLetters", "ReviewQueue"} {
		o := newOffice(3)
		for _, m := range o.Queues["AlertDeadLetters"].Messages {
			m.System["DeadLetterQueueSourceArn"] = "arn:aws:sqs:eu-west-1:1:AlertQueue"
		}
		o.gone = gone
		out, code := o.redrive(t, redriving{})
		assert.Equal(t, console.NotDone, code)
		assert.Regexp(t, `AlertDeadLetters +│ AlertQueue +│ 3 +│ 3 h`, out)
		assert.Regexp(t, gone+` +│ +(ReviewQueue)? *│ not known`, out)
		assert.Contains(t, out, "error: "+gone+": NonExistentQueue")

		out, code = o.redrive(t, redriving{Output: "json"})
		assert.Equal(t, console.NotDone, code)
		assert.Contains(t, out, `"dead_letters":0,"in_flight":0,"error":"NonExistentQueue"}`)

		out, code = o.redrive(t, redriving{All: true})
		assert.Equal(t, console.NotDone, code)
		assert.Contains(t, out, "AlertDeadLetters → AlertQueue: 3 put back\n")
		assert.Contains(t, out, "  stopped: NonExistentQueue\n")
	}
}

func TestRedrivePutsBack(t *testing.T) {
	o := newOffice(3)
	two := 2
	out, code := o.redrive(t, redriving{Queues: []string{"AlertQueue"}, DryRun: true})
	assert.Equal(t, console.OK, code)
	assert.Equal(t, "AlertDeadLetters → AlertQueue: 3 would be put back\n", out)
	out, code = o.redrive(t, redriving{All: true, Max: &two})
	assert.Equal(t, console.OK, code)
	assert.Equal(t, "AlertDeadLetters → AlertQueue: 2 put back\n", out, "and no further queue")
	out, code = o.redrive(t, redriving{All: true, Output: "json"})
	assert.Equal(t, console.OK, code)
	assert.Equal(t, `{"queue":"AlertDeadLetters","goes_to":["AlertQueue"],"dead_letters":1,"put_back":1,"stay":0}
{"queue":"ReviewDeadLetters","goes_to":["ReviewQueue"],"dead_letters":0,"put_back":0,"stay":0}
`, out)
	out, code = o.redrive(t, redriving{All: true})
	assert.Equal(t, console.OK, code, "nothing to do")
	assert.Equal(t, "no dead letters\n", out)
	out, _ = o.redrive(t, redriving{Queues: []string{"AlertQueue"}})
	assert.Equal(t, "AlertDeadLetters → AlertQueue: 0 put back\n", out, "since it was asked for")
	assert.Len(t, o.Queues["AlertQueue"].Messages, 3)
}

func TestRedriveSaysWhatStays(t *testing.T) {
	o := newOffice(12)
	for _, m := range o.Queues["AlertDeadLetters"].Messages {
		m.System["DeadLetterQueueSourceArn"] = "arn:aws:sqs:eu-west-1:1:els\x1be"
	}
	o.Add("ReviewDeadLetters", "review", time.Now().Add(-time.Hour))
	out, code := o.redrive(t, redriving{All: true})
	assert.Equal(t, console.NotDone, code)
	assert.True(t, strings.HasPrefix(out, "AlertDeadLetters → AlertQueue: 0 put back\n  stays: message-"), out)
	assert.Equal(t, 10, strings.Count(out, "it comes from els\uFFFDe, which is no queue of this stack\n"))
	assert.Contains(t, out, "\n  2 more stay\n")
	assert.Contains(t, out, "ReviewDeadLetters → ReviewQueue: 1 put back\n", "the others go on")
	assert.Contains(t, out, "not all could be put back")

	o.Denied["SendMessageBatch"] = errors.New("AccessDenied")
	o.Add("ReviewDeadLetters", "review", time.Now().Add(-time.Hour))
	out, code = o.redrive(t, redriving{Queues: []string{"ReviewDeadLetters"}})
	assert.Equal(t, console.NotDone, code)
	assert.Contains(t, out, "ReviewDeadLetters → ReviewQueue: 0 put back\n  stopped: AccessDenied\n")
}

func TestRedriveSaysWhatElseThereIs(t *testing.T) {
	q := redrive.Queue{Name: "D", Letters: 9, Targets: []redrive.Target{{Name: "Q", ARN: "q"}}}
	c := &redriving{}
	con, _ := pipe()
	text := c.outcomeText(con.Screen, redrive.Outcome{Queue: q, PutBack: 4, Twice: 1, Newer: 2, Nameless: 3, Timeless: 4}, false)
	assert.Equal(t, `D → Q: 4 put back
  1 of them could not be deleted here: they would go back once more, as the same alerts
  2 came in since this began, and stay
  3 went without delivery_id, for which they have no room: an alert that has no id of its own counts
  as another one
  4 went without first_sent, for which they have no room: they count as sent now
  about 3 more are in flight: look again in five minutes
`, text)
	text = c.outcomeText(con.Screen, redrive.Outcome{Queue: q, Err: context.Canceled}, false)
	assert.Equal(t, "D → Q: 0 put back\n  interrupted: the rest stays\n", text)
}

func TestRedriveEndsWithCtrlC(t *testing.T) {
	o := newOffice(30)
	con, out := pipe()
	ctx, cancel := context.WithCancel(t.Context())
	o.Before = func(call string) {
		if call == "SendMessageBatch" {
			cancel()
		}
	}
	c := redriving{target: target{Stack: "s"}, All: true, Output: "text"}
	code, _ := console.Code(c.run(ctx, con, redrive.Finder{Stacks: o, Queues: o}, o))
	assert.Equal(t, console.Interrupted, code)
	assert.Equal(t, "AlertDeadLetters → AlertQueue: 10 put back\n  interrupted: the rest stays\n", out.String())
}

func TestRedriveOfAQueueThatIsNotThere(t *testing.T) {
	out, code := newOffice(1).redrive(t, redriving{Queues: []string{"AlertDeadLetters", "Nons\x1bense"}})
	assert.Equal(t, console.BadUsage, code)
	assert.Contains(t, out, "no queue of dead letters, expected AlertDeadLetters, ReviewDeadLetters")
	assert.NotContains(t, out, "\x1b")

	nothing := &office{SQS: redrivetest.New()}
	out, code = nothing.redrive(t, redriving{All: true})
	assert.Equal(t, console.OK, code)
	assert.Equal(t, "no dead letters\n", out)
	out, _ = nothing.redrive(t, redriving{})
	assert.Equal(t, "the stack has no queue of dead letters\n", out)
}

func TestAge(t *testing.T) {
	now := time.Now()
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 s", 119 * time.Second: "119 s", 2 * time.Minute: "2 min", 119 * time.Minute: "119 min", 47 * time.Hour: "47 h", 48 * time.Hour: "2 days",
	} {
		l := listedQueue(redrive.Queue{}, []redrive.Look{{}, {Sent: now.Add(-d)}})
		assert.Equal(t, want, age(l.OldestSent, now))
	}
	assert.Empty(t, age(nil, now))
	var b bytes.Buffer
	require.NoError(t, writeJSON(&b, listedQueue(redrive.Queue{}, nil)))
	assert.NotContains(t, b.String(), "oldest")
}
