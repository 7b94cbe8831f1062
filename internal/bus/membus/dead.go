package membus

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/m-mizutani/AlertResponder/internal/bus"
)

// DeadLetter is a message that was received too often.
type DeadLetter struct {
	Queue  string // the name of the queue that gave it up
	ID     string
	Body   string
	Reason string // of its last failure
}

// DeadLetters are those of all queues, in the order in which the queues were added.
func (b *Bus) DeadLetters() []DeadLetter {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []DeadLetter
	for _, q := range b.ordered {
		for _, m := range q.dead {
			list = append(list, DeadLetter{q.name, m.id, m.body, m.reason})
		}
	}
	return list
}

// The attributes by which a redriven message stays the same one.
const (
	deliveryID = "delivery_id" // the id of the first message
	firstSent  = "first_sent"  // when it was sent, in epoch milliseconds
)

// Redrive sends the dead letters of a queue to it again, and says how many. Body and attributes stay;
// delivery_id and first_sent are set where they are missing.
func (b *Bus) Redrive(queue string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[nameOf(queue)]
	if q == nil {
		return 0, fmt.Errorf("redrive of queue %s: there is none", queue)
	}
	dead := q.dead
	q.dead = nil
	now := b.Now()
	for _, m := range dead {
		b.push(q, &message{body: m.body, attrs: redriven(m), sent: now, due: now})
	}
	return len(dead), nil
}

// redriven is the attributes of a redriven message, as many of them as a queue takes.
func redriven(m *message) map[string]string {
	attrs := map[string]string{}
	maps.Copy(attrs, m.attrs)
	for _, a := range []bus.Attribute{
		{Name: deliveryID, Value: m.id},
		{Name: firstSent, Value: strconv.FormatInt(m.sent.UnixMilli(), 10)},
	} {
		if _, ok := attrs[a.Name]; !ok && len(attrs) < bus.MaxAttributes {
			attrs[a.Name] = a.Value
		}
	}
	return attrs
}
