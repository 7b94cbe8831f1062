package redrive

import (
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// The attributes by which a redriven message stays the same one. Package ingest reads them.
const (
	deliveryID = "delivery_id" // the id of the first message
	firstSent  = "first_sent"  // when it was sent, in epoch milliseconds
)

// letter is a dead letter, and how it goes back.
type letter struct {
	id, handle string
	source     string // the ARN of the queue that gave it up; empty where SNS could not deliver it
	sent       time.Time
	message    types.Message
	// read is the message as a function gets it.
	read envelope.Delivery
	// attributes are those that it goes back with.
	attributes map[string]types.MessageAttributeValue
	size       int
	// nameless says that there was no room for delivery_id, timeless the same of first_sent, and nothing else says it.
	nameless, timeless bool
}

func newLetter(m types.Message) letter {
	l := letter{
		id: aws.ToString(m.MessageId), handle: aws.ToString(m.ReceiptHandle), message: m,
		source: m.Attributes[string(types.MessageSystemAttributeNameDeadLetterQueueSourceArn)],
	}
	if ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil && ms > 0 {
		l.sent = time.UnixMilli(ms).UTC()
	}
	l.read = read(l)
	l.address()
	return l
}

// read is the letter as the function would get it, by the code that reads it there.
func read(l letter) envelope.Delivery {
	attrs := map[string]string{}
	for name, a := range l.message.MessageAttributes {
		if a.StringValue != nil {
			attrs[name] = *a.StringValue
		}
	}
	ds, err := envelope.Read(envelope.SQSEvent(envelope.Delivery{
		ID: l.id, Body: aws.ToString(l.message.Body), Attributes: attrs, SentAt: l.sent,
	}))
	if err != nil || len(ds) != 1 {
		return envelope.Delivery{ID: l.id, Body: aws.ToString(l.message.Body), Err: err}
	}
	return ds[0]
}

// address sets delivery_id and first_sent where they are missing and there is room: SQS takes ten attributes, and 1 MiB
// with them. The id goes first. An SNS envelope says both already, and a queue's own attributes go before what it says.
func (l *letter) address() {
	l.attributes = maps.Clone(l.message.MessageAttributes)
	l.size = len(aws.ToString(l.message.Body))
	for name, a := range l.attributes {
		l.size += sizeOf(name, a)
	}
	if !l.set(deliveryID, l.id) {
		l.nameless = l.read.NotificationID == ""
	}
	if first := l.first(); !first.IsZero() && !l.set(firstSent, strconv.FormatInt(first.UnixMilli(), 10)) {
		l.timeless = l.read.NotifiedAt.IsZero()
	}
}

// first is when the message was first sent. What SNS could not deliver was published before it got here.
func (l *letter) first() time.Time {
	if n := l.read.NotifiedAt; !n.IsZero() && (l.sent.IsZero() || n.Before(l.sent)) {
		return n
	}
	return l.sent
}

// set sets an attribute that is missing, and says whether it is there now.
func (l *letter) set(name, value string) bool {
	if _, ok := l.attributes[name]; ok {
		return true
	}
	if l.read.Attributes[name] != "" { // in the envelope, where its sender put it
		return true
	}
	a := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	if value == "" || len(l.attributes) >= bus.MaxAttributes || l.size+sizeOf(name, a) > bus.MaxMessage {
		return false
	}
	if l.attributes == nil {
		l.attributes = map[string]types.MessageAttributeValue{}
	}
	l.attributes[name] = a
	l.size += sizeOf(name, a)
	return true
}

// name is the letter's delivery id, by which it would come again.
func (l *letter) name() string { return aws.ToString(l.attributes[deliveryID].StringValue) }

// sizeOf is what SQS counts of an attribute.
func sizeOf(name string, a types.MessageAttributeValue) int {
	return len(name) + len(aws.ToString(a.DataType)) + len(aws.ToString(a.StringValue)) + len(a.BinaryValue)
}

// entry is the letter in a batch. What else SQS keeps with a message goes with it: its trace, and the tenant of a fair
// queue.
func (l *letter) entry(id string) types.SendMessageBatchRequestEntry {
	e := types.SendMessageBatchRequestEntry{Id: &id, MessageBody: l.message.Body, MessageAttributes: l.attributes}
	if trace := l.message.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]; trace != "" {
		e.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &trace},
		}
	}
	if group := l.message.Attributes[string(types.MessageSystemAttributeNameMessageGroupId)]; group != "" {
		e.MessageGroupId = &group
	}
	return e
}

// batchSize is how many messages SQS takes or gives in one call.
const batchSize = 10

// pack makes batches of letters: ten at most, and 1 MiB in all.
func pack(letters []letter) (batches [][]letter) {
	size := 0
	for _, l := range letters {
		n := len(batches)
		if n == 0 || len(batches[n-1]) == batchSize || size+l.size > bus.MaxMessage {
			batches, size = append(batches, nil), 0
			n++
		}
		batches[n-1] = append(batches[n-1], l)
		size += l.size
	}
	return batches
}
