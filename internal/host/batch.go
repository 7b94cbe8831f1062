// Package host runs stages and plugins as the handlers of their queues.
//
// in → out: the event JSON of a queue or topic → calls of a stage, an inspector, a reviewer or an emitter →
// the messages to be delivered again, as batchItemFailures.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Handler is what Lambda calls; lambda.Handler of aws-lambda-go has the same method.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Postponer hides a message that was received from a queue for a while: ChangeMessageVisibility.
type Postponer interface {
	Postpone(ctx context.Context, queueARN, receiptHandle string, d time.Duration) error
}

// BatchFunc handles deliveries, and answers by index: nil for those that are done. What it has no answer for
// is delivered again.
type BatchFunc func(ctx context.Context, ds []envelope.Delivery) []error

// Options of Batch. The zero value works.
type Options struct {
	// Postpone makes failed messages wait; nil: they come back after the queue's visibility time-out.
	Postpone Postponer
	// Backoff is how long a failed message waits whose error was not marked by responder.RetryAfter. Nil leaves
	// it to the queue; so does a negative answer.
	Backoff func(d envelope.Delivery) time.Duration
	// Margin is how much earlier than the function's time the context of the BatchFunc ends; 1 s if zero.
	Margin time.Duration
	Log    *slog.Logger
}

// MaxPostpone is how long a message can be hidden. SQS counts its 12 hours from the receipt (Amazon SQS
// Developer Guide, "Amazon SQS visibility timeout"), and a function may have had the message for 15 minutes.
const MaxPostpone = 12*time.Hour - 15*time.Minute

// Batch makes a handler of f. A record that cannot be read fails alone. A batch that makes f panic is
// delivered to it again one by one, so that one message does not hold up others. Each failure is logged once,
// without the message.
func Batch(f BatchFunc, o Options) Handler {
	if f == nil {
		panic("host: the batch function is nil")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Margin <= 0 {
		o.Margin = time.Second
	}
	return &batch{f, o}
}

// Each makes a BatchFunc of a function for one delivery. They are handled one after the other, each whatever
// became of the others; when the time is over, the rest is not begun.
func Each(f func(ctx context.Context, d envelope.Delivery) error) BatchFunc {
	return func(ctx context.Context, ds []envelope.Delivery) []error {
		errs := make([]error, len(ds))
		for i, d := range ds {
			if ctx.Err() != nil {
				errs[i] = responder.RetryAfter(fmt.Errorf("not begun: %w", ctx.Err()), 0)
				continue
			}
			errs[i] = guard(func() error { return f(ctx, d) })
		}
		return errs
	}
}

type batch struct {
	f BatchFunc
	Options
}

// Invoke implements Handler.
func (b *batch) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ds, err := envelope.Read(payload)
	if err != nil {
		b.Log.ErrorContext(ctx, "the event cannot be read", "error", errorText(err))
		return nil, Error(errorText(err))
	}
	failed := []string{}
	var first error
	for i, err := range b.handle(ctx, ds) {
		if err == nil {
			continue
		}
		b.fail(ctx, ds[i], err)
		if first == nil {
			first = err
		}
		failed = append(failed, ds[i].ID)
	}
	if first != nil && isDirect(ds) {
		return nil, boundary(first)
	}
	return envelope.Failures(failed), nil
}

// isDirect says whether no queue is between the topic and the function: then nothing can fail alone.
func isDirect(ds []envelope.Delivery) bool {
	return !slices.ContainsFunc(ds, func(d envelope.Delivery) bool { return d.QueueARN != "" || d.ReceiptHandle != "" })
}

// handle answers for each delivery, also for those that could not be read.
func (b *batch) handle(ctx context.Context, ds []envelope.Delivery) []error {
	errs := make([]error, len(ds))
	var readable []envelope.Delivery
	var index []int
	for i, d := range ds {
		if errs[i] = d.Err; d.Err == nil {
			readable, index = append(readable, d), append(index, i)
		}
	}
	if len(readable) == 0 {
		return errs
	}
	ctx, cancel := before(ctx, b.Margin)
	defer cancel()
	for i, err := range b.answers(ctx, readable) {
		errs[index[i]] = err
	}
	return errs
}

// answers calls f, and after a panic once more for each delivery alone.
func (b *batch) answers(ctx context.Context, ds []envelope.Delivery) []error {
	var errs []error
	err := guard(func() error { errs = b.f(ctx, ds); return nil })
	if err != nil && len(ds) > 1 {
		b.Log.ErrorContext(ctx, "a batch panicked, its messages are tried one by one", "messages", len(ds))
		return Each(func(ctx context.Context, d envelope.Delivery) error {
			return b.answers(ctx, []envelope.Delivery{d})[0]
		})(ctx, ds)
	}
	if err == nil {
		err = errNoAnswer
	}
	for len(errs) < len(ds) {
		errs = append(errs, err)
	}
	return errs[:len(ds)]
}

var errNoAnswer = errors.New("the handler gave no answer for this message")

// fail logs a failure, and makes its message wait where that is wanted.
func (b *batch) fail(ctx context.Context, d envelope.Delivery, err error) {
	args := []any{"message_id", entity.Cut(d.ID, 200), "receive_count", d.ReceiveCount, "error", errorText(err)}
	level := slog.LevelError
	if delay, ok := b.delay(d, err); ok {
		args = append(args, "retry_in", delay.Round(time.Second).String())
		if perr := b.Postpone.Postpone(ctx, d.QueueARN, d.ReceiptHandle, delay); perr != nil {
			args = append(args, "postpone_error", errorText(perr))
		} else if _, asked := responder.RetryDelay(err); asked {
			level = slog.LevelWarn
		}
	}
	if stack := stackOf(err); stack != "" {
		args = append(args, "stack", stack)
	}
	b.Log.Log(ctx, level, "a message failed and will be delivered again", args...)
}

// manyReceives: whose waits are asked for that often, for a second each, has no deliveries left when the service is back after an
// hour. So they become longer.
const manyReceives = 20

// delay is how long a failed message has to wait; not ok leaves that to the queue.
func (b *batch) delay(d envelope.Delivery, err error) (time.Duration, bool) {
	if b.Postpone == nil || d.QueueARN == "" || d.ReceiptHandle == "" {
		return 0, false
	}
	delay, ok := responder.RetryDelay(err)
	if !ok && b.Backoff != nil && d.Err == nil {
		delay = b.Backoff(d)
		ok = delay >= 0
	} else if ok && delay > 0 && b.Backoff != nil && d.ReceiveCount > manyReceives {
		delay = max(delay, b.Backoff(d)/2)
	}
	return min(max(delay, 0), MaxPostpone), ok
}

// before gives a context that ends earlier than ctx by the margin, but leaves three quarters of the time.
func before(ctx context.Context, margin time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(margin, max(time.Until(deadline)/4, 0))))
}
