package meter

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus"
)

// Bus sends each message twice: through the driver for AWS, whose calls are counted, and to where it is delivered from.
func (m *Meter) Bus(to bus.Bus) bus.Bus {
	names := awsbus.Names{Topics: map[string]string{}, Queues: map[string]string{}}
	for _, name := range []string{bus.AlertNotification, bus.TaskNotification, bus.ReportNotification} {
		names.Topics[name] = name
	}
	for _, name := range []string{bus.AlertQueue, bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue} {
		names.Queues[name] = name
	}
	return &meteredBus{awsbus.New(wire{m}, wire{m}, names), to}
}

type meteredBus struct{ aws, to bus.Bus }

// Publish implements bus.Bus.
func (b *meteredBus) Publish(ctx context.Context, topic string, m bus.Message) error {
	if err := b.aws.Publish(ctx, topic, m); err != nil {
		return err
	}
	return b.to.Publish(ctx, topic, m)
}

// Inspection is how long an inspection lasts, on the clock of the pipeline: or a verdict would overtake the notice.
const Inspection = time.Second

// Send implements bus.Bus.
func (b *meteredBus) Send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	if err := b.aws.Send(ctx, queue, m, delay); err != nil {
		return err
	}
	if queue == bus.SubmissionQueue {
		delay += Inspection
	}
	return b.to.Send(ctx, queue, m, delay)
}

// wire is where the clients of SNS and SQS would be.
type wire struct{ *Meter }

// Publish implements awsbus.SNS.
func (w wire) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	size := len(*in.Message)
	for name, a := range in.MessageAttributes {
		size += len(name) + len(*a.DataType) + len(*a.StringValue)
	}
	w.call("sns:Publish "+*in.TopicArn, bill.Usage{Publishes: bill.Chunks(size)})
	return &sns.PublishOutput{}, nil
}

// SendMessage implements awsbus.SQS.
func (w wire) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	size := len(*in.MessageBody)
	for name, a := range in.MessageAttributes {
		size += len(name) + len(*a.DataType) + len(*a.StringValue)
	}
	w.call("sqs:SendMessage "+*in.QueueUrl, bill.Usage{Requests: bill.Chunks(size)})
	return &sqs.SendMessageOutput{}, nil
}

// Sent notes what a sender publishes to the topic for alerts.
func (m *Meter) Sent(message []byte) {
	m.Polls["sns:Publish "+bus.AlertNotification]++
	m.Usage.Publishes += bill.Chunks(len(message))
}
