// Package envelope reads and writes the events that AWS Lambda hands to a function.
//
// in → out: the JSON of an SQS or SNS event → deliveries, each with its payload unwrapped; and back, for the
// in-memory bus.
package envelope

import "time"

// Delivery is one message as a function gets it.
type Delivery struct {
	// ID names the message within its batch: the SQS messageId, or the SNS MessageId of a direct invocation.
	ID            string
	ReceiptHandle string
	// QueueARN is the queue that the message came from, empty for a direct SNS invocation.
	QueueARN string
	// Body is the payload: the SNS Message where an SNS envelope was around it.
	Body string
	// Attributes are the message attributes of type String, Number and String.Array, of SNS or SQS.
	Attributes map[string]string
	// NotificationID, Topic (the ARN) and Subject are those of the SNS envelope, empty without one.
	NotificationID, Topic, Subject string
	// SentAt is the SQS SentTimestamp, or the SNS Timestamp.
	SentAt time.Time
	// NotifiedAt is the SNS Timestamp, zero without an SNS envelope.
	NotifiedAt time.Time
	// ReceiveCount is 1 for the first delivery; 0 where the event does not say.
	ReceiveCount int
	// Err says why the record could not be read; the rest is what could be.
	Err error
}
