package alertresponder

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// theStack is the deployed system, for tests of what only a stack has.
func theStack(t *testing.T) *deployed {
	t.Helper()
	path := os.Getenv("AR_CONFIG")
	if path == "" {
		t.Skip("AR_CONFIG is not set: no stack to test")
	}
	return newDeployed(t, path)
}

// An alert that is too large for the topic goes to the queue.
func TestInvokeByQueue(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "queue-"+rand.Text()
	text := strings.Replace(alert(t, key, address("198.51.100.8")), "Sent by a test.", strings.Repeat("large ", 100_000), 1)
	_, err := d.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(d.outputs["AlertQueueUrl"]), MessageBody: &text})
	require.NoError(t, err)

	verdict := await(t, d, key, "a verdict", published)
	assert.Equal(t, responder.Urgent, verdict.Result.Severity, verdict.Result.Reason)
	oneReport(t, d.told(t, key))
}

// A rule of EventBridge sends events to the queue; the detail of one's own may be an alert.
func TestInvokeByEventBridge(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "event-"+rand.Text()
	bus, name, source := eventbridge.NewFromConfig(d.aws), aws.String("alertresponder-"+rand.Text()), aws.String("test."+rand.Text())
	_, err := bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: name, EventPattern: aws.String(`{"source": ["` + *source + `"]}`)})
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := bus.RemoveTargets(context.Background(), &eventbridge.RemoveTargetsInput{Rule: name, Ids: []string{"queue"}})
		assert.NoError(t, err)
		_, err = bus.DeleteRule(context.Background(), &eventbridge.DeleteRuleInput{Name: name})
		assert.NoError(t, err)
	})
	targets, err := bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: name, Targets: []events.Target{
		{Id: aws.String("queue"), Arn: aws.String(d.outputs["AlertQueueArn"])},
	}})
	require.NoError(t, err)
	require.Zero(t, targets.FailedEntryCount)

	// A new rule takes its time on AWS, and what comes before is not for it.
	for round := 0; len(d.told(t, key)) == 0; round++ {
		if round%20 == 0 {
			put, err := bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []events.PutEventsRequestEntry{
				{Source: source, DetailType: aws.String("Detection"), Detail: aws.String(alert(t, key, address("192.0.2.11")))},
			}})
			require.NoError(t, err)
			require.Zero(t, put.FailedEntryCount)
		}
		require.True(t, d.wait(), "the event has arrived")
	}
	verdict := await(t, d, key, "a verdict", published)
	assert.Equal(t, responder.Nothing, outcome(verdict, "192.0.2.11"))
	assert.NotEmpty(t, verdict.Alert.Account, "the event's account")
}

// Who accepts no type of an alert is not asked; one in Python is asked like any other. Not in parallel with the test that
// breaks that one.
func TestFilteredByType(t *testing.T) {
	d, key := theStack(t), "filter-"+rand.Text()
	d.python(t)
	domain := responder.Attribute{Type: responder.TypeDomain, Value: strings.ToLower(rand.Text()) + ".invalid"}
	d.publish(t, alert(t, key, domain, responder.Attribute{Type: responder.TypeUsername, Value: "alice"}))

	verdict := await(t, d, key, "a verdict", published)
	require.Len(t, answers(verdict, "python"), 1)
	assert.Equal(t, responder.Found, answers(verdict, "python")[0].Outcome)
	assert.Equal(t, domain.Value, answers(verdict, "python")[0].Attribute.Value)
	assert.Equal(t, "RFC 6761 reserves .invalid", verdict.Signals[0].Summary)
	assert.Empty(t, answers(verdict, "tester"), "it accepts addresses")
	assert.Empty(t, answers(verdict, "clerk"), "it accepts mail addresses")
	d.early(t, verdict)

	key = "filter-" + rand.Text()
	d.publish(t, alert(t, key, address("192.0.2.12")))
	verdict = await(t, d, key, "a verdict", published)
	assert.NotEmpty(t, answers(verdict, "tester"))
	assert.Empty(t, answers(verdict, "python"), "it accepts domains")
}

// Each inspector that the stack has answers in its own function. An address of documentation is sent to no service, and none of one's own
// accounts has it.
func TestInspectorsThatShip(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "ships-"+rand.Text()
	if d.VirustotalSecretArn == "" || d.AwscontextOn == "" || d.HistoryOn == "" {
		t.Skip("AR_CONFIG switches them off")
	}
	unseen := address(fmt.Sprintf("2001:db8::%x:%x", mathrand.IntN(1<<16), mathrand.IntN(1<<16)))
	d.publish(t, alert(t, key, unseen))
	verdict := await(t, d, key, "a verdict", published)
	for name, want := range map[string]responder.Outcome{
		"virustotal": responder.Skipped, "abuseipdb": responder.Skipped, "greynoise": responder.Skipped, "abusech": responder.Skipped,
		"awscontext": responder.Nothing, "history": responder.Nothing,
	} {
		said := answers(verdict, name)
		if assert.Len(t, said, 1, name) {
			assert.Equal(t, want, said[0].Outcome, "%s: %+v", name, said[0])
		}
	}
	d.early(t, verdict)
	// What was published is in the index of history.
	again := "ships-" + rand.Text()
	d.publish(t, alert(t, again, unseen))
	verdict = await(t, d, again, "a verdict", published)
	if said := answers(verdict, "history"); assert.Len(t, said, 1) {
		assert.Equal(t, responder.Found, said[0].Outcome, "%+v", said[0])
	}
}

// early says that a verdict has not waited for the deadline.
func (d *deployed) early(t *testing.T, verdict responder.Report) {
	t.Helper()
	took := verdict.SettledAt.Sub(verdict.OpenedAt.Time)
	assert.Less(t, took, d.reviewDelay(t), "it does not wait for the deadline")
	t.Logf("verdict after %s", took.Round(time.Millisecond))
}

func (d *deployed) reviewDelay(t *testing.T) time.Duration {
	t.Helper()
	if d.ReviewDelay == nil {
		return 10 * time.Minute
	}
	delay, err := time.ParseDuration(fmt.Sprint(d.ReviewDelay) + "s")
	require.NoError(t, err)
	return delay
}

// answers are what a report says of an inspector.
func answers(r responder.Report, inspector string) (list []responder.Inspection) {
	for _, i := range r.Inspections {
		if i.Inspector == inspector {
			list = append(list, i)
		}
	}
	return list
}

// found is a verdict with what an inspector found. Others may bring about verdicts of their own before it.
func found(inspector string) func(responder.Report) bool {
	return func(r responder.Report) bool {
		return published(r) && slices.ContainsFunc(answers(r, inspector), func(i responder.Inspection) bool { return i.Outcome == responder.Found })
	}
}

// Plugins of the predecessor invoke the submitter with one page.
func TestInvokeSubmitter(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "invoked-"+rand.Text()
	d.publish(t, alert(t, key, address("192.0.2.13")))
	first := await(t, d, key, "a verdict", published)

	invoke := func(page string) *lambda.InvokeOutput {
		out, err := lambda.NewFromConfig(d.aws).Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: aws.String(d.outputs["SubmitterArn"]), Payload: []byte(page),
		})
		require.NoError(t, err)
		return out
	}
	page, err := json.Marshal(responder.Page{
		ReportID: first.ReportID, Title: "Seen before", Author: "oldtimer",
		OpponentHosts: []responder.OpponentHost{{ID: "192.0.2.13", Country: []string{"ZZ"}}},
	})
	require.NoError(t, err)
	require.Nil(t, invoke(string(page)).FunctionError)

	second := await(t, d, key, "a verdict with the page", found("oldtimer"))
	assert.Len(t, answers(second, "oldtimer"), 1)
	assert.Greater(t, second.Seq, first.Seq)
	assert.Equal(t, []string{"ZZ"}, second.Content.OpponentHosts["192.0.2.13"].Country)

	out := invoke(`{"report_id": 7}`)
	require.NotNil(t, out.FunctionError, "who submits is told that it did not work")
	assert.Contains(t, string(out.Payload), "report_id")
}

// python is the stack of the inspector in Python.
func (d *deployed) python(t *testing.T) string {
	t.Helper()
	name := d.TestStackName + "-python"
	if _, err := d.resource(t, name, "Inspector"); err != nil {
		t.Skip("no stack " + name + " (cd tester && make python): " + err.Error())
	}
	return name
}

// tool runs the command line tool on a stack of this region.
func (d *deployed) tool(t *testing.T, arg ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", append([]string{"run", "./cmd/alertresponder"}, arg...)...)
	c.Env = append(os.Environ(), "AWS_REGION="+d.Region)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	require.NoError(t, err, "%v: %s", arg, stderr.String())
	return string(out)
}
