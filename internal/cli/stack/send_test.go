package stack

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
)

// cloud is CloudFormation, SNS and SQS of one stack.
type cloud struct {
	parts     map[string]string // physical ids by stack and logical id
	published []*sns.PublishInput
	sent      []*sqs.SendMessageInput
}

func (c *cloud) DescribeStackResource(_ context.Context, in *cloudformation.DescribeStackResourceInput, _ ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourceOutput, error) {
	id, ok := c.parts[*in.StackName+"/"+*in.LogicalResourceId]
	if !ok {
		return nil, errors.New("ValidationError: Stack does not exist")
	}
	return &cloudformation.DescribeStackResourceOutput{
		StackResourceDetail: &cftypes.StackResourceDetail{PhysicalResourceId: &id},
	}, nil
}

func (c *cloud) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	c.published = append(c.published, in)
	return &sns.PublishOutput{MessageId: aws.String("sns-id")}, nil
}

func (c *cloud) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	c.sent = append(c.sent, in)
	return &sqs.SendMessageOutput{MessageId: aws.String("sqs-id")}, nil
}

const (
	topicARN = "arn:aws:sns:eu-west-1:111122223333:alerts"
	queueURL = "https://sqs.eu-west-1.example/111122223333/alerts"
)

func deployed() *cloud {
	return &cloud{parts: map[string]string{"s/AlertNotification": topicARN, "s/AlertQueue": queueURL, "s/AlertMap": ""}}
}

func (c *cloud) sender(stack, topic string) sender {
	return sender{resources: resources{c, stack}, topic: topic, topics: c, queues: c}
}

func TestSendPublishesToTheStacksTopic(t *testing.T) {
	c := deployed()
	r, err := c.sender("s", "").send(t.Context(), "hello")
	require.NoError(t, err)
	assert.Equal(t, receipt{"sns-id", topicARN}, r)
	require.Len(t, c.published, 1)
	assert.Equal(t, topicARN, *c.published[0].TopicArn)
	assert.Equal(t, "hello", *c.published[0].Message)
	assert.Empty(t, c.sent)
}

func TestSendToATopicAsksNoStack(t *testing.T) {
	c := &cloud{}
	r, err := c.sender("", topicARN).send(t.Context(), "hello")
	require.NoError(t, err)
	assert.Equal(t, topicARN, r.To)
}

func TestSendPutsTheLargeIntoTheQueue(t *testing.T) {
	c := deployed()
	fits, large := strings.Repeat("a", bus.MaxNotification), strings.Repeat("a", bus.MaxNotification+1)

	_, err := c.sender("s", "").send(t.Context(), fits)
	require.NoError(t, err)
	assert.Len(t, c.published, 1, "a topic takes 256 KiB")

	r, err := c.sender("s", "").send(t.Context(), large)
	require.NoError(t, err)
	assert.Equal(t, receipt{"sqs-id", queueURL}, r)
	require.Len(t, c.sent, 1)
	assert.Equal(t, large, *c.sent[0].MessageBody)
	assert.Len(t, c.published, 1)
}

func TestSendOfTheLargeNeedsAStack(t *testing.T) {
	_, err := (&cloud{}).sender("", topicARN).send(t.Context(), strings.Repeat("a", bus.MaxNotification+1))
	code, _ := console.Code(err)
	assert.Equal(t, console.BadUsage, code)
	assert.ErrorContains(t, err, "--stack")
}

func TestSendSaysWhatIsMissing(t *testing.T) {
	_, err := deployed().sender("other", "").send(t.Context(), "hello")
	assert.ErrorContains(t, err, "stack other: AlertNotification: ValidationError")

	_, err = resources{deployed(), "s"}.id(t.Context(), "AlertMap")
	assert.ErrorContains(t, err, "is not there yet")
}

func TestCheckOfAMessage(t *testing.T) {
	assert.NoError(t, check([]byte("text")))
	assert.NoError(t, check(bytes.Repeat([]byte("a"), bus.MaxMessage)))
	assert.ErrorContains(t, check(bytes.Repeat([]byte("a"), bus.MaxMessage+1)), "expected at most 1048576")
	assert.ErrorContains(t, check(nil), "is empty")
	assert.ErrorContains(t, check([]byte("a\xff")), "UTF-8")
}

func TestReceiptForPeopleAndForScripts(t *testing.T) {
	var out bytes.Buffer
	con := &console.Console{Out: &out, Screen: show.NewScreen(0, false)}
	require.NoError(t, (&send{Output: "auto"}).print(con, receipt{"id-1", topicARN}))
	assert.JSONEq(t, `{"message_id": "id-1", "to": "`+topicARN+`"}`, out.String())

	out.Reset()
	con.OutTerminal = true
	require.NoError(t, (&send{Output: "auto"}).print(con, receipt{"id-1", topicARN}))
	assert.Equal(t, "sent to "+topicARN+"\nmessage id id-1\n", out.String())
}
