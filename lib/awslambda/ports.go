package awslambda

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// queueClient is the part of SQS that plugins call.
type queueClient interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// submissions is SubmissionQueue.
type submissions struct {
	url    string
	client func(context.Context) (queueClient, error)
}

// Submit implements host.Submitter.
func (s submissions) Submit(ctx context.Context, sub responder.Submission) error {
	c, err := s.client(ctx)
	if err != nil {
		return err
	}
	body, err := bus.Encode(sub) // JSON that the queue takes, whatever is in the pages
	if err != nil {
		return fmt.Errorf("submission: %w", err)
	}
	_, err = c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.url, MessageBody: &body})
	return err
}

// visibility is the plugin's own queue.
type visibility struct {
	client func(context.Context) (queueClient, error)
}

// Postpone implements host.Postponer.
func (v visibility) Postpone(ctx context.Context, queueARN, receiptHandle string, d time.Duration) error {
	url, err := queueURL(queueARN)
	if err != nil {
		return err
	}
	c, err := v.client(ctx)
	if err != nil {
		return err
	}
	_, err = c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &url, ReceiptHandle: &receiptHandle, VisibilityTimeout: int32((d + time.Second - 1) / time.Second),
	})
	return err
}

// queueURL makes a queue's URL of its ARN, arn:<partition>:sqs:<region>:<account>:<name>. Which host is called
// is for the client to say; the service reads account and name (Amazon SQS Developer Guide, "Queue and message
// identifiers").
func queueURL(arn string) (string, error) {
	p := strings.Split(arn, ":")
	if len(p) != 6 || p[0] != "arn" || p[2] != "sqs" || p[3] == "" || p[4] == "" || p[5] == "" {
		return "", fmt.Errorf("queue: %.200q, expected the ARN of an SQS queue", arn)
	}
	domain := "amazonaws.com"
	if p[1] == "aws-cn" {
		domain = "amazonaws.com.cn"
	}
	return fmt.Sprintf("https://sqs.%s.%s/%s/%s", p[3], domain, p[4], p[5]), nil
}

// receipts is the table PluginData.
type receipts struct {
	client func(context.Context) (*dynamodb.Client, error)
	table  string
}

func (r *receipts) driver(ctx context.Context) (plugindata.Receipts, error) {
	c, err := r.client(ctx)
	if err != nil {
		return nil, err
	}
	return dynamo.New(c, r.table), nil
}

// Acquire implements host.Receipts.
func (r *receipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error) {
	d, err := r.driver(ctx)
	if err != nil {
		return plugindata.State{}, 0, err
	}
	return d.Acquire(ctx, key, owner, seq, now, until)
}

// Release implements host.Receipts.
func (r *receipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error) {
	d, err := r.driver(ctx)
	if err != nil {
		return false, err
	}
	return d.Release(ctx, key, owner, s, expires)
}
