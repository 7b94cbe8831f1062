package awsbus_test

import (
	"context"
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
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var (
	_ bus.Bus    = (*awsbus.Bus)(nil)
	_ awsbus.SNS = (*sns.Client)(nil)
	_ awsbus.SQS = (*sqs.Client)(nil)
)

// service notes the calls, and answers each with the same error.
type service struct {
	calls []any
	err   error
}

func (s *service) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	s.calls = append(s.calls, in)
	return &sns.PublishOutput{}, s.err
}

func (s *service) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	s.calls = append(s.calls, in)
	return &sqs.SendMessageOutput{}, s.err
}

var names = awsbus.Names{
	Topics: map[string]string{
		bus.TaskNotification: "arn:aws:sns:eu-west-1:1:tasks", bus.ReportNotification: "arn:aws:sns:eu-west-1:1:reports",
	},
	Queues: map[string]string{
		bus.ReviewQueue: "https://q/1/reviews", bus.InspectionQueue: "https://q/1/tasks", bus.SubmissionQueue: "https://q/1/pages",
	},
}

func TestOneCallPerMethod(t *testing.T) {
	s := &service{}
	o := bus.Outbox{Bus: awsbus.New(s, s, names)}
	task := responder.TaskMessage{ReportID: "r", Origin: "0.a"}
	for i := range 64 {
		task.Attributes = append(task.Attributes, responder.Attribute{Type: fmt.Sprint("t", i), Value: "v"})
	}
	for name, call := range map[string]func() error{
		"Task":   func() error { return o.Task(t.Context(), task) },
		"Delay":  func() error { return o.Delay(t.Context(), task, time.Minute) },
		"Review": func() error { return o.Review(t.Context(), bus.ReviewMessage{ReportID: "r"}, 0) },
		"Report": func() error { return o.Report(t.Context(), responder.Report{ReportID: "r"}) },
		"Submit": func() error { return o.Submit(t.Context(), responder.Submission{ReportID: "r"}) },
	} {
		s.calls = nil
		require.NoError(t, call(), name)
		assert.Len(t, s.calls, 1, name)
	}
}

func TestPublishSays(t *testing.T) {
	s := &service{}
	b := awsbus.New(s, nil, names)
	require.NoError(t, b.Publish(t.Context(), bus.TaskNotification, bus.Message{Body: "x"}))
	require.NoError(t, b.Publish(t.Context(), bus.ReportNotification, bus.Message{Body: "y", Attributes: []bus.Attribute{
		{Name: "status", Value: "new"}, {Name: "types", List: []string{"*", `a"`}},
	}}))
	assert.Equal(t, []any{
		&sns.PublishInput{TopicArn: aws.String("arn:aws:sns:eu-west-1:1:tasks"), Message: aws.String("x")},
		&sns.PublishInput{
			TopicArn: aws.String("arn:aws:sns:eu-west-1:1:reports"), Message: aws.String("y"),
			MessageAttributes: map[string]snstypes.MessageAttributeValue{
				"status": {DataType: aws.String("String"), StringValue: aws.String("new")},
				"types":  {DataType: aws.String("String.Array"), StringValue: aws.String(`["*","a\""]`)},
			},
		},
	}, s.calls)
}

func TestSendSays(t *testing.T) {
	for delay, seconds := range map[time.Duration]int32{
		-time.Hour: 0, 0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 1500 * time.Millisecond: 2,
		900 * time.Second: 900, 900*time.Second + 1: 900, 1 << 62: 900,
	} {
		s := &service{}
		require.NoError(t, awsbus.New(nil, s, names).Send(t.Context(), bus.ReviewQueue, bus.Message{Body: "x"}, delay))
		assert.Equal(t, []any{&sqs.SendMessageInput{
			QueueUrl: aws.String("https://q/1/reviews"), MessageBody: aws.String("x"), DelaySeconds: seconds,
		}}, s.calls, delay)
	}
	s := &service{}
	m := bus.Message{Body: "x", Attributes: []bus.Attribute{{Name: "delivery_id", Value: "d"}}}
	require.NoError(t, awsbus.New(nil, s, names).Send(t.Context(), bus.ReviewQueue, m, 0))
	assert.Equal(t, map[string]sqstypes.MessageAttributeValue{
		"delivery_id": {DataType: aws.String("String"), StringValue: aws.String("d")},
	}, s.calls[0].(*sqs.SendMessageInput).MessageAttributes)
}

func TestNoCallForWhatCannotBe(t *testing.T) {
	s := &service{}
	b := awsbus.New(s, s, names)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	large := bus.Message{Body: strings.Repeat("a", bus.MaxMessage+1)}
	assert.True(t, responder.IsPermanent(b.Publish(t.Context(), bus.TaskNotification, large)))
	assert.True(t, responder.IsPermanent(b.Send(t.Context(), bus.ReviewQueue, large, 0)))
	assert.ErrorContains(t, b.Publish(t.Context(), bus.AlertNotification, bus.Message{Body: "x"}), bus.AlertNotification)
	assert.ErrorContains(t, b.Send(t.Context(), bus.AlertQueue, bus.Message{Body: "x"}, 0), bus.AlertQueue)
	assert.ErrorIs(t, b.Publish(cancelled, bus.TaskNotification, bus.Message{Body: "x"}), context.Canceled)
	assert.ErrorIs(t, b.Send(cancelled, bus.ReviewQueue, bus.Message{Body: "x"}, 0), context.Canceled)
	assert.Empty(t, s.calls)
}

func TestErrors(t *testing.T) {
	code := func(code string, fault smithy.ErrorFault) error {
		return &smithy.OperationError{ServiceID: "S", OperationName: "O", Err: &smithy.GenericAPIError{Code: code, Fault: fault}}
	}
	for _, c := range []struct {
		err       error
		permanent bool
	}{
		{&snstypes.InvalidParameterException{}, true},
		{&snstypes.InvalidParameterValueException{}, true},
		{&sqstypes.InvalidMessageContents{}, true},
		{code("InvalidParameterValue", smithy.FaultClient), true},
		{&snstypes.ThrottledException{}, false},
		{&snstypes.InternalErrorException{}, false},
		{&snstypes.NotFoundException{}, false},
		{&snstypes.AuthorizationErrorException{}, false},
		{&sqstypes.QueueDoesNotExist{}, false},
		{&sqstypes.RequestThrottled{}, false},
		{code("ServiceUnavailable", smithy.FaultServer), false},
		{context.DeadlineExceeded, false},
		{errors.New("connection reset"), false},
	} {
		s := &service{err: c.err}
		b := awsbus.New(s, s, names)
		err := b.Publish(t.Context(), bus.TaskNotification, bus.Message{Body: "x"})
		assert.ErrorIs(t, err, c.err)
		assert.ErrorContains(t, err, bus.TaskNotification)
		assert.Equal(t, c.permanent, responder.IsPermanent(err), "%v", c.err)
		err = b.Send(t.Context(), bus.ReviewQueue, bus.Message{Body: "x"}, 0)
		assert.ErrorIs(t, err, c.err)
		assert.ErrorContains(t, err, bus.ReviewQueue)
		assert.Equal(t, c.permanent, responder.IsPermanent(err), "%v", c.err)
		assert.Len(t, s.calls, 2, "the driver does not try again by itself")
	}
}
