package awslambda

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// queueClient is the part of SQS that plugins call.
type queueClient interface {
	visibility.Client
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
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

// ownQueue is the queue that the plugin's messages come from.
type ownQueue struct {
	client func(context.Context) (queueClient, error)
}

// Postpone implements host.Postponer.
func (q ownQueue) Postpone(ctx context.Context, queueARN, receiptHandle string, d time.Duration) error {
	c, err := q.client(ctx)
	if err != nil {
		return err
	}
	return visibility.Postponer{Client: c}.Postpone(ctx, queueARN, receiptHandle, d)
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
