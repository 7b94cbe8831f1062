// Package membus is the driver of the bus for one process, and the engine that delivers: what SNS, SQS and
// Lambda's event source mappings do, in memory and on a clock that may stand still.
//
// in → out: a message that is published or sent → the SQS event of a batch, handed to the handler of its
// queue; again after a failure; at last among the dead letters.
package membus

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/clock"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

// Options of a bus. The zero value works.
type Options struct {
	Now clock.Clock // nil: time.Now
	// Rude makes the bus as bad as the services may be: it repeats, reorders and delays messages, all decided by
	// this source alone. Nil: each message once, in the order in which they become due.
	Rude *rand.Rand
	// Timeout is how long the context of a handler lasts, as that of a function does; 0: it has no deadline.
	Timeout time.Duration
}

// QueueConfig is what a queue does with messages that are not done.
type QueueConfig struct {
	Visibility time.Duration // how long a message that was received is hidden; 30 s if zero
	MaxReceive int           // how often a message is received before it is a dead letter; 0: no limit
}

// Bus implements bus.Bus and host.Postponer. Nothing is delivered but by Step. It may be used by several
// goroutines at once; how topics and queues are wired must be said before.
type Bus struct {
	Options
	mu      sync.Mutex
	topics  map[string]*topic
	queues  map[string]*queue
	ordered []*queue // as they were added
	mapped  []*queue // as they were mapped
	turn    int      // whose turn it is among the mapped ones
	serial  int      // of messages, notifications and receipts
	pending int
}

type topic struct{ subscriptions []subscription }

type subscription struct {
	queue *queue
	raw   bool
	types map[string]bool // nil: all messages
}

const defaultVisibility = 30 * time.Second

// New makes a bus without topics and queues. Inside Lambda it is an error: what is kept in memory there is lost.
func New(o Options) (*Bus, error) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return nil, errors.New("bus: the memory driver does not run inside Lambda (AWS_LAMBDA_RUNTIME_API is set)")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Bus{Options: o, topics: map[string]*topic{}, queues: map[string]*queue{}}, nil
}

// AddTopic makes a topic. The name must be new.
func (b *Bus) AddTopic(name string) {
	if b.topics[name] != nil {
		panic(fmt.Sprintf("membus: topic %s: there is one", name))
	}
	b.topics[name] = &topic{}
}

// AddQueue makes a queue with its dead letters. The name must be new.
func (b *Bus) AddQueue(name string, c QueueConfig) {
	if b.queues[name] != nil {
		panic(fmt.Sprintf("membus: queue %s: there is one", name))
	}
	c.Visibility = cmp.Or(c.Visibility, defaultVisibility)
	q := &queue{QueueConfig: c, name: name, arn: QueueARN(name), received: map[string]*message{}}
	b.queues[name] = q
	b.ordered = append(b.ordered, q)
}

// Subscribe lets a queue have the messages of a topic: those with one of the types in their attribute types, or
// all if there are none. As in an SNS filter policy, "*" is a type like others; messages that are for everybody
// have it. With raw the queue gets body and attributes, but no message with more than 10 of them; otherwise the
// SNS envelope around both.
func (b *Bus) Subscribe(topic, queue string, raw bool, types []string) {
	s := subscription{queue: b.mustQueue(queue), raw: raw}
	for _, t := range types {
		if s.types == nil {
			s.types = map[string]bool{}
		}
		s.types[t] = true
	}
	t := b.topics[topic]
	if t == nil {
		panic(fmt.Sprintf("membus: topic %s: there is none", topic))
	}
	t.subscriptions = append(t.subscriptions, s)
}

// Map lets a handler have the messages of a queue, in batches of so many at most: an event source mapping with
// ReportBatchItemFailures. A queue has one handler.
func (b *Bus) Map(queue string, h host.Handler, batch int) {
	q := b.mustQueue(queue)
	if q.handler != nil || h == nil {
		panic(fmt.Sprintf("membus: queue %s: expected one handler", queue))
	}
	q.handler, q.batch = h, max(batch, 1)
	b.mapped = append(b.mapped, q)
}

func (b *Bus) mustQueue(name string) *queue {
	q := b.queues[name]
	if q == nil {
		panic(fmt.Sprintf("membus: queue %s: there is none", name))
	}
	return q
}

// QueueARN is the ARN of a queue.
func QueueARN(name string) string { return "arn:aws:sqs:local:000000000000:" + name }

// TopicARN is the ARN of a topic.
func TopicARN(name string) string { return "arn:aws:sns:local:000000000000:" + name }

// nameOf is the name in an ARN, or the name itself.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
