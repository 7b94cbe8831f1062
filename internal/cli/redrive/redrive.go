// Package redrive puts the dead letters of a stack back into the queues that they come from.
//
// in → out: a stack's name → its queues of dead letters, and where each goes back to; such a queue → its messages, sent
// again with what names them (delivery_id, first_sent), then deleted.
//
// A message is deleted only after it was sent, so none is lost; one that could not be deleted comes twice, which the
// stages and plugins bear. SQS's own redrive gives a message another id and another time, and has no room for the first.
package redrive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Queue is a queue of dead letters.
type Queue struct {
	Name     string // its logical id in the stack; that of a queue elsewhere is its own name
	ARN, URL string
	Letters  int       // about how many wait in it
	Hidden   int       // about how many somebody has received at the moment
	Targets  []Target  // where its letters go back to
	AsOf     time.Time // what was sent after this second is left where it is
	// Outside says that it is not of the stack, so that others may use it too; Partial that part of the stack could not be
	// asked whether it does.
	Outside, Partial bool
	// Err is why it could not be asked. Then the rest may be missing, and it may be one of the stack's other queues, or a
	// subscription.
	Err error
}

// Target is a queue whose messages end as dead letters.
type Target struct {
	Name     string
	ARN, URL string
	// Undelivered says that these are what SNS could not deliver to the queue from a topic.
	Undelivered bool
	Topic       string // its ARN
}

// route is where a letter goes back to: into the queue that gave it up, which SQS notes; or, without such a note, into
// that of the subscription by which it would have come. A letter that may be somebody else's stays, or it would be lost
// to them.
func (q Queue) route(l letter) (Target, error) {
	if l.source != "" {
		for _, t := range q.Targets {
			if t.ARN == l.source && !t.Undelivered {
				return t, nil
			}
		}
		return Target{}, fmt.Errorf("it comes from %s, which is no queue of this stack", nameOf(l.source))
	}
	if q.Outside {
		return Target{}, errors.New("nothing says which queue it comes from, and others than this stack may use this queue of dead letters")
	}
	all, err := q.candidates(l.read.Topic)
	if err != nil {
		return Target{}, err
	}
	if len(all) != 1 {
		return Target{}, fmt.Errorf("nothing says which of %d queues it comes from", len(all))
	}
	if all[0].URL == "" {
		return Target{}, fmt.Errorf("it was for %s, which is no queue", nameOf(all[0].ARN))
	}
	return all[0], nil
}

// candidates are where a letter may come from of which SQS notes nothing. The envelope of SNS, if there is one, says from
// which topic.
func (q Queue) candidates(topic string) ([]Target, error) {
	undelivered := q.distinct(func(t Target) bool { return t.Undelivered && (topic == "" || t.Topic == topic) })
	switch {
	case topic != "" && len(undelivered) == 0:
		return nil, fmt.Errorf("it is of topic %s, and no subscription of this stack puts here what that could not deliver", nameOf(topic))
	case topic == "" && q.Partial:
		return nil, errors.New("nothing says which queue it comes from, and part of the stack could not be asked")
	case len(undelivered) > 0:
		return undelivered, nil
	}
	return q.distinct(func(Target) bool { return true }), nil
}

// distinct is one target of each ARN.
func (q Queue) distinct(wanted func(Target) bool) (list []Target) {
	seen := map[string]bool{}
	for _, t := range q.Targets {
		if wanted(t) && !seen[t.ARN] {
			seen[t.ARN] = true
			list = append(list, t)
		}
	}
	return list
}

// GoesTo are the names of the queues that letters go back to.
func (q Queue) GoesTo() []string {
	var names []string
	for _, t := range q.distinct(func(Target) bool { return true }) {
		names = append(names, t.Name)
	}
	return names
}

// Is says whether a person means this queue by a name: its own, or that of a queue whose dead letters it has.
func (q Queue) Is(name string) bool {
	if q.Name == name {
		return true
	}
	for _, t := range q.Targets {
		if t.Name == name {
			return true
		}
	}
	return false
}

// fifo queues have an order, which sending again would break.
func (q Queue) fifo() bool { return strings.HasSuffix(q.ARN, ".fifo") }

// nameOf is the name at the end of an ARN.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// SQS is what is called of Amazon SQS to move messages.
type SQS interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
	DeleteMessageBatch(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
}
