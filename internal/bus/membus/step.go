package membus

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// maxReason bounds the reason of a failure, in bytes.
const maxReason = 1 << 10

// maxPayload bounds the bodies of a batch together, in bytes: an event that Lambda is invoked with has 6 MB at
// most, and a body grows in it.
const maxPayload = 4 << 20

// Step delivers one batch of one queue, and says whether there was one. Messages that were received too often
// become dead letters on the way. When the context has ended, nothing is delivered.
func (b *Bus) Step(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	q, batch := b.receive()
	if q == nil {
		return false
	}
	failed, reason := b.invoke(ctx, q, batch)
	b.settle(q, batch, failed, reason)
	return true
}

// receive takes what is due from the next queue that has something.
func (b *Bus) receive() (*queue, []envelope.Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Now()
	for i, q := range b.inTurn() {
		if batch := b.batch(q, now); len(batch) > 0 {
			b.turn = (b.turn + i + 1) % len(b.mapped)
			return q, batch
		}
	}
	return nil, nil
}

func (b *Bus) batch(q *queue, now time.Time) (batch []envelope.Delivery) {
	size, bytes := 0, 0
	for q.isDue(now) {
		m := q.messages[0]
		if q.MaxReceive > 0 && m.receives >= q.MaxReceive {
			b.remove(q, m)
			q.dead = append(q.dead, m)
			continue
		}
		if size == 0 {
			size = b.size(q)
		}
		if bytes += len(m.body); len(batch) == size || len(batch) > 0 && bytes > maxPayload {
			break
		}
		b.hand(q, m, now)
		batch = append(batch, q.delivery(m))
	}
	return batch
}

// hand gives a message a receipt, and hides it.
func (b *Bus) hand(q *queue, m *message, now time.Time) {
	delete(q.received, m.handle)
	b.serial++
	m.handle = "receipt-" + strconv.Itoa(b.serial)
	m.receives++
	q.received[m.handle] = m
	q.hide(m, now.Add(q.Visibility))
}

func (b *Bus) remove(q *queue, m *message) {
	q.remove(m)
	b.pending--
}

// invoke calls the handler, and says which messages of the batch failed (nil: none), and why. A panic is a
// crash of the function.
func (b *Bus) invoke(ctx context.Context, q *queue, batch []envelope.Delivery) (failed map[string]bool, reason string) {
	defer func() {
		if r := recover(); r != nil {
			failed, reason = idsOf(batch), fmt.Sprintf("panic: %v", r)
		}
	}()
	if b.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, b.Timeout)
		defer cancel()
	}
	answer, err := q.handler.Invoke(ctx, envelope.SQSEvent(batch...))
	if err != nil {
		return idsOf(batch), err.Error()
	}
	return failures(batch, answer)
}

// failures reads an answer as an event source mapping does: what makes no sense is a failure of the whole batch.
func failures(batch []envelope.Delivery, answer []byte) (map[string]bool, string) {
	ids, err := envelope.ReadFailures(answer)
	if err != nil {
		return idsOf(batch), err.Error()
	}
	all := idsOf(batch)
	failed := map[string]bool{}
	for _, id := range ids {
		if !all[id] {
			return all, fmt.Sprintf("answer: itemIdentifier %.80q is none of the batch", id)
		}
		failed[id] = true
	}
	return failed, "the handler said so in batchItemFailures"
}

func idsOf(batch []envelope.Delivery) map[string]bool {
	ids := make(map[string]bool, len(batch))
	for _, d := range batch {
		ids[d.ID] = true
	}
	return ids
}

// settle forgets the messages that are done. The others come back when they are due, unless somebody else has
// received them since.
func (b *Bus) settle(q *queue, batch []envelope.Delivery, failed map[string]bool, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range batch {
		m := q.received[d.ReceiptHandle]
		switch {
		case m == nil:
		case failed[d.ID]:
			m.reason = entity.Cut(reason, maxReason)
		case !b.forgets(q, m):
			b.remove(q, m)
		}
	}
}
