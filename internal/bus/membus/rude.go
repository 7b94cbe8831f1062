package membus

import (
	"slices"
	"time"
)

// Being rude is what standard queues may do, more often than they do it: order is not kept, and each message
// is delivered at least once.

// asRude is what a queue makes of a message: one or two of the same id, each late and out of order.
func (b *Bus) asRude(m *message) []*message {
	if b.Rude == nil {
		return []*message{m}
	}
	list := []*message{m}
	for b.oneIn(4) && len(list) < 3 {
		again := *m
		list = append(list, &again)
	}
	for _, each := range list {
		each.order = b.Rude.Int()
		if b.oneIn(4) {
			each.due = each.due.Add(b.late())
		}
	}
	return list
}

// late is some time, rather short: below a second, or two, or four… up to nine minutes.
func (b *Bus) late() time.Duration {
	return time.Duration(b.Rude.Int64N(int64(time.Second) << b.Rude.IntN(10)))
}

// forgets says whether the deletion of a message that is done gets lost, so that it comes back.
func (b *Bus) forgets(q *queue, m *message) bool {
	return b.Rude != nil && m.receives < 3 && (q.MaxReceive == 0 || m.receives < q.MaxReceive-1) && b.oneIn(16)
}

// size is how many messages a batch has at most.
func (b *Bus) size(q *queue) int {
	if b.Rude == nil {
		return q.batch
	}
	return 1 + b.Rude.IntN(q.batch)
}

// inTurn are the queues with a handler, in the order in which they are asked.
func (b *Bus) inTurn() []*queue {
	if b.Rude != nil {
		list := slices.Clone(b.mapped)
		b.Rude.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list
	}
	return append(b.mapped[b.turn:len(b.mapped):len(b.mapped)], b.mapped[:b.turn]...)
}

func (b *Bus) oneIn(n int) bool { return b.Rude.IntN(n) == 0 }
