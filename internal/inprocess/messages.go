package inprocess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Topic is the topic of messages that came without an envelope.
const Topic = "local"

// Send takes a message as a sender would publish it, or the whole event that Lambda would hand the receptor;
// an event's deliveries keep their identity. A message is not delivered yet. Of an event, the error names the
// records that were not accepted; the others are.
func (p *Pipeline) Send(ctx context.Context, message []byte) error {
	if envelope.IsEvent(message) {
		return p.event(ctx, message)
	}
	return p.notify(ctx, string(message))
}

// notify puts a message into the queue as SNS would, with a message id of its own. One that the queue does not take
// with the envelope around it is handed to the receptor as it would come from there.
func (p *Pipeline) notify(ctx context.Context, message string) error {
	if n := len(message); n > bus.MaxMessage {
		return fmt.Errorf("message: %d bytes, expected at most %d", n, bus.MaxMessage)
	}
	p.sent++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", p.sent)
	now := p.clock.Now()
	body := envelope.Wrap(Topic, id, "", message, nil, now)
	if err := p.bus.Send(ctx, bus.AlertQueue, bus.Message{Body: body}, 0); !responder.IsPermanent(err) {
		return err
	}
	return p.event(ctx, envelope.SQSEvent(envelope.Delivery{
		ID: id, NotificationID: id, Topic: Topic, Body: message, SentAt: now, NotifiedAt: now, ReceiveCount: 1,
	}))
}

// eventAttempts is how often an event is handed to the receptor.
const eventAttempts = 5

// event hands an event to the receptor itself. What fails is handed to it again, as Lambda would do, unless
// it cannot be read at all.
func (p *Pipeline) event(ctx context.Context, payload []byte) error {
	ds, err := envelope.Read(payload)
	if err != nil {
		return err
	}
	var unreadable []error
	for _, d := range ds {
		if d.Err != nil {
			unreadable = append(unreadable, fmt.Errorf("record %.80q: %w", d.ID, d.Err))
		}
	}
	receptor := p.ports.Receptor()
	for range eventAttempts {
		var answer []byte
		var failed []string
		if answer, err = receptor.Invoke(ctx, payload); err == nil {
			failed, err = envelope.ReadFailures(answer)
		}
		if err == nil && len(failed) <= len(unreadable) {
			return errors.Join(unreadable...)
		}
	}
	return errors.Join(append(unreadable, errors.New("the receptor did not accept the whole event"), err)...)
}

// Reports are the verdicts as they stand, the oldest report first.
func (p *Pipeline) Reports(ctx context.Context) ([]responder.Report, error) {
	list, err := p.store.Since(ctx, time.Time{}, p.clock.Now().Add(time.Minute))
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	reports := make([]responder.Report, 0, len(list))
	for _, s := range list {
		r, ok, err := p.Report(ctx, s.ReportID)
		if err != nil {
			return nil, err
		}
		if ok {
			reports = append(reports, r)
		}
	}
	return reports, nil
}

// Report is the verdict of one report as it stands, whole.
func (p *Pipeline) Report(ctx context.Context, id string) (responder.Report, bool, error) {
	v, ok, err := p.store.Latest(ctx, id)
	if err != nil || !ok {
		return responder.Report{}, false, err
	}
	r, err := record.Report(v)
	if err != nil {
		return r, false, err
	}
	bodies, err := p.store.Bodies(ctx, id)
	return record.Whole(r, bodies), err == nil, err
}
