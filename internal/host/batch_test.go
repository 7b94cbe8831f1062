package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const queueARN = "arn:aws:sqs:eu-west-1:123456789012:plugin"

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func quiet() *slog.Logger { return slog.New(slog.NewJSONHandler(io.Discard, nil)) }

// record is one SQS record; zero fields get something usual.
type record struct {
	id       string
	body     string
	receives int
	sent     time.Time
}

func event(records ...record) []byte {
	list := []any{}
	for i, r := range records {
		if r.id == "" {
			r.id = fmt.Sprintf("m%d", i+1)
		}
		if r.sent.IsZero() {
			r.sent = start
		}
		list = append(list, map[string]any{
			"messageId":     r.id,
			"receiptHandle": "receipt-" + r.id,
			"body":          r.body,
			"attributes": map[string]string{
				"ApproximateReceiveCount": fmt.Sprint(max(r.receives, 1)),
				"SentTimestamp":           fmt.Sprint(r.sent.UnixMilli()),
			},
			"messageAttributes": map[string]any{},
			"eventSource":       "aws:sqs",
			"eventSourceARN":    queueARN,
			"awsRegion":         "eu-west-1",
		})
	}
	return mustJSON(map[string]any{"Records": list})
}

func snsEvent(message string) []byte {
	return mustJSON(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0",
		"EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:t:1",
		"Sns": map[string]any{
			"Type": "Notification", "MessageId": "n1", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
			"Message": message, "Timestamp": start.Format(time.RFC3339),
		},
	}}})
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// failures invokes the handler and returns the ids that it wants to be delivered again.
func failures(t *testing.T, h host.Handler, payload []byte) []string {
	t.Helper()
	return failuresIn(t, context.Background(), h, payload)
}

func failuresIn(t *testing.T, ctx context.Context, h host.Handler, payload []byte) []string {
	t.Helper()
	answer, err := h.Invoke(ctx, payload)
	require.NoError(t, err)
	var r struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	require.NoError(t, json.Unmarshal(answer, &r))
	assert.NotContains(t, string(answer), "null")
	ids := []string{}
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

// postpones remembers who was to wait how long, and fails when told to.
type postpones struct {
	mu   sync.Mutex
	list []string
	err  error
}

func (p *postpones) Postpone(ctx context.Context, arn, receipt string, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if arn != queueARN {
		return fmt.Errorf("queue %q is not the message's", arn)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.list = append(p.list, strings.TrimPrefix(receipt, "receipt-")+" "+d.String())
	return p.err
}

func TestEachMessageFailsAlone(t *testing.T) {
	h := host.Batch(host.Each(func(_ context.Context, d envelope.Delivery) error {
		switch d.Body {
		case "bad":
			return errors.New("no")
		case "panic":
			panic("oh")
		}
		return nil
	}), host.Options{Log: quiet()})
	got := failures(t, h, event(record{body: "ok"}, record{body: "bad"}, record{body: "panic"}, record{body: "ok"}))
	assert.Equal(t, []string{"m2", "m3"}, got)
	assert.Empty(t, failures(t, h, event(record{body: "ok"})))
}

// A null would make Lambda take the whole batch for done or failed, as the runtime likes.
func TestTheAnswerIsNeverNull(t *testing.T) {
	h := host.Batch(host.Each(func(context.Context, envelope.Delivery) error { return nil }), host.Options{})
	answer, err := h.Invoke(context.Background(), event(record{}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"batchItemFailures":[]}`, string(answer))
}

func TestAnUnreadableRecordFailsAloneWithItsReason(t *testing.T) {
	var log bytes.Buffer
	var got []string
	h := host.Batch(func(_ context.Context, ds []envelope.Delivery) []error {
		for _, d := range ds {
			got = append(got, d.Body)
		}
		return make([]error, len(ds))
	}, host.Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	payload := strings.Replace(string(event(record{body: "one"}, record{body: "two"}, record{body: "three"})),
		`"body":"two"`, `"body":{"not":"a string"}`, 1)
	assert.Equal(t, []string{"m2"}, failures(t, h, []byte(payload)))
	assert.Equal(t, []string{"one", "three"}, got)
	assert.Contains(t, log.String(), `"message_id":"m2"`)
	assert.Equal(t, 1, strings.Count(log.String(), "\n"))
}

func TestAnEventThatIsNoneIsAnError(t *testing.T) {
	h := host.Batch(host.Each(func(context.Context, envelope.Delivery) error { return nil }), host.Options{Log: quiet()})
	_, err := h.Invoke(context.Background(), []byte(`{"hello":1}`))
	var plain host.Error
	assert.ErrorAs(t, err, &plain)
}

func TestADirectNotificationFailsTheInvocation(t *testing.T) {
	h := host.Batch(host.Each(func(_ context.Context, d envelope.Delivery) error {
		if d.Body == "bad" {
			return responder.Permanent(fmt.Errorf("wrapped: %w", errors.New("no")))
		}
		return nil
	}), host.Options{Log: quiet()})
	_, err := h.Invoke(context.Background(), snsEvent("ok"))
	require.NoError(t, err)
	_, err = h.Invoke(context.Background(), snsEvent("bad"))
	assert.Equal(t, host.PermanentError("wrapped: no"), err)
}

func TestAPanicOfABatchIsIsolated(t *testing.T) {
	var log bytes.Buffer
	calls := 0
	h := host.Batch(func(_ context.Context, ds []envelope.Delivery) []error {
		calls++
		for _, d := range ds {
			if d.Body == "poison" {
				panic("oh " + strings.Repeat("x", 1<<20))
			}
		}
		return make([]error, len(ds))
	}, host.Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	assert.Equal(t, []string{"m2"}, failures(t, h, event(record{}, record{body: "poison"}, record{})))
	assert.Equal(t, 4, calls)
	assert.Contains(t, log.String(), "batch_test.go", "the stack leads to the panic")
	assert.Less(t, log.Len(), 16<<10)
}

func TestMissingAnswersAreFailures(t *testing.T) {
	h := host.Batch(func(context.Context, []envelope.Delivery) []error { return []error{nil} }, host.Options{Log: quiet()})
	assert.Equal(t, []string{"m2", "m3"}, failures(t, h, event(record{}, record{}, record{})))
	h = host.Batch(func(context.Context, []envelope.Delivery) []error { return make([]error, 9) }, host.Options{Log: quiet()})
	assert.Empty(t, failures(t, h, event(record{})))
}

func TestWaiting(t *testing.T) {
	errs := map[string]error{
		"hour":  responder.RetryAfter(errors.New("quota"), time.Hour),
		"week":  fmt.Errorf("asked: %w", responder.RetryAfter(errors.New("quota"), 7*24*time.Hour)),
		"now":   responder.RetryAfter(errors.New("quota"), 0),
		"plain": errors.New("down"),
	}
	p := &postpones{}
	h := host.Batch(host.Each(func(_ context.Context, d envelope.Delivery) error { return errs[d.Body] }), host.Options{
		Log: quiet(), Postpone: p,
		Backoff: func(d envelope.Delivery) time.Duration { return time.Duration(d.ReceiveCount) * time.Second },
	})
	failures(t, h, event(record{id: "a", body: "hour"}, record{id: "b", body: "week"}, record{id: "c", body: "now"},
		record{id: "d", body: "plain", receives: 7}, record{id: "e"}))
	assert.Equal(t, []string{"a 1h0m0s", "b 11h45m0s", "c 0s", "d 7s"}, p.list)
}

func TestWithoutBackoffTheQueueDecides(t *testing.T) {
	p := &postpones{}
	h := host.Batch(host.Each(func(context.Context, envelope.Delivery) error { return errors.New("x") }),
		host.Options{Log: quiet(), Postpone: p})
	assert.Equal(t, []string{"m1"}, failures(t, h, event(record{})))
	assert.Empty(t, p.list)
}

func TestAFailedPostponeChangesNothing(t *testing.T) {
	var log bytes.Buffer
	h := host.Batch(host.Each(func(context.Context, envelope.Delivery) error {
		return responder.RetryAfter(errors.New("quota"), time.Minute)
	}), host.Options{Log: slog.New(slog.NewJSONHandler(&log, nil)), Postpone: &postpones{err: errors.New("throttled")}})
	assert.Equal(t, []string{"m1"}, failures(t, h, event(record{})))
	assert.Contains(t, log.String(), "throttled")
}

func TestTheLogTellsNothingOfTheMessage(t *testing.T) {
	var log bytes.Buffer
	h := host.Batch(host.Each(func(context.Context, envelope.Delivery) error { return errors.New("because\u202e") }),
		host.Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	failures(t, h, event(record{body: "the whole alert", receives: 3}))
	var m map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &m), "one line")
	assert.Equal(t, "m1", m["message_id"])
	assert.EqualValues(t, 3, m["receive_count"])
	assert.Equal(t, "because", m["error"])
	assert.NotContains(t, log.String(), "whole alert")
}

func TestTheTimeEndsBeforeTheFunctionDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		p := &postpones{}
		var ended []time.Duration
		h := host.Batch(host.Each(func(ctx context.Context, d envelope.Delivery) error {
			<-ctx.Done()
			ended = append(ended, time.Since(begin))
			return ctx.Err()
		}), host.Options{Log: quiet(), Postpone: p})
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		got := failuresIn(t, ctx, h, event(record{}, record{}))
		assert.Equal(t, []string{"m1", "m2"}, got)
		assert.Equal(t, []time.Duration{29 * time.Second}, ended, "the second was not begun")
		assert.Equal(t, []string{"m2 0s"}, p.list)
	})
}
