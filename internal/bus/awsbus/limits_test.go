package awsbus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/bustest"
	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// sized is a message of n bytes with its attribute.
func sized(n int) bus.Message {
	m := bus.Message{Attributes: []bus.Attribute{{Name: "types", List: []string{"*", "ipaddr"}}}}
	m.Body = strings.Repeat("a", n-m.Size())
	return m
}

func attributes(n int) (m bus.Message) {
	m.Body = "x"
	for i := range n {
		m.Attributes = append(m.Attributes, bus.Attribute{Name: fmt.Sprintf("a%d", i), Value: "v"})
	}
	return m
}

func valued(name, value string) bus.Message {
	return bus.Message{Body: "x", Attributes: []bus.Attribute{{Name: name, Value: value}}}
}

// What is refused before the call is what the service refuses, no more and no less: the calls are made here as they are.
func TestServiceRefusesTheSame(t *testing.T) {
	e := newEngine(t, enginetest.Config(t, endpoint))
	for _, c := range []struct {
		name    string
		m       bus.Message
		lenient string // what MiniStack takes all the same
	}{
		{"256 KiB", sized(bus.MaxNotification), ""},
		{"more than 256 KiB", sized(bus.MaxNotification + 1), ""},
		{"1 MiB", sized(bus.MaxMessage), ""},
		{"more than 1 MiB", sized(bus.MaxMessage + 1), "SQS"}, // whose body alone is not
		{"a body of more than 1 MiB", bus.Message{Body: strings.Repeat("a", bus.MaxMessage+1)}, ""},
		{"10 attributes", attributes(10), ""},
		{"11 attributes", attributes(11), "SQS"},
		{"empty body", bus.Message{}, "SNS"},
		{"NUL", bus.Message{Body: "a\x00"}, "SNS"},
		{"U+FFFF", bus.Message{Body: "a\uFFFF"}, "SNS"},
		{"the last of each plane", bus.Message{Body: "\uD7FF\uFFFD\U0001FFFF\U0010FFFF"}, ""},
		{"empty value", valued("severity", ""), "SNS SQS"},
		{"a name of all characters", valued("a-Z_0.9", "v"), ""},
		{"a name with a space", valued("a b", "v"), "SNS SQS"},
		{"a long name", valued(strings.Repeat("n", 256), "v"), ""},
		{"too long a name", valued(strings.Repeat("n", 257), "v"), "SNS SQS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Run("SNS", func(t *testing.T) { same(t, c.lenient, c.m.CheckNotification(), e.publishRaw(t, c.m)) })
			t.Run("SQS", func(t *testing.T) { same(t, c.lenient, c.m.CheckMessage(), e.sendRaw(t, c.m, 0)) })
		})
	}
}

// The bounds that delays and visibility time-outs are clamped to are those of the service.
func TestServiceRefusesMoreThanTheBounds(t *testing.T) {
	e := newEngine(t, enginetest.Config(t, endpoint))
	t.Run("delay", func(t *testing.T) {
		for _, seconds := range []int32{0, 900, 901, -1} {
			var ours error
			if seconds != int32(bus.ClampDelay(time.Duration(seconds)*time.Second, bus.MaxDelay)/time.Second) {
				ours = errClamped
			}
			t.Run(fmt.Sprint(seconds), func(t *testing.T) {
				same(t, "SQS", ours, e.sendRaw(t, bus.Message{Body: "x"}, seconds))
			})
		}
	})
	t.Run("visibility", func(t *testing.T) {
		for seconds, ours := range map[int32]error{0: nil, 43200: nil, 43201: errClamped, -1: errClamped} {
			t.Run(fmt.Sprint(seconds), func(t *testing.T) { same(t, "SQS", ours, e.hideRaw(t, seconds)) })
		}
	})
}

var errClamped = errors.New("clamped")

// same asserts that we and the service refuse a message, or take it. Where the engine takes what AWS refuses, that is
// no proof, and said.
func same(t *testing.T, lenient string, ours, theirs error) {
	t.Helper()
	service := t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]
	switch {
	case (ours == nil) == (theirs == nil):
	case theirs == nil && (lenient == "SQS" || strings.Contains(lenient, service)):
		t.Skip("MiniStack takes what AWS refuses")
	default:
		assert.Fail(t, "not the same", "refused by us: %v; by the service: %.200v", ours, theirs)
	}
}

// hideRaw asks for a visibility time-out of a message that was received.
func (e *engine) hideRaw(t *testing.T, seconds int32) (err error) {
	require.NoError(t, e.sendRaw(t, bus.Message{Body: "x"}, 0))
	e.receive(t, queued, 1, 10*time.Second, func(d envelope.Delivery) error {
		_, err = e.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(e.names.Queues[queued]), ReceiptHandle: &d.ReceiptHandle, VisibilityTimeout: seconds,
		})
		return nil
	})
	return err
}

func (e *engine) publishRaw(t *testing.T, m bus.Message) error {
	in := &sns.PublishInput{
		TopicArn: aws.String(e.names.Topics[bustest.Topic]), Message: &m.Body,
		MessageAttributes: map[string]snstypes.MessageAttributeValue{},
	}
	for _, a := range m.Attributes {
		in.MessageAttributes[a.Name] = snstypes.MessageAttributeValue{DataType: aws.String(a.DataType()), StringValue: aws.String(a.Text())}
	}
	_, err := e.sns.Publish(t.Context(), in)
	return err
}

func (e *engine) sendRaw(t *testing.T, m bus.Message, delay int32) error {
	in := &sqs.SendMessageInput{
		QueueUrl: aws.String(e.names.Queues[queued]), MessageBody: &m.Body, DelaySeconds: delay,
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{},
	}
	for _, a := range m.Attributes {
		in.MessageAttributes[a.Name] = sqstypes.MessageAttributeValue{DataType: aws.String(a.DataType()), StringValue: aws.String(a.Text())}
	}
	_, err := e.sqs.SendMessage(t.Context(), in)
	return err
}
