package bustest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func testRaw(t *testing.T, h Harness) {
	h.publish(t, `{"a": 1}`, text("status", "published"), text("severity", "urgent"), types("ipaddr", "*"))
	d := h.take(t, raw, 1)[0]
	assert.Equal(t, `{"a": 1}`, d.Body)
	assert.Equal(t, "published", d.Attributes["status"])
	assert.Equal(t, "urgent", d.Attributes["severity"])
	assert.JSONEq(t, `["ipaddr","*"]`, d.Attributes["types"])
	assert.Empty(t, d.Topic, "no envelope")
	h.silent(t, raw)
}

func testWrapped(t *testing.T, h Harness) {
	h.publish(t, "one", text("status", "new"), types("*"))
	h.publish(t, "two")
	ids := map[string]bool{}
	for _, d := range h.take(t, wrapped, 2) {
		assert.True(t, strings.HasSuffix(d.Topic, ":"+Topic) || strings.Contains(d.Topic, Topic+"-"), d.Topic)
		assert.NotEmpty(t, d.NotificationID)
		assert.NotEqual(t, d.ID, d.NotificationID)
		assert.False(t, d.NotifiedAt.IsZero())
		ids[d.NotificationID] = true
		if d.Body == "one" {
			assert.Equal(t, "new", d.Attributes["status"])
			assert.JSONEq(t, `["*"]`, d.Attributes["types"])
		} else {
			assert.Equal(t, "two", d.Body)
			assert.Empty(t, d.Attributes)
		}
	}
	assert.Len(t, ids, 2)
	h.silent(t, wrapped)
}

func testFilter(t *testing.T, h Harness) {
	h.publish(t, "address", types("*", "ipaddr", "username"))
	h.publish(t, "user", types("*", "username"))
	h.publish(t, "domain", types("domain"))
	h.publish(t, "as text", text("types", "domain"))
	h.publish(t, "nothing")
	h.publish(t, "other", text("kinds", "ipaddr"))
	h.holds(t, addresses, "address", "domain", "as text")
	h.holds(t, everything, "address", "user")
	h.holds(t, raw, "address", "user", "domain", "as text", "nothing", "other")
	h.silent(t, alone)
}

// Types come from alerts: whatever they are, the message is valid and the others in its list count.
func testFilterHostile(t *testing.T, h Harness) {
	odd := []string{`a"b`, `\`, "<&>", "é \U0001F600", "tab\tnul\x00", "\uFFFF", "]", " ipaddr"}
	h.publish(t, "odd", types(append([]string{"*", "domain"}, odd...)...))
	h.publish(t, "odd alone", types(odd...))
	h.holds(t, addresses, "odd")
	d := h.take(t, everything, 1)[0]
	var got []string
	require.NoError(t, json.Unmarshal([]byte(d.Attributes["types"]), &got))
	assert.Equal(t, append([]string{"*", "domain"}, odd...), got)
}

// As many attributes as SQS takes come with the message. One with more reaches queues without raw delivery.
func testManyAttributes(t *testing.T, h Harness) {
	h.publish(t, "ten", many(bus.MaxAttributes)...)
	d := h.take(t, raw, 1)[0]
	assert.Equal(t, "ten", d.Body)
	assert.Len(t, d.Attributes, bus.MaxAttributes)
	h.publish(t, "eleven", many(bus.MaxAttributes+1)...)
	h.holds(t, wrapped, "ten", "eleven")
}

// A message with more than ten attributes reaches no queue with raw delivery.
func testRawLimit(t *testing.T, h Harness) {
	h.publish(t, "eleven", many(bus.MaxAttributes+1)...)
	h.publish(t, "ten", many(bus.MaxAttributes)...)
	h.holds(t, raw, "ten")
}

func many(n int) (attrs []bus.Attribute) {
	for i := range n {
		attrs = append(attrs, text(fmt.Sprintf("a%d", i), "v"))
	}
	return attrs
}

func testSend(t *testing.T, h Harness) {
	h.send(t, "one", text("delivery_id", "x"), types("ipaddr"))
	h.send(t, "two")
	for _, d := range h.take(t, alone, 2) {
		if d.Body == "one" {
			assert.Equal(t, "x", d.Attributes["delivery_id"])
			assert.JSONEq(t, `["ipaddr"]`, d.Attributes["types"])
		} else {
			assert.Equal(t, "two", d.Body)
			assert.Empty(t, d.Attributes)
		}
		assert.Contains(t, d.QueueARN, alone)
	}
	h.silent(t, alone)
}

func testDelay(t *testing.T, h Harness) {
	require.NoError(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: "later"}, 2500*time.Millisecond)) // 3 s
	h.send(t, "now")
	assert.Equal(t, "now", h.take(t, alone, 1)[0].Body)
	h.silent(t, alone)
	assert.Equal(t, "later", h.take(t, alone, 1)[0].Body)
	h.silent(t, alone)
}

func testNoDelay(t *testing.T, h Harness) {
	require.NoError(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: "past"}, -time.Hour))
	h.holds(t, alone, "past")
	// Too long a delay is no error; how long it becomes is for the driver's own test.
	require.NoError(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: "far"}, 100*time.Hour))
	h.silent(t, alone)
}

// The longest delay is 15 minutes, whatever was asked for.
func testLongDelay(t *testing.T, h Harness) {
	require.NoError(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: "longest"}, bus.MaxDelay))
	require.NoError(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: "far"}, 100*time.Hour))
	require.Empty(t, h.Receive(t, alone, 1, bus.MaxDelay-time.Second, done))
	h.holds(t, alone, "longest", "far")
}

// Of a batch the messages come back that failed, as they were, and no others.
func testBatch(t *testing.T, h Harness) {
	for n := range 10 {
		h.send(t, fmt.Sprint(n), text("n", fmt.Sprint(n)))
	}
	fails := func(d envelope.Delivery) bool { return d.ReceiveCount == 1 && strings.Contains("13579", d.Body) }
	var first, again []envelope.Delivery
	for end := 0; len(first)+len(again) < 15 && end < 30; end++ {
		h.Batch(t, alone, 2*Visibility, func(ds []envelope.Delivery) []error {
			errs := make([]error, len(ds))
			for i, d := range ds {
				if d.ReceiveCount > 1 {
					again = append(again, d)
				} else {
					first = append(first, d)
				}
				if fails(d) {
					errs[i] = errNotDone
				}
			}
			return errs
		})
	}
	require.Len(t, first, 10)
	require.Len(t, again, 5)
	was := map[string]envelope.Delivery{}
	for _, d := range first {
		assert.Equal(t, d.Body, d.Attributes["n"])
		was[d.Body] = d
	}
	for _, d := range again {
		f := was[d.Body]
		assert.True(t, fails(f), d.Body)
		assert.Equal(t, 2, d.ReceiveCount)
		f.ReceiptHandle, f.ReceiveCount = d.ReceiptHandle, d.ReceiveCount
		assert.Equal(t, f, d)
		delete(was, d.Body)
	}
	h.Batch(t, alone, 2*Visibility, func(ds []envelope.Delivery) []error {
		assert.Fail(t, "it was done", "%q", ds[0].Body)
		return make([]error, len(ds))
	})
}

func testUnknown(t *testing.T, h Harness) {
	m := bus.Message{Body: "x"}
	assert.ErrorContains(t, h.Bus.Publish(t.Context(), "nowhere", m), "nowhere")
	assert.ErrorContains(t, h.Bus.Send(t.Context(), "nowhere", m, 0), "nowhere")
	assert.ErrorContains(t, h.Bus.Publish(t.Context(), alone, m), alone)
	assert.ErrorContains(t, h.Bus.Send(t.Context(), Topic, m, 0), Topic)
	h.silent(t, alone)
	h.silent(t, raw)
}

func testCancelled(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := bus.Message{Body: "x"}
	for name, err := range map[string]error{
		"Publish": h.Bus.Publish(ctx, Topic, m),
		"Send":    h.Bus.Send(ctx, alone, m, 0),
	} {
		assert.ErrorIs(t, err, context.Canceled, name)
		assert.False(t, responder.IsPermanent(err), name)
	}
	h.silent(t, alone)
	h.silent(t, raw)
}

func testRedelivery(t *testing.T, h Harness) {
	h.send(t, "again", text("k", "v"))
	ds := h.Receive(t, alone, 2, soon, func(d envelope.Delivery) error {
		if d.ReceiveCount == 1 {
			return errNotDone
		}
		return nil
	})
	require.Len(t, ds, 2)
	first, second := ds[0], ds[1]
	assert.NotEqual(t, first.ReceiptHandle, second.ReceiptHandle)
	assert.Equal(t, 2, second.ReceiveCount)
	first.ReceiptHandle, first.ReceiveCount = second.ReceiptHandle, second.ReceiveCount
	assert.Equal(t, first, second)
	h.Receive(t, alone, 1, 2*Visibility, func(d envelope.Delivery) error {
		assert.Fail(t, "it was done", d.Body)
		return nil
	})
}

func testPostpone(t *testing.T, h Harness) {
	h.send(t, "x")
	wait := func(d time.Duration) func(envelope.Delivery) error {
		return func(m envelope.Delivery) error {
			require.NoError(t, h.Postpone.Postpone(t.Context(), m.QueueARN, m.ReceiptHandle, d))
			return errNotDone
		}
	}
	require.Len(t, h.Receive(t, alone, 1, soon, wait(0)), 1)
	require.Len(t, h.Receive(t, alone, 1, silence, wait(Visibility+2500*time.Millisecond)), 1, "at once")
	require.Empty(t, h.Receive(t, alone, 1, Visibility+silence, done), "not before the time")
	ds := h.Receive(t, alone, 1, soon, done)
	require.Len(t, ds, 1)
	assert.Equal(t, 3, ds[0].ReceiveCount)
}

// The last word counts.
func testPostponeTwice(t *testing.T, h Harness) {
	h.send(t, "x")
	require.Len(t, h.Receive(t, alone, 1, soon, func(m envelope.Delivery) error {
		require.NoError(t, h.Postpone.Postpone(t.Context(), m.QueueARN, m.ReceiptHandle, time.Hour))
		require.NoError(t, h.Postpone.Postpone(t.Context(), m.QueueARN, m.ReceiptHandle, 0))
		return errNotDone
	}), 1)
	ds := h.Receive(t, alone, 1, silence, done)
	require.Len(t, ds, 1, "at once")
	assert.Equal(t, 2, ds[0].ReceiveCount)
}

// More than the longest time is no error, and is not less than the queue's own.
func testPostponeLong(t *testing.T, h Harness) {
	h.send(t, "x")
	require.Len(t, h.Receive(t, alone, 1, soon, func(m envelope.Delivery) error {
		require.NoError(t, h.Postpone.Postpone(t.Context(), m.QueueARN, m.ReceiptHandle, 100*time.Hour))
		return errNotDone
	}), 1)
	assert.Empty(t, h.Receive(t, alone, 1, 2*Visibility, done))
}

func testPostponeNothing(t *testing.T, h Harness) {
	h.send(t, "x")
	d := h.take(t, alone, 1)[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, h.Postpone.Postpone(ctx, d.QueueARN, d.ReceiptHandle, time.Second), context.Canceled)
	assert.Error(t, h.Postpone.Postpone(t.Context(), d.QueueARN+"-not", d.ReceiptHandle, time.Second))
	assert.Error(t, h.Postpone.Postpone(t.Context(), d.QueueARN, "no handle", time.Second))
}
