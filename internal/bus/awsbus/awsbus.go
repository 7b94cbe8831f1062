// Package awsbus is the driver of the bus over Amazon SNS and SQS.
//
// in → out: a message and the name of a topic or queue → one call of SNS Publish or SQS SendMessage. What the
// service would refuse is refused before the call.
package awsbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// SNS is the part of the client of Amazon SNS that is called.
type SNS interface {
	Publish(ctx context.Context, in *sns.PublishInput, opts ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// SQS is the part of the client of Amazon SQS that is called.
type SQS interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Names says what is where. A function names only what it may send to.
type Names struct {
	Topics map[string]string // name → ARN
	Queues map[string]string // name → URL
}

// Bus implements bus.Bus.
type Bus struct {
	topics SNS
	queues SQS
	names  Names
}

// New makes a bus. A client without names may be nil.
func New(topics SNS, queues SQS, names Names) *Bus { return &Bus{topics, queues, names} }

// Publish implements bus.Bus.
func (b *Bus) Publish(ctx context.Context, topic string, m bus.Message) error {
	if err := b.publish(ctx, topic, m); err != nil {
		return fmt.Errorf("publish to topic %s: %w", topic, err)
	}
	return nil
}

func (b *Bus) publish(ctx context.Context, topic string, m bus.Message) error {
	arn, ok := b.names.Topics[topic]
	if !ok {
		return errUnknown
	}
	if err := errors.Join(ctx.Err(), m.CheckNotification()); err != nil {
		return err
	}
	in := &sns.PublishInput{TopicArn: &arn, Message: &m.Body}
	for _, a := range m.Attributes {
		if in.MessageAttributes == nil {
			in.MessageAttributes = map[string]snstypes.MessageAttributeValue{}
		}
		in.MessageAttributes[a.Name] = snstypes.MessageAttributeValue{
			DataType: aws.String(a.DataType()), StringValue: aws.String(a.Text()),
		}
	}
	_, err := b.topics.Publish(ctx, in)
	return classified(err)
}

// Send implements bus.Bus.
func (b *Bus) Send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	if err := b.send(ctx, queue, m, delay); err != nil {
		return fmt.Errorf("send to queue %s: %w", queue, err)
	}
	return nil
}

func (b *Bus) send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	url, ok := b.names.Queues[queue]
	if !ok {
		return errUnknown
	}
	if err := errors.Join(ctx.Err(), m.CheckMessage()); err != nil {
		return err
	}
	in := &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: &m.Body, DelaySeconds: seconds(bus.ClampDelay(delay, bus.MaxDelay)),
	}
	for _, a := range m.Attributes {
		if in.MessageAttributes == nil {
			in.MessageAttributes = map[string]sqstypes.MessageAttributeValue{}
		}
		in.MessageAttributes[a.Name] = sqstypes.MessageAttributeValue{
			DataType: aws.String(a.DataType()), StringValue: aws.String(a.Text()),
		}
	}
	_, err := b.queues.SendMessage(ctx, in)
	return classified(err)
}

func seconds(d time.Duration) int32 { return int32(d / time.Second) }

var errUnknown = errors.New("there is none of this name")

// refused are the error codes that say that the message itself is at fault.
//
// Codes: Amazon SNS API Reference, Publish; Amazon SQS API Reference, SendMessage.
var refused = map[string]bool{
	"InvalidParameter":          true,
	"InvalidParameterException": true,
	"InvalidParameterValue":     true,
	"ParameterValueInvalid":     true,
	"InvalidMessageContents":    true,
	"InvalidAttributeValue":     true,
}

// classified marks an error as permanent where the service refused the message. What is throttled, forbidden,
// gone or out of order may be mended by time or by people.
func classified(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && refused[api.ErrorCode()] {
		return responder.Permanent(err)
	}
	return err
}
