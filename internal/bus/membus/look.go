package membus

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
)

// maxVisibility is how long SQS hides a message at most.
const maxVisibility = 12 * time.Hour

// Postpone implements host.Postponer: a message that was received becomes visible after d, 12 hours at most.
// The handle must be that of the last receipt, and the message neither done nor visible again.
func (b *Bus) Postpone(ctx context.Context, queueARN, receiptHandle string, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("postpone in queue %s: %w", queueARN, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[nameOf(queueARN)]
	if q == nil {
		return fmt.Errorf("postpone in queue %s: there is none", queueARN)
	}
	m, now := q.received[receiptHandle], b.Now()
	if m == nil || !m.due.After(now) {
		return fmt.Errorf("postpone in queue %s: receipt handle %.80q is of no message in flight", queueARN, receiptHandle)
	}
	q.hide(m, now.Add(bus.ClampDelay(d, maxVisibility)))
	return nil
}

// NextDue is the time at which something of a queue with a handler can be delivered next, or could have been;
// false if nothing waits.
func (b *Bus) NextDue() (next time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, q := range b.mapped {
		if len(q.messages) > 0 && (!ok || q.messages[0].due.Before(next)) {
			next, ok = q.messages[0].due, true
		}
	}
	return next, ok
}

// Pending is how many messages wait or are being handled, in all queues, with the repetitions of a rude bus.
func (b *Bus) Pending() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pending
}

// Peek returns the bodies of a queue's messages, waiting or being handled, in the order in which they are due;
// nothing for an unknown queue.
func (b *Bus) Peek(queue string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[nameOf(queue)]
	if q == nil {
		return nil
	}
	list := slices.SortedFunc(slices.Values(q.messages), func(m, n *message) int {
		if c := m.due.Compare(n.due); c != 0 {
			return c
		}
		return m.order - n.order
	})
	bodies := make([]string, len(list))
	for i, m := range list {
		bodies[i] = m.body
	}
	return bodies
}
