package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Receipts remembers what was sent of a report; plugindata.Receipts says what its methods do.
type Receipts interface {
	Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error)
	Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error)
}

// EmitterPorts are what an emitter's host stands on.
type EmitterPorts struct {
	Receipts Receipts
	Postpone Postponer // may be nil: failures come back after the queue's visibility time-out
	Submit   Submitter // of what a responder.Actor tells; may be nil where the emitter is none
	Now      func() time.Time
	Log      *slog.Logger
}

// EmitterOptions of an emitter.
type EmitterOptions struct {
	// ID names the emitter, in the keys of its receipts: 1 to 32 of a-z, 0-9 and -.
	ID string
	// Lease is how long one function may work on a report before another one takes over, at least the
	// function's time-out; 2 min if zero.
	Lease time.Duration
	// Retention is how long receipts are kept; 90 days if zero.
	Retention time.Duration
}

// MaxReceipt is the bound of a receipt, in bytes of JSON.
const MaxReceipt = 4 << 10

const (
	keepTime  = 2 * time.Second
	keepTries = 3
)

// Check reports all faults of the options at once.
func (o EmitterOptions) Check() error {
	errs := []error{registry.CheckID(o.ID)}
	if o.Lease < 0 {
		errs = append(errs, fmt.Errorf("lease: %s, expected 0 or more", o.Lease))
	}
	if o.Retention < 0 {
		errs = append(errs, fmt.Errorf("retention: %s, expected 0 or more", o.Retention))
	}
	return errors.Join(errs...)
}

type emitter struct {
	responder.Emitter
	EmitterPorts
	EmitterOptions
}

// Emitter makes a handler of an emitter: reports in. It panics at once where something is missing.
//
// Of a batch only the notification with the highest seq of each report is emitted. A lease on the report, with
// the receipt of the previous notification in it, keeps other functions away for as long; they come back
// after two seconds. Each notification that is emitted costs two calls of Receipts.
func Emitter(e responder.Emitter, p EmitterPorts, o EmitterOptions) Handler {
	must("emitter", given("the emitter", e), given("Receipts", p.Receipts), given("Now", p.Now), o.Check())
	if p.Log == nil {
		p.Log = slog.Default()
	}
	o.Lease = cmp.Or(o.Lease, 2*time.Minute)
	o.Retention = cmp.Or(o.Retention, 90*24*time.Hour)
	h := &emitter{e, p, o}
	return Batch(h.deliver, Options{Postpone: p.Postpone, Backoff: byAge(p.Now), Log: p.Log})
}

// notification is one message with its report.
type notification struct {
	index  int
	report responder.Report
	d      envelope.Delivery
}

// deliver takes a batch from the queue. What a later notification of the same batch has overtaken is done.
func (h *emitter) deliver(ctx context.Context, ds []envelope.Delivery) []error {
	errs := make([]error, len(ds))
	latest := overtake(ds, errs)
	for i, n := range latest {
		errs[n.index] = guard(func() error { return h.emitOne(ctx, n, len(latest)-i) })
	}
	return errs
}

// overtake gives the latest notification of each report, in the order of the messages. Of one seq the first
// counts.
func overtake(ds []envelope.Delivery, errs []error) []notification {
	var list []notification
	at := map[string]int{}
	for i, d := range ds {
		r, err := readReport([]byte(d.Body))
		if err == nil && r.Seq <= 0 {
			err = responder.Permanent(fmt.Errorf("report: seq: %d, expected 1 or more", r.Seq))
		}
		if err != nil {
			errs[i] = err
			continue
		}
		n := notification{i, r, d}
		if k, ok := at[r.ReportID]; !ok {
			at[r.ReportID] = len(list)
			list = append(list, n)
		} else if list[k].report.Seq < r.Seq {
			list[k] = n
		}
	}
	return list
}

// emitOne emits one report with its share of the time that is left for so many.
func (h *emitter) emitOne(ctx context.Context, n notification, left int) error {
	if deadline, ok := ctx.Deadline(); ctx.Err() != nil || ok && time.Until(deadline) < keepTime {
		return responder.RetryAfter(errTime, 0)
	}
	id := entity.Cut(n.report.ReportID, 200)
	key, owner := plugindata.Key(h.ID, id), rand.Text()
	now := h.Now()
	state, outcome, err := h.Receipts.Acquire(ctx, key, owner, n.report.Seq, now, now.Add(h.Lease))
	switch {
	case err != nil:
		return fmt.Errorf("report %s: lease: %w", id, err)
	case outcome == plugindata.Stale:
		return nil
	case outcome == plugindata.Busy:
		return responder.RetryAfter(fmt.Errorf("report %s: another function is emitting it", id), busyWait(n.d))
	}
	next, failure := h.emit(ctx, n.report, state, left)
	if err := errors.Join(failure, h.keep(ctx, key, owner, next)); err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	return nil
}

// keep releases the lease with the receipt. It tries more than once, and also when the time is over: what was
// posted and is not remembered would be posted again.
func (h *emitter) keep(ctx context.Context, key, owner string, s plugindata.State) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	var kept bool
	var err error
	for range keepTries {
		if kept, err = h.Receipts.Release(ctx, key, owner, s, h.Now().Add(h.Retention)); err == nil {
			break
		}
	}
	if err == nil && !kept {
		err = errors.New("the lease was over")
	}
	if err != nil {
		return fmt.Errorf("the receipt was not kept: %w", err)
	}
	return nil
}

// busyWait is two seconds for the first times, and then more, so that a function that died with the lease does
// not use up the receives of the others.
func busyWait(d envelope.Delivery) time.Duration {
	return min(2*time.Second*time.Duration(max(d.ReceiveCount-2, 1)), 30*time.Second)
}

// emit calls the emitter, unless the content is shown already, and gives the state to be kept. The failure is
// nil where nothing is to be tried again.
func (h *emitter) emit(ctx context.Context, r responder.Report, s plugindata.State, left int) (plugindata.State, error) {
	was, content := parseShown(s.Shown), digest(r) // before the emitter may change it
	if was.has(r, content) && !s.Interrupted {     // who died may have shown something else
		s.Seq = r.Seq
		return s, nil
	}
	ctx, cancel := h.share(ctx, left)
	defer cancel()
	if s.Interrupted {
		ctx = responder.Interrupt(ctx)
	}
	pages, receipt, err := h.call(ctx, r, s.Receipt)
	if untold := h.tell(ctx, r, pages, &s); untold != nil {
		err = untold // and try all of it again, also where it will not mend the rest
	}
	lost := stackOf(err) != "" // who panicked gives no receipt of what was done before
	if receipt != nil && h.fits(ctx, r, receipt) {
		s.Receipt = receipt
	} else if receipt != nil {
		lost = true
	}
	s.Interrupted = lost || s.Interrupted && err != nil // who failed may not have looked yet
	switch {
	case err == nil:
		s.Seq, s.Shown = r.Seq, was.with(r, content).String()
	case responder.IsPermanent(err):
		s.Seq, s.Shown = r.Seq, was.without(r).String()
		h.complain(ctx, "a notification was given up, trying again will not mend it", r, err)
		err = nil
	default:
		s.Shown = was.without(r).String()
	}
	return s, err
}

// fits says whether a receipt can be kept. To fail because of it would only post again.
func (h *emitter) fits(ctx context.Context, r responder.Report, receipt responder.Receipt) bool {
	b, _ := json.Marshal(receipt) // strings always marshal
	if len(b) > MaxReceipt {
		h.complain(ctx, "a receipt is too large and was not kept", r,
			fmt.Errorf("receipt: %d bytes, expected %d at most", len(b), MaxReceipt))
	}
	return len(b) <= MaxReceipt
}

func (h *emitter) complain(ctx context.Context, what string, r responder.Report, err error) {
	args := []any{"emitter", h.ID, "report_id", entity.Cut(r.ReportID, 80), "seq", r.Seq, "error", errorText(err)}
	if stack := stackOf(err); stack != "" {
		args = append(args, "stack", stack)
	}
	h.Log.ErrorContext(ctx, what, args...)
}

// share bounds a call to an equal part of the function's time, and to the lease, so that one destination that
// hangs does not take the others' time, and nobody else emits meanwhile.
func (h *emitter) share(ctx context.Context, left int) (context.Context, context.CancelFunc) {
	limit := h.Lease * 3 / 4
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, (time.Until(deadline)-keepTime/2)/time.Duration(left))
	}
	return context.WithTimeout(ctx, limit)
}
