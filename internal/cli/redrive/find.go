package redrive

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
)

// Stacks is what is called of CloudFormation.
type Stacks interface {
	ListStackResources(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error)
}

// Topics is what is called of Amazon SNS.
type Topics interface {
	GetSubscriptionAttributes(context.Context, *sns.GetSubscriptionAttributesInput, ...func(*sns.Options)) (*sns.GetSubscriptionAttributesOutput, error)
	ListSubscriptionsByTopic(context.Context, *sns.ListSubscriptionsByTopicInput, ...func(*sns.Options)) (*sns.ListSubscriptionsByTopicOutput, error)
}

// Queues is what is called of Amazon SQS to know a queue.
type Queues interface {
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

// Finder finds the queues of dead letters of a stack, by what its queues and subscriptions say: one call for each.
type Finder struct {
	Stacks Stacks
	Topics Topics
	Queues Queues
}

// Find gives the queues that are named as the dead-letter queue of a queue or of a subscription of the stack, by name.
// What could not be asked is among them, with its error, and does not keep from the others.
func (f Finder) Find(ctx context.Context, stack string) ([]Queue, error) {
	parts, err := f.parts(ctx, stack)
	if err != nil {
		return nil, err
	}
	m := &known{byARN: map[string]*part{}, dead: map[string]*Queue{}}
	for _, p := range parts {
		if aws.ToString(p.ResourceType) == "AWS::SQS::Queue" {
			if err := f.queue(ctx, m, *p.LogicalResourceId, *p.PhysicalResourceId); err != nil {
				m.unknown = append(m.unknown, Queue{Name: *p.LogicalResourceId, URL: *p.PhysicalResourceId, Err: err})
			}
		}
	}
	m.queues()
	for _, p := range parts {
		if aws.ToString(p.ResourceType) == "AWS::SNS::Subscription" {
			if err := f.subscription(ctx, m, *p.PhysicalResourceId); err != nil {
				m.unknown = append(m.unknown, Queue{Name: *p.LogicalResourceId, Err: err})
			}
		}
	}
	list := f.found(ctx, m)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stack %s: %w", stack, ctx.Err())
	}
	return list, nil
}

// parts are the stack's resources that are there.
func (f Finder) parts(ctx context.Context, stack string) (list []cftypes.StackResourceSummary, err error) {
	pages := cloudformation.NewListStackResourcesPaginator(f.Stacks, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", stack, err)
		}
		for _, r := range page.StackResourceSummaries {
			if r.LogicalResourceId != nil && aws.ToString(r.PhysicalResourceId) != "" && r.ResourceStatus != cftypes.ResourceStatusDeleteComplete {
				list = append(list, r)
			}
		}
	}
	return list, nil
}

// part is a queue of the stack.
type part struct {
	Queue
	dead string // the ARN of its own dead-letter queue
}

// known is what is known of a stack.
type known struct {
	byARN   map[string]*part
	dead    map[string]*Queue
	unknown []Queue // what could not be asked
}

func (f Finder) queue(ctx context.Context, m *known, name, url string) error {
	out, err := f.Queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameQueueArn, sqstypes.QueueAttributeNameRedrivePolicy,
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}})
	if err != nil {
		return err
	}
	arn := out.Attributes["QueueArn"]
	if arn == "" {
		return errors.New("SQS does not say its ARN")
	}
	q := Queue{Name: name, ARN: arn, URL: url, AsOf: asOf(out)}
	q.Letters, _ = strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	q.Hidden, _ = strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	m.byARN[arn] = &part{q, deadLetters(out.Attributes["RedrivePolicy"])}
	return nil
}

// asOf is the service's time, in whole seconds: the clock here may be wrong.
func asOf(out *sqs.GetQueueAttributesOutput) time.Time {
	if t, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok && !t.IsZero() {
		return t
	}
	return time.Now().Truncate(time.Second)
}

// deadLetters is the ARN in a redrive policy; empty if there is none.
func deadLetters(policy string) string {
	var p struct{ DeadLetterTargetArn string }
	if json.Unmarshal([]byte(policy), &p) != nil {
		return ""
	}
	return p.DeadLetterTargetArn
}

// queues notes where the queues' dead letters are.
func (m *known) queues() {
	for arn, p := range m.byARN {
		if p.dead != "" {
			m.add(p.dead, Target{Name: p.Name, ARN: arn, URL: p.URL})
		}
	}
}

func (m *known) add(dead string, t Target) {
	if m.dead[dead] == nil {
		m.dead[dead] = &Queue{ARN: dead}
	}
	m.dead[dead].Targets = append(m.dead[dead].Targets, t)
}

// subscription notes where a subscription puts what cannot be delivered. One that is gone, or that nobody has
// confirmed, has nothing.
func (f Finder) subscription(ctx context.Context, m *known, arn string) error {
	if !strings.HasPrefix(arn, "arn:") {
		return nil
	}
	out, err := f.Topics.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	var gone *snstypes.NotFoundException
	if errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return err
	}
	dead := deadLetters(out.Attributes["RedrivePolicy"])
	if dead == "" {
		return nil
	}
	endpoint := out.Attributes["Endpoint"]
	if endpoint == "" { // not all that speak this protocol say it here
		if endpoint, err = f.endpoint(ctx, arn); err != nil {
			return err
		}
	}
	m.add(dead, m.target(endpoint, topicOf(arn)))
	return nil
}

// topicOf is the topic of a subscription, whose ARN its own begins with.
func topicOf(subscription string) string {
	return subscription[:strings.LastIndexByte(subscription, ':')]
}

// endpoint looks a subscription up in the list of its topic.
func (f Finder) endpoint(ctx context.Context, arn string) (string, error) {
	topic := topicOf(arn)
	pages := sns.NewListSubscriptionsByTopicPaginator(f.Topics, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, s := range page.Subscriptions {
			if aws.ToString(s.SubscriptionArn) == arn {
				return aws.ToString(s.Endpoint), nil
			}
		}
	}
	return "", errors.New("nothing says what it delivers to")
}

// target is what a subscription delivers to: a queue of the stack, one elsewhere, or no queue, which has no URL.
func (m *known) target(endpoint, topic string) Target {
	if p := m.byARN[endpoint]; p != nil {
		return Target{Name: p.Name, ARN: endpoint, URL: p.URL, Undelivered: true, Topic: topic}
	}
	url, _ := visibility.QueueURL(endpoint)
	return Target{Name: nameOf(endpoint), ARN: endpoint, URL: url, Undelivered: true, Topic: topic}
}

// found completes the queues of dead letters. Those that are not in the stack are asked for too.
func (f Finder) found(ctx context.Context, m *known) (list []Queue) {
	for arn, dead := range m.dead {
		q := f.complete(ctx, m, arn)
		q.Targets = dead.Targets
		slices.SortFunc(q.Targets, func(a, b Target) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ARN, b.ARN)) })
		list = append(list, q)
	}
	for i := range list { // those that are left in m.unknown may have their dead letters anywhere
		list[i].Partial = len(m.unknown) > 0
	}
	list = append(list, m.unknown...)
	slices.SortFunc(list, func(a, b Queue) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// complete is a queue of dead letters by its ARN, which the stack has, or cannot be asked of, or which is elsewhere.
func (f Finder) complete(ctx context.Context, m *known, arn string) Queue {
	if p := m.byARN[arn]; p != nil {
		return p.Queue
	}
	q := Queue{Name: nameOf(arn), ARN: arn, Outside: true}
	if q.URL, q.Err = visibility.QueueURL(arn); q.Err != nil {
		return q
	}
	if i := slices.IndexFunc(m.unknown, func(u Queue) bool { return u.URL != "" && path(u.URL) == path(q.URL) }); i >= 0 {
		q = m.unknown[i]
		q.ARN = arn
		m.unknown = slices.Delete(m.unknown, i, i+1)
		return q
	}
	if q.Err = f.queue(ctx, m, q.Name, q.URL); q.Err != nil {
		return q
	}
	p := m.byARN[arn]
	if p == nil {
		q.Err = errors.New("SQS knows it by another ARN")
		return q
	}
	p.Outside = true
	return p.Queue
}

// path is the account and name in a queue's URL; its host may have other names.
func path(queue string) string {
	if u, err := url.Parse(queue); err == nil {
		return u.Path
	}
	return queue
}
