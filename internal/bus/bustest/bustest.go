// Package bustest is the conformance suite of the bus: every driver passes it.
//
// in → out: a function that opens a bus with the topic, queues and subscriptions named here → a test for each
// sentence of the port's contract.
package bustest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

// Topic is the topic of the suite.
const Topic = "things"

// Visibility is how long a message that was received is hidden.
const Visibility = 2 * time.Second

// Queue is a queue of the suite and its subscription to Topic.
type Queue struct {
	Name       string
	Subscribed bool
	Raw        bool
	Types      []string // the filter policy is {"types": Types}; nil: no filter
}

// Queues are the queues of the suite.
var Queues = []Queue{
	{Name: raw, Subscribed: true, Raw: true},
	{Name: wrapped, Subscribed: true},
	{Name: addresses, Subscribed: true, Raw: true, Types: []string{"ipaddr", "domain"}},
	{Name: everything, Subscribed: true, Raw: true, Types: []string{"*"}},
	{Name: alone},
}

const (
	raw        = "raw"
	wrapped    = "wrapped"
	addresses  = "addresses"
	everything = "everything"
	alone      = "alone"
)

// Harness is a bus with Topic and Queues, and the other side of its queues.
type Harness struct {
	Bus      bus.Bus
	Postpone host.Postponer
	// Receive gives handle what can be received from a queue, message by message, until it has done so n times or
	// the time is over. A message is deleted if handle returns nil. It returns the messages in their order.
	Receive func(t *testing.T, queue string, n int, within time.Duration, handle func(envelope.Delivery) error) []envelope.Delivery
	// Batch gives handle one batch of what can be received from a queue, ten messages at most, if something comes in
	// time. Those are deleted for which handle returns nil.
	Batch func(t *testing.T, queue string, within time.Duration, handle func([]envelope.Delivery) []error)
}

// Skip is a test that an engine cannot pass, and why not.
type Skip struct{ Name, Why string }

// Run runs the suite. Open is called once per test; all queues are empty.
func Run(t *testing.T, open func(t *testing.T) Harness, skip ...Skip) {
	tests := map[string]func(*testing.T, Harness){
		"Raw":               testRaw,
		"Wrapped":           testWrapped,
		"Filter":            testFilter,
		"FilterHostile":     testFilterHostile,
		"ManyAttributes":    testManyAttributes,
		"RawLimit":          testRawLimit,
		"LongDelay":         testLongDelay,
		"Batch":             testBatch,
		"PostponeTwice":     testPostponeTwice,
		"PostponeLong":      testPostponeLong,
		"Send":              testSend,
		"Delay":             testDelay,
		"NoDelay":           testNoDelay,
		"NotificationLimit": testNotificationLimit,
		"MessageLimit":      testMessageLimit,
		"Hostile":           testHostile,
		"Refused":           testRefused,
		"Unknown":           testUnknown,
		"Cancelled":         testCancelled,
		"Redelivery":        testRedelivery,
		"Postpone":          testPostpone,
		"PostponeNothing":   testPostponeNothing,
		"Outbox":            testOutbox,
	}
	why := map[string]string{}
	for _, s := range skip {
		require.Contains(t, tests, s.Name)
		why[s.Name] = s.Why
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if why[name] != "" {
				t.Skip(why[name])
			}
			test(t, open(t))
		})
	}
}

// soon is enough for a message that is on its way, on an engine on a busy machine.
const soon = 20 * time.Second

// silence is how long nothing must come.
const silence = time.Second

func done(envelope.Delivery) error { return nil }

var errNotDone = errors.New("not done")

// take receives and deletes n messages that must come.
func (h Harness) take(t *testing.T, queue string, n int) []envelope.Delivery {
	t.Helper()
	ds := h.Receive(t, queue, n, soon, done)
	require.Len(t, ds, n, "messages in %s", queue)
	for _, d := range ds {
		require.NoError(t, d.Err)
		assert.NotEmpty(t, d.ID)
		assert.NotEmpty(t, d.ReceiptHandle)
		assert.Equal(t, 1, d.ReceiveCount)
		assert.WithinRange(t, d.SentAt, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	return ds
}

// holds asserts that a queue has exactly these messages, in any order.
func (h Harness) holds(t *testing.T, queue string, bodies ...string) {
	t.Helper()
	got := []string{}
	for _, d := range h.take(t, queue, len(bodies)) {
		got = append(got, d.Body)
	}
	slices.Sort(bodies)
	slices.Sort(got)
	if !slices.Equal(bodies, got) { // of large ones a diff would be of no use
		assert.Fail(t, "other messages than expected", "in %s: %.500q, expected %.500q", queue, got, bodies)
	}
	h.silent(t, queue)
}

// silent asserts that nothing comes.
func (h Harness) silent(t *testing.T, queue string) {
	t.Helper()
	for _, d := range h.Receive(t, queue, 1, silence, done) {
		assert.Fail(t, "a message that nobody expects", "in %s: %.500q", queue, d.Body)
	}
}

func (h Harness) publish(t *testing.T, body string, attrs ...bus.Attribute) {
	t.Helper()
	require.NoError(t, h.Bus.Publish(t.Context(), Topic, bus.Message{Body: body, Attributes: attrs}))
}

func (h Harness) send(t *testing.T, body string, attrs ...bus.Attribute) {
	t.Helper()
	require.NoError(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: body, Attributes: attrs}, 0))
}

func types(list ...string) bus.Attribute { return bus.Attribute{Name: "types", List: list} }

func text(name, value string) bus.Attribute { return bus.Attribute{Name: name, Value: value} }
