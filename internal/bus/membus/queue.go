package membus

import (
	"container/heap"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

// queue holds messages in a heap, the one that is due next on top. A message that was received stays there,
// due when it becomes visible again, until it is done.
type queue struct {
	QueueConfig
	name, arn string
	messages  []*message
	received  map[string]*message // by their last receipt handle
	dead      []*message

	handler host.Handler
	batch   int
}

type message struct {
	id, body string
	attrs    map[string]string
	sent     time.Time
	due      time.Time
	order    int // among those that are due at the same time
	at       int // index in the heap
	receives int
	handle   string // of the last receipt
	reason   string // of the last failure
}

// Len implements heap.Interface.
func (q *queue) Len() int { return len(q.messages) }

// Less implements heap.Interface.
func (q *queue) Less(i, j int) bool {
	a, b := q.messages[i], q.messages[j]
	if c := a.due.Compare(b.due); c != 0 {
		return c < 0
	}
	return a.order < b.order
}

// Swap implements heap.Interface.
func (q *queue) Swap(i, j int) {
	q.messages[i], q.messages[j] = q.messages[j], q.messages[i]
	q.messages[i].at, q.messages[j].at = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(m any) {
	m.(*message).at = len(q.messages)
	q.messages = append(q.messages, m.(*message))
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(q.messages) - 1
	m := q.messages[last]
	q.messages[last] = nil
	q.messages = q.messages[:last]
	return m
}

// isDue says whether a message can be received.
func (q *queue) isDue(now time.Time) bool {
	return len(q.messages) > 0 && !q.messages[0].due.After(now)
}

// hide makes a message wait until a time.
func (q *queue) hide(m *message, until time.Time) {
	m.due = until
	heap.Fix(q, m.at)
}

// remove takes a message out.
func (q *queue) remove(m *message) {
	heap.Remove(q, m.at)
	delete(q.received, m.handle)
	m.handle = ""
}

// delivery is a message as it was received.
func (q *queue) delivery(m *message) envelope.Delivery {
	return envelope.Delivery{
		ID: m.id, ReceiptHandle: m.handle, QueueARN: q.arn, Body: m.body, Attributes: m.attrs,
		SentAt: m.sent, ReceiveCount: m.receives,
	}
}
