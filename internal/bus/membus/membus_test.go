package membus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

func TestRefusesLambda(t *testing.T) {
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
	_, err := membus.New(membus.Options{})
	require.ErrorContains(t, err, "AWS_LAMBDA_RUNTIME_API")
}

func TestTheRealEvent(t *testing.T) {
	e := newEngine(t, membus.Options{})
	var event map[string][]map[string]any
	e.queue("q", membus.QueueConfig{}, 10, payloads(func(payload []byte) { require.NoError(t, json.Unmarshal(payload, &event)) }))
	m := bus.Message{Body: "x", Attributes: []bus.Attribute{{Name: "k", Value: "v"}}}
	require.NoError(t, e.bus.Send(t.Context(), "q", m, 0))
	require.True(t, e.bus.Step(t.Context()))
	require.Len(t, event["Records"], 1)
	r := event["Records"][0]
	assert.Equal(t, "aws:sqs", r["eventSource"])
	assert.Equal(t, "arn:aws:sqs:local:000000000000:q", r["eventSourceARN"])
	assert.Equal(t, "x", r["body"])
	assert.Equal(t, "v", r["messageAttributes"].(map[string]any)["k"].(map[string]any)["stringValue"])
	system := r["attributes"].(map[string]any)
	assert.Equal(t, "1", system["ApproximateReceiveCount"])
	assert.Equal(t, fmt.Sprint(noon.UnixMilli()), system["SentTimestamp"])
}

type payloads func([]byte)

func (p payloads) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	p(payload)
	return envelope.Failures(nil), nil
}

func TestOrderAndTurns(t *testing.T) {
	e := newEngine(t, membus.Options{})
	var got []string
	for _, q := range []string{"a", "b", "c"} {
		e.queue(q, membus.QueueConfig{}, 2, handler(func(_ context.Context, ds []envelope.Delivery) ([]byte, error) {
			batch := q + ":"
			for _, d := range ds {
				batch += d.Body
			}
			got = append(got, batch)
			if batch == "a:12" {
				e.send(t, "a", "6")
				e.send(t, "b", "7")
			}
			return envelope.Failures(nil), nil
		}))
	}
	e.send(t, "a", "1", "2", "3", "4", "5")
	e.send(t, "c", "8", "9")
	e.work(t)
	assert.Equal(t, []string{"a:12", "b:7", "c:89", "a:34", "a:56"}, got)
	assert.Zero(t, e.bus.Pending())
	_, ok := e.bus.NextDue()
	assert.False(t, ok)
}

func TestTimePasses(t *testing.T) {
	e := newEngine(t, membus.Options{})
	var got []string
	e.queue("q", membus.QueueConfig{}, 10, each(func(d envelope.Delivery) error {
		got = append(got, fmt.Sprint(d.Body, "@", e.now.Sub(noon)))
		return nil
	}))
	for body, delay := range map[string]time.Duration{"far": time.Hour, "minute": time.Minute, "odd": 1500 * time.Millisecond} {
		require.NoError(t, e.bus.Send(t.Context(), "q", bus.Message{Body: body}, delay))
	}
	assert.False(t, e.bus.Step(t.Context()), "nothing is due yet")
	due, ok := e.bus.NextDue()
	assert.True(t, ok)
	assert.Equal(t, noon.Add(2*time.Second), due, "whole seconds, rounded up")
	e.settle(t)
	assert.Equal(t, []string{"odd@2s", "minute@1m0s", "far@15m0s"}, got)
}

func TestWhatFails(t *testing.T) {
	const q = "q"
	for name, c := range map[string]struct {
		handler handler
		again   []string // bodies that come back
		reason  string
	}{
		"nothing": {answer(`{"batchItemFailures":[]}`), nil, ""},
		"null":    {answer(`null`), nil, ""},
		"one": {func(_ context.Context, ds []envelope.Delivery) ([]byte, error) {
			return envelope.Failures([]string{ds[1].ID}), nil
		}, []string{"b"}, "batchItemFailures"},
		"an error":     {func(context.Context, []envelope.Delivery) ([]byte, error) { return nil, errors.New("boom") }, []string{"a", "b"}, "boom"},
		"a panic":      {func(context.Context, []envelope.Delivery) ([]byte, error) { panic("bang") }, []string{"a", "b"}, "panic: bang"},
		"no JSON":      {answer(`ok`), []string{"a", "b"}, "answer"},
		"no answer":    {answer(``), []string{"a", "b"}, "answer"},
		"an odd one":   {answer(`{"batchItemFailures":[{"itemIdentifier":""}]}`), []string{"a", "b"}, "itemIdentifier"},
		"another's id": {answer(`{"batchItemFailures":[{"itemIdentifier":"x"}]}`), []string{"a", "b"}, `"x" is none of the batch`},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, membus.Options{})
			e.queue(q, membus.QueueConfig{Visibility: time.Minute, MaxReceive: 1}, 10, c.handler)
			e.send(t, q, "a", "b")
			require.True(t, e.bus.Step(t.Context()))
			assert.Equal(t, c.again, append([]string(nil), e.bus.Peek(q)...))
			assert.Equal(t, len(c.again), e.bus.Pending())
			require.False(t, e.bus.Step(t.Context()), "hidden")
			e.settle(t)
			var dead []string
			for _, d := range e.bus.DeadLetters() {
				assert.Equal(t, q, d.Queue)
				assert.Contains(t, d.Reason, c.reason)
				dead = append(dead, d.Body)
			}
			assert.Equal(t, c.again, dead)
			if dead != nil {
				assert.Equal(t, noon.Add(time.Minute), e.now)
			}
			assert.Zero(t, e.bus.Pending())
		})
	}
}

func answer(text string) handler {
	return func(context.Context, []envelope.Delivery) ([]byte, error) { return []byte(text), nil }
}

func TestReceiveCounts(t *testing.T) {
	e := newEngine(t, membus.Options{})
	var counts []int
	e.queue("q", membus.QueueConfig{Visibility: time.Minute, MaxReceive: 3}, 10, each(func(d envelope.Delivery) error {
		counts = append(counts, d.ReceiveCount)
		return errLater
	}))
	e.send(t, "q", "x")
	e.settle(t)
	assert.Equal(t, []int{1, 2, 3}, counts)
	assert.Equal(t, noon.Add(3*time.Minute), e.now)
	require.Len(t, e.bus.DeadLetters(), 1)
}

func TestPostpone(t *testing.T) {
	e := newEngine(t, membus.Options{})
	var handles []string
	var at []time.Duration
	e.queue("q", membus.QueueConfig{Visibility: time.Minute}, 10, each(func(d envelope.Delivery) error {
		at = append(at, e.now.Sub(noon))
		for _, old := range handles {
			assert.Error(t, e.bus.Postpone(t.Context(), d.QueueARN, old, time.Second), "an old handle")
		}
		handles = append(handles, d.ReceiptHandle)
		switch d.ReceiveCount {
		case 1:
			assert.NoError(t, e.bus.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, time.Hour))
			return errLater
		case 2:
			assert.NoError(t, e.bus.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, 100*time.Hour))
			return errLater
		}
		assert.NoError(t, e.bus.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, time.Hour))
		return nil // done all the same
	}))
	e.send(t, "q", "x")
	e.settle(t)
	assert.Equal(t, []time.Duration{0, time.Hour, 13 * time.Hour}, at)
	assert.Error(t, e.bus.Postpone(t.Context(), membus.QueueARN("q"), handles[2], time.Second), "it is gone")
	assert.Error(t, e.bus.Postpone(t.Context(), membus.QueueARN("p"), handles[2], time.Second))
	assert.Zero(t, e.bus.Pending())
}

// A function that takes longer than the visibility time-out: who received the message since has it.
func TestOvertaken(t *testing.T) {
	e := newEngine(t, membus.Options{})
	depth := 0
	e.queue("q", membus.QueueConfig{Visibility: time.Minute}, 1, each(func(d envelope.Delivery) error {
		if depth++; depth == 1 {
			e.now = e.now.Add(time.Hour)
			assert.Error(t, e.bus.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, time.Minute), "visible again")
			require.True(t, e.bus.Step(t.Context()))
			return nil // too late: the other one failed
		}
		if depth == 2 {
			return errLater
		}
		return nil
	}))
	e.send(t, "q", "x")
	require.True(t, e.bus.Step(t.Context()))
	assert.Equal(t, 1, e.bus.Pending())
	e.settle(t)
	assert.Equal(t, 3, depth)
}

func TestRedrive(t *testing.T) {
	e := newEngine(t, membus.Options{})
	broken, seen := true, []envelope.Delivery(nil)
	e.queue("q", membus.QueueConfig{Visibility: time.Minute, MaxReceive: 2}, 10, each(func(d envelope.Delivery) error {
		if broken {
			return errLater
		}
		seen = append(seen, d)
		return nil
	}))
	old := bus.Message{Body: "old", Attributes: []bus.Attribute{{Name: "delivery_id", Value: "first"}, {Name: "k", Value: "v"}}}
	require.NoError(t, e.bus.Send(t.Context(), "q", old, 0))
	e.send(t, "q", "new")
	e.settle(t)
	dead := e.bus.DeadLetters()
	require.Len(t, dead, 2)
	again := func() {
		n, err := e.bus.Redrive("q")
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Empty(t, e.bus.DeadLetters())
		e.settle(t)
	}
	again()
	require.Len(t, e.bus.DeadLetters(), 2, "still broken")
	broken = false
	again()
	require.Len(t, seen, 2)
	ms := fmt.Sprint(noon.UnixMilli())
	assert.Equal(t, map[string]string{"delivery_id": "first", "k": "v", "first_sent": ms}, seen[0].Attributes)
	assert.Equal(t, map[string]string{"delivery_id": dead[1].ID, "first_sent": ms}, seen[1].Attributes)
	assert.NotEqual(t, dead[1].ID, seen[1].ID)
	assert.Equal(t, 1, seen[1].ReceiveCount)
	_, err := e.bus.Redrive("p")
	assert.ErrorContains(t, err, "p")
}

// Raw delivery drops messages with more attributes than SQS takes (Amazon SNS Developer Guide, "Amazon SNS raw
// message delivery").
func TestRawDeliveryDrops(t *testing.T) {
	e := newEngine(t, membus.Options{})
	e.bus.AddTopic("t")
	for _, q := range []string{"raw", "wrapped"} {
		e.bus.AddQueue(q, membus.QueueConfig{})
		e.bus.Subscribe("t", q, q == "raw", nil)
	}
	m := bus.Message{Body: "x"}
	for i := range bus.MaxAttributes + 1 {
		require.NoError(t, e.bus.Publish(t.Context(), "t", m), i)
		m.Attributes = append(m.Attributes, bus.Attribute{Name: fmt.Sprint("a", i), Value: "v"})
	}
	require.NoError(t, e.bus.Publish(t.Context(), "t", m))
	assert.Len(t, e.bus.Peek("raw"), bus.MaxAttributes+1)
	assert.Len(t, e.bus.Peek("wrapped"), bus.MaxAttributes+2)
}

func TestNames(t *testing.T) {
	e := newEngine(t, membus.Options{})
	e.bus.AddTopic("t")
	e.bus.AddQueue("q", membus.QueueConfig{})
	e.bus.Subscribe("t", "q", true, nil)
	require.NoError(t, e.bus.Publish(t.Context(), membus.TopicARN("t"), bus.Message{Body: "1"}))
	require.NoError(t, e.bus.Publish(t.Context(), "arn:aws:sns:eu-west-1:111122223333:t", bus.Message{Body: "2"}))
	require.NoError(t, e.bus.Send(t.Context(), membus.QueueARN("q"), bus.Message{Body: "3"}, 0))
	assert.Equal(t, []string{"1", "2", "3"}, e.bus.Peek("q"))
	assert.Nil(t, e.bus.Peek("p"))
	_, ok := e.bus.NextDue()
	assert.False(t, ok, "nobody takes messages from it")
	assert.Equal(t, 3, e.bus.Pending())
	for name, wire := range map[string]func(){
		"topic twice":   func() { e.bus.AddTopic("t") },
		"queue twice":   func() { e.bus.AddQueue("q", membus.QueueConfig{}) },
		"no topic":      func() { e.bus.Subscribe("s", "q", true, nil) },
		"no queue":      func() { e.bus.Subscribe("t", "p", true, nil) },
		"no queue, map": func() { e.bus.Map("p", answer(""), 1) },
		"no handler":    func() { e.bus.Map("q", nil, 1) },
		"handler twice": func() { e.bus.Map("q", answer(""), 1); e.bus.Map("q", answer(""), 1) },
	} {
		assert.Panics(t, wire, name)
	}
}

func TestContext(t *testing.T) {
	e := newEngine(t, membus.Options{Timeout: time.Minute})
	e.queue("q", membus.QueueConfig{}, 1, handler(func(ctx context.Context, _ []envelope.Delivery) ([]byte, error) {
		deadline, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.WithinDuration(t, time.Now().Add(time.Minute), deadline, 30*time.Second)
		return envelope.Failures(nil), nil
	}))
	e.send(t, "q", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.False(t, e.bus.Step(ctx))
	assert.Equal(t, 1, e.bus.Pending())
	assert.True(t, e.bus.Step(t.Context()))

	plain := newEngine(t, membus.Options{})
	plain.queue("q", membus.QueueConfig{}, 1, handler(func(ctx context.Context, _ []envelope.Delivery) ([]byte, error) {
		_, ok := ctx.Deadline()
		assert.False(t, ok)
		return envelope.Failures(nil), nil
	}))
	plain.send(t, "q", "x")
	assert.True(t, plain.bus.Step(t.Context()))
}

// An event that Lambda is invoked with has a limit, and large messages come in smaller batches.
func TestLargeBatches(t *testing.T) {
	e := newEngine(t, membus.Options{})
	var sizes []int
	e.queue("q", membus.QueueConfig{}, 10, handler(func(_ context.Context, ds []envelope.Delivery) ([]byte, error) {
		sizes = append(sizes, len(ds))
		return envelope.Failures(nil), nil
	}))
	for range 10 {
		e.send(t, "q", strings.Repeat("a", bus.MaxMessage))
	}
	e.work(t)
	assert.Equal(t, []int{4, 4, 2}, sizes)
}
