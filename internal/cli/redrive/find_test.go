package redrive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

const (
	account  = "arn:aws:%s:eu-west-1:111122223333:%s"
	topicARN = "arn:aws:sns:eu-west-1:111122223333:topic"
)

func queueARN(name string) string { return fmt.Sprintf(account, "sqs", name) }
func queueURL(name string) string {
	return "https://sqs.eu-west-1.amazonaws.com/111122223333/" + name
}

// cloud answers for CloudFormation, SNS and SQS. Names of queues and their physical names are the same.
type cloud struct {
	parts     []cftypes.StackResourceSummary
	queues    map[string]map[string]string // attributes by name
	subs      map[string]map[string]string // attributes by ARN
	endpoints map[string]string            // what the topic's list says
	calls     int
}

func newCloud() *cloud {
	return &cloud{queues: map[string]map[string]string{}, subs: map[string]map[string]string{}, endpoints: map[string]string{}}
}

func (c *cloud) part(kind, name, id string, status cftypes.ResourceStatus) {
	c.parts = append(c.parts, cftypes.StackResourceSummary{
		ResourceType: &kind, LogicalResourceId: &name, PhysicalResourceId: &id, ResourceStatus: status,
	})
}

func policyOf(name string) string {
	if name == "" {
		return ""
	}
	return `{"deadLetterTargetArn":"` + queueARN(name) + `","maxReceiveCount":20}`
}

// queue adds a queue, with the name of its queue of dead letters or none.
func (c *cloud) queue(name, dead string) {
	c.part("AWS::SQS::Queue", name, queueURL(name), cftypes.ResourceStatusCreateComplete)
	c.elsewhere(name, dead)
}

// elsewhere adds a queue that is not of the stack.
func (c *cloud) elsewhere(name, dead string) {
	c.queues[name] = map[string]string{"QueueArn": queueARN(name), "ApproximateNumberOfMessages": "3", "ApproximateNumberOfMessagesNotVisible": "1"}
	if dead != "" {
		c.queues[name]["RedrivePolicy"] = policyOf(dead)
	}
}

func (c *cloud) subscription(name, endpoint, dead string) {
	arn := fmt.Sprintf(account, "sns", "topic:"+name)
	c.part("AWS::SNS::Subscription", name, arn, cftypes.ResourceStatusUpdateComplete)
	c.subs[arn] = map[string]string{"Endpoint": endpoint, "RedrivePolicy": policyOf(dead)}
}

// ListStackResources gives a hundred a page, as AWS does.
func (c *cloud) ListStackResources(_ context.Context, in *cloudformation.ListStackResourcesInput, _ ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
	c.calls++
	if *in.StackName != "s" {
		return nil, errors.New("ValidationError: Stack does not exist")
	}
	from := 0
	fmt.Sscan(aws.ToString(in.NextToken), &from)
	to := min(from+100, len(c.parts))
	out := &cloudformation.ListStackResourcesOutput{StackResourceSummaries: c.parts[from:to]}
	if to < len(c.parts) {
		out.NextToken = aws.String(fmt.Sprint(to))
	}
	return out, nil
}

func (c *cloud) GetQueueAttributes(_ context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	c.calls++
	name := (*in.QueueUrl)[strings.LastIndexByte(*in.QueueUrl, '/')+1:]
	if c.queues[name] == nil {
		return nil, errors.New("NonExistentQueue")
	}
	out := &sqs.GetQueueAttributesOutput{Attributes: map[string]string{}}
	for _, want := range in.AttributeNames {
		if v, ok := c.queues[name][string(want)]; ok {
			out.Attributes[string(want)] = v
		}
	}
	return out, nil
}

func (c *cloud) GetSubscriptionAttributes(_ context.Context, in *sns.GetSubscriptionAttributesInput, _ ...func(*sns.Options)) (*sns.GetSubscriptionAttributesOutput, error) {
	c.calls++
	if c.subs[*in.SubscriptionArn] == nil {
		return nil, &snstypes.NotFoundException{}
	}
	return &sns.GetSubscriptionAttributesOutput{Attributes: c.subs[*in.SubscriptionArn]}, nil
}

func (c *cloud) ListSubscriptionsByTopic(_ context.Context, in *sns.ListSubscriptionsByTopicInput, _ ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error) {
	c.calls++
	out := &sns.ListSubscriptionsByTopicOutput{}
	for arn, endpoint := range c.endpoints {
		if strings.HasPrefix(arn, *in.TopicArn+":") {
			out.Subscriptions = append(out.Subscriptions, snstypes.Subscription{SubscriptionArn: &arn, Endpoint: &endpoint})
		}
	}
	return out, nil
}

func (c *cloud) find(t *testing.T) map[string]redrive.Queue {
	t.Helper()
	list, err := redrive.Finder{Stacks: c, Topics: c, Queues: c}.Find(t.Context(), "s")
	require.NoError(t, err)
	assert.True(t, slices.IsSortedFunc(list, func(a, b redrive.Queue) int { return strings.Compare(a.Name, b.Name) }))
	byName := map[string]redrive.Queue{}
	for _, q := range list {
		byName[q.Name] = q
	}
	require.Len(t, byName, len(list))
	return byName
}

// deployed is what a template makes, with all that is conditional.
func deployed(t *testing.T, path string) *cloud {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	template, err := cfn.Read(text)
	require.NoError(t, err)
	text, err = json.Marshal(template)
	require.NoError(t, err)
	type reference struct {
		GetAtt []string `json:"Fn::GetAtt"`
	}
	var stack struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Endpoint      any
				RedrivePolicy struct{ DeadLetterTargetArn reference }
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &stack))
	c := newCloud()
	for _, name := range slices.Sorted(maps.Keys(stack.Resources)) {
		r := stack.Resources[name]
		dead := ""
		if to := r.Properties.RedrivePolicy.DeadLetterTargetArn.GetAtt; len(to) > 0 {
			dead = to[0]
		}
		switch r.Type {
		case "AWS::SQS::Queue":
			c.queue(name, dead)
		case "AWS::SNS::Subscription":
			endpoint, _ := r.Properties.Endpoint.(map[string]any)
			to, _ := endpoint["Fn::GetAtt"].([]any)
			require.NotEmpty(t, to, name)
			c.subscription(name, queueARN(fmt.Sprint(to[0])), dead)
		default:
			c.part(r.Type, name, "physical "+name, cftypes.ResourceStatusCreateComplete)
		}
	}
	return c
}

// Each queue of the stack's template is found by what it is for, and goes back to where its name says.
func TestFindsTheStacksQueues(t *testing.T) {
	c := deployed(t, "../../../template.yml")
	found := c.find(t)
	for name := range c.queues {
		switch word, undelivered := strings.CutSuffix(name, "Undelivered"); {
		case undelivered:
			q := found[name]
			assert.Equal(t, []redrive.Target{{Name: word + "Queue", ARN: queueARN(word + "Queue"), URL: queueURL(word + "Queue"), Undelivered: true, Topic: topicARN}}, q.Targets)
		case strings.HasSuffix(name, "DeadLetters"):
			word := strings.TrimSuffix(name, "DeadLetters")
			q := found[name]
			assert.Equal(t, []redrive.Target{{Name: word + "Queue", ARN: queueARN(word + "Queue"), URL: queueURL(word + "Queue")}}, q.Targets)
			assert.Equal(t, []any{3, 1, queueURL(name)}, []any{q.Letters, q.Hidden, q.URL})
			assert.WithinDuration(t, time.Now(), q.AsOf, 5*time.Second)
			assert.True(t, q.Is(name) && q.Is(word+"Queue") && !q.Is(word))
		default:
			assert.NotContains(t, found, name)
		}
	}
	require.Greater(t, len(found), 8)
	assert.Equal(t, len(c.queues)+len(c.subs)+(len(c.parts)+99)/100, c.calls, "one call for each, and one for each hundred resources")
}

// A plugin's stack has one queue for both.
func TestFindsThePluginsQueues(t *testing.T) {
	found := deployed(t, "../../../tester/template.yml").find(t)
	require.NotEmpty(t, found)
	for name, q := range found {
		word := strings.TrimSuffix(name, "DeadLetters")
		assert.Equal(t, []string{word + "Queue"}, q.GoesTo(), name)
		assert.Len(t, q.Targets, 2, name)
	}
}

func TestFindsWhatIsElsewhere(t *testing.T) {
	c := newCloud()
	c.queue("Own", "shared")
	c.elsewhere("shared", "")
	c.queue("Undelivered", "")
	c.subscription("ToAQueue", queueARN("other"), "Undelivered")
	c.subscription("ToAFunction", fmt.Sprintf(account, "lambda", "function:f"), "Undelivered")
	c.subscription("WithoutAny", queueARN("other"), "")
	c.part("AWS::SNS::Subscription", "Gone", fmt.Sprintf(account, "sns", "topic:gone"), cftypes.ResourceStatusCreateComplete)
	c.part("AWS::SNS::Subscription", "Unconfirmed", "pending confirmation", cftypes.ResourceStatusCreateComplete)
	c.part("AWS::SQS::Queue", "Deleted", queueURL("deleted"), cftypes.ResourceStatusDeleteComplete)
	c.part("AWS::SQS::Queue", "NotYet", "", cftypes.ResourceStatusCreateInProgress)
	found := c.find(t)
	require.Len(t, found, 2)
	assert.Equal(t, []redrive.Target{{Name: "Own", ARN: queueARN("Own"), URL: queueURL("Own")}}, found["shared"].Targets)
	assert.Equal(t, queueURL("shared"), found["shared"].URL)
	assert.True(t, found["shared"].Outside)
	assert.False(t, found["Undelivered"].Outside)
	assert.Equal(t, 3, found["shared"].Letters)
	assert.Equal(t, []redrive.Target{
		{Name: "f", ARN: fmt.Sprintf(account, "lambda", "function:f"), Undelivered: true, Topic: topicARN},
		{Name: "other", ARN: queueARN("other"), URL: queueURL("other"), Undelivered: true, Topic: topicARN},
	}, found["Undelivered"].Targets)
}

// Some services that speak the protocol do not say the endpoint of a subscription where AWS does.
func TestFindsAnEndpointInTheTopicsList(t *testing.T) {
	c := newCloud()
	c.queue("Q", "")
	c.queue("Undelivered", "")
	c.subscription("S", "", "Undelivered")
	assert.ErrorContains(t, c.find(t)["S"].Err, "nothing says what it delivers to")
	c.endpoints[fmt.Sprintf(account, "sns", "topic:S")] = queueARN("Q")
	c.endpoints[fmt.Sprintf(account, "sns", "topic:other")] = queueARN("Undelivered")
	assert.Equal(t, []string{"Q"}, c.find(t)["Undelivered"].GoesTo())
}

func TestFindSaysWhatIsWrong(t *testing.T) {
	c := newCloud()
	f := redrive.Finder{Stacks: c, Topics: c, Queues: c}
	_, err := f.Find(t.Context(), "other")
	assert.ErrorContains(t, err, "stack other: ")
	list, err := f.Find(t.Context(), "s")
	require.NoError(t, err)
	assert.Empty(t, list)
}

// What cannot be asked is told with what is known of it, once, and the others are found all the same. Where it may be a
// further one whose letters a queue has, that is told too.
func TestFindGoesOn(t *testing.T) {
	c := newCloud()
	c.queue("Q", "gone")
	c.queue("Own", "Dead")
	c.queue("Dead", "")
	c.queue("Undelivered", "")
	c.subscription("S", queueARN("Own"), "Undelivered")
	delete(c.queues, "Dead")
	found := c.find(t)
	require.Len(t, found, 3)
	assert.ErrorContains(t, found["gone"].Err, "NonExistentQueue")
	assert.Equal(t, []string{"Q"}, found["gone"].GoesTo())
	assert.ErrorContains(t, found["Dead"].Err, "NonExistentQueue")
	assert.Equal(t, []string{"Own"}, found["Dead"].GoesTo())
	assert.Equal(t, queueARN("Dead"), found["Dead"].ARN)
	for name, q := range found {
		assert.False(t, q.Partial, name)
		assert.Equal(t, name == "gone", q.Outside, name)
	}
	assert.NoError(t, found["Undelivered"].Err)
	assert.Equal(t, len(c.parts)+2, c.calls, "and nothing is asked twice")

	c.part("AWS::SQS::Queue", "R", queueURL("r"), cftypes.ResourceStatusCreateComplete)
	c.queue("Unsaid", "")
	c.subscription("NowhereKnown", "", "Unsaid")
	found = c.find(t)
	require.Len(t, found, 5)
	assert.ErrorContains(t, found["R"].Err, "NonExistentQueue")
	assert.ErrorContains(t, found["NowhereKnown"].Err, "nothing says what it delivers to")
	assert.True(t, found["Undelivered"].Partial)
	assert.NoError(t, found["Undelivered"].Err)
}

func TestFindIsInterrupted(t *testing.T) {
	c := newCloud()
	c.queue("Q", "gone")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := redrive.Finder{Stacks: c, Topics: c, Queues: c}.Find(ctx, "s")
	assert.ErrorIs(t, err, context.Canceled)
}
