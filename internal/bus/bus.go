// Package bus is the port to topics and queues.
//
// in → out: a message → the topic or queue with a name. The drivers are membus and awsbus; bustest is the
// conformance suite that both pass. [Outbox] puts the typed messages of the stages on a Bus.
package bus

import (
	"context"
	"time"
)

// Topics and queues, by the names of their resources.
const (
	AlertNotification  = "AlertNotification"
	TaskNotification   = "TaskNotification"
	ReportNotification = "ReportNotification"

	AlertQueue      = "AlertQueue"
	InspectionQueue = "InspectionQueue"
	SubmissionQueue = "SubmissionQueue"
	ReviewQueue     = "ReviewQueue"
)

// Limits of the services.
const (
	MaxNotification = 256 << 10 // SNS: body and attributes, in bytes
	MaxMessage      = 1 << 20   // SQS: body and attributes, in bytes
	MaxDelay        = 900 * time.Second
)

// Message is a body and its attributes. An attribute whose value is a JSON list of strings is a
// String.Array on SNS.
type Message struct {
	Body       string
	Attributes []Attribute
}

// Attribute is a message attribute: a String, or a String.Array where List is not nil.
type Attribute struct {
	Name  string
	Value string
	List  []string
}

// Bus delivers each accepted message at least once, in any order. An error means that the message may or may
// not have been accepted.
type Bus interface {
	// Publish sends a message to a topic; a message over MaxNotification is refused with a permanent error.
	Publish(ctx context.Context, topic string, m Message) error
	// Send sends a message to a queue, to be delivered after the delay, which is clamped to 0 … MaxDelay; a message
	// over MaxMessage is refused with a permanent error.
	Send(ctx context.Context, queue string, m Message, delay time.Duration) error
}
