// Package redrivetest is Amazon SQS in memory, as far as redriving calls it: as strict as the service, and as rude as a
// test wants.
//
// in → out: calls of SQS, and what is to go wrong with each → answers, and queues to look into.
package redrivetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// Message is a message in a queue.
type Message struct {
	ID         string
	Body       string
	Attributes map[string]types.MessageAttributeValue
	System     map[string]string // SentTimestamp and others
	Visible    time.Time
	Receives   int
	handle     string
}

// Queue is a queue, and what was in it.
type Queue struct {
	Name     string
	Messages []*Message
	Deleted  []*Message
}

// Fault is what goes wrong with a call, or with an entry of a batch.
type Fault int

// The faults.
const (
	None    Fault = iota
	Refused       // nothing is done, for good
	Busy          // nothing is done, there were too many calls
	Lost          // it is done, and the answer does not say so
	Silent        // nothing is done, and the answer does not say so
	Repeat        // a message is given that is hidden, or one twice
	Empty         // no message is given though there are some
)

// SQS is the service. It is not for several goroutines at once.
type SQS struct {
	Queues map[string]*Queue // by URL
	// Call and Entry say what goes wrong with a call, and with an entry of a batch; nil is for nothing.
	Call  func(name string) Fault
	Entry func(name, body string) Fault
	// Before is called before each call.
	Before func(name string)
	// Sent is called with each message that is sent.
	Sent func(url string, m *Message)
	// Calls are how many there were of a name; Bytes the largest batch that was sent.
	Calls map[string]int
	Bytes int
	// Picky refuses to delete by a handle of what is gone, as some engines do.
	Picky bool
	// Denied are errors by the names of calls.
	Denied map[string]error

	ids int
}

// New makes a service with queues of these URLs.
func New(urls ...string) *SQS {
	s := &SQS{Queues: map[string]*Queue{}, Calls: map[string]int{}, Denied: map[string]error{}}
	for _, url := range urls {
		s.Queues[url] = &Queue{Name: url}
	}
	return s
}

// Add puts a message into a queue that was sent at a time, and gives it.
func (s *SQS) Add(url, body string, sent time.Time) *Message {
	s.ids++
	m := &Message{ID: fmt.Sprintf("message-%d", s.ids), Body: body, System: map[string]string{}, Visible: sent}
	if !sent.IsZero() {
		m.System["SentTimestamp"] = strconv.FormatInt(sent.UnixMilli(), 10)
	}
	s.Queues[url].Messages = append(s.Queues[url].Messages, m)
	return m
}

// Has says whether a queue has a message of this id.
func (q *Queue) Has(id string) bool {
	return slices.ContainsFunc(q.Messages, func(m *Message) bool { return m.ID == id })
}

// Waiting is how many messages of a queue can be received.
func (q *Queue) Waiting() (n int) {
	for _, m := range q.Messages {
		if !m.Visible.After(time.Now()) {
			n++
		}
	}
	return n
}

var errLost = errors.New("the connection broke off")

func apiError(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: "says the test", Fault: smithy.FaultClient}
}

// call notes a call and says what goes wrong with it: an error before anything is done, or after it.
func (s *SQS) call(ctx context.Context, name, url string) (q *Queue, f Fault, err error) {
	s.Calls[name]++
	if s.Before != nil {
		s.Before(name)
	}
	if err := ctx.Err(); err != nil {
		return nil, None, err
	}
	if err := s.Denied[name]; err != nil {
		return nil, None, err
	}
	if q = s.Queues[url]; q == nil {
		return nil, None, apiError("AWS.SimpleQueueService.NonExistentQueue")
	}
	if s.Call != nil {
		f = s.Call(name)
	}
	switch f {
	case Refused:
		err = apiError("AccessDenied")
	case Busy:
		err = apiError("RequestThrottled")
	case Silent:
		err = errLost
	}
	return q, f, err
}

// ReceiveMessage gives messages that can be received; the newest first, since nothing promises an order.
func (s *SQS) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	q, f, err := s.call(ctx, "ReceiveMessage", *in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if n := in.MaxNumberOfMessages; n < 1 || n > 10 || in.VisibilityTimeout < 1 || in.WaitTimeSeconds < 1 {
		return nil, apiError("InvalidParameterValue")
	}
	out := &sqs.ReceiveMessageOutput{}
	for _, m := range slices.Backward(q.Messages) {
		hidden := m.Visible.After(time.Now())
		if hidden && f != Repeat || f == Empty || len(out.Messages) == int(in.MaxNumberOfMessages) {
			continue
		}
		out.Messages = append(out.Messages, s.given(m, in))
		if f == Repeat && len(out.Messages) < int(in.MaxNumberOfMessages) {
			out.Messages = append(out.Messages, s.given(m, in))
		}
	}
	if f == Lost {
		return nil, errLost
	}
	return out, nil
}

func (s *SQS) given(m *Message, in *sqs.ReceiveMessageInput) types.Message {
	s.ids++
	m.handle, m.Receives = fmt.Sprintf("handle-%d of %s", s.ids, m.ID), m.Receives+1
	m.Visible = time.Now().Add(time.Duration(in.VisibilityTimeout) * time.Second)
	given := types.Message{MessageId: aws.String(m.ID), ReceiptHandle: aws.String(m.handle), Body: aws.String(m.Body)}
	if slices.Contains(in.MessageAttributeNames, "All") {
		given.MessageAttributes = m.Attributes
	}
	if slices.Contains(in.MessageSystemAttributeNames, types.MessageSystemAttributeNameAll) {
		given.Attributes = m.System
	}
	return given
}

// byHandle is the message that was received with a handle.
func (q *Queue) byHandle(handle *string) int {
	return slices.IndexFunc(q.Messages, func(m *Message) bool { return m.handle == aws.ToString(handle) })
}
