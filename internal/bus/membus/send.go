package membus

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// typesAttribute is the message attribute that subscriptions filter by.
const typesAttribute = "types"

// Publish implements bus.Bus. The topic is a name or an ARN.
func (b *Bus) Publish(ctx context.Context, topic string, m bus.Message) error {
	err := ctx.Err()
	if err == nil {
		err = m.CheckNotification()
	}
	if err != nil {
		return fmt.Errorf("publish to topic %s: %w", topic, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[nameOf(topic)]
	if t == nil {
		return fmt.Errorf("publish to topic %s: there is none", topic)
	}
	b.notify(TopicARN(nameOf(topic)), t, m)
	return nil
}

// notify gives the queues of a topic what they subscribed to.
func (b *Bus) notify(arn string, t *topic, m bus.Message) {
	now, id, attrs := b.Now(), b.id("b000"), attributesOf(m)
	wrapped := ""
	for _, s := range t.subscriptions {
		switch {
		case !s.takes(m), s.raw && len(attrs) > bus.MaxAttributes:
		case s.raw:
			b.push(s.queue, &message{body: m.Body, attrs: attrs, sent: now, due: now})
		default:
			if wrapped == "" {
				wrapped = envelope.Wrap(arn, id, "", m.Body, attrs, now)
			}
			b.push(s.queue, &message{body: wrapped, sent: now, due: now})
		}
	}
}

func (s subscription) takes(m bus.Message) bool {
	if s.types == nil {
		return true
	}
	for _, a := range m.Attributes {
		if a.Name != typesAttribute {
			continue
		}
		if a.List == nil {
			return s.types[a.Value]
		}
		for _, t := range a.List {
			if s.types[t] {
				return true
			}
		}
	}
	return false
}

// Send implements bus.Bus. The queue is a name or an ARN.
func (b *Bus) Send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	err := ctx.Err()
	if err == nil {
		err = m.CheckMessage()
	}
	if err != nil {
		return fmt.Errorf("send to queue %s: %w", queue, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[nameOf(queue)]
	if q == nil {
		return fmt.Errorf("send to queue %s: there is none", queue)
	}
	now := b.Now()
	b.push(q, &message{
		body: m.Body, attrs: attributesOf(m), sent: now, due: now.Add(bus.ClampDelay(delay, bus.MaxDelay)),
	})
	return nil
}

func attributesOf(m bus.Message) map[string]string {
	if len(m.Attributes) == 0 {
		return nil
	}
	attrs := make(map[string]string, len(m.Attributes))
	for _, a := range m.Attributes {
		attrs[a.Name] = a.Text()
	}
	return attrs
}

// push puts a message into a queue, with an id of its own.
func (b *Bus) push(q *queue, m *message) {
	m.id = b.id("a000")
	m.order = b.serial
	for _, each := range b.asRude(m) {
		heap.Push(q, each)
		b.pending++
	}
}

// id makes an id that looks like those of the services; kind tells messages and notifications apart.
func (b *Bus) id(kind string) string {
	b.serial++
	return fmt.Sprintf("00000000-0000-4000-%s-%012x", kind, b.serial)
}
