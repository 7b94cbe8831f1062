// Package handout is what receptor and submitter do alike after an update: set the deadline, publish tasks,
// and send what the returned item asks for.
//
// in → out: the item that an update returned, and tasks → messages on TaskNotification, InspectionQueue and
// ReviewQueue.
package handout

import (
	"context"
	"log/slog"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/clock"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Outbox takes the messages.
type Outbox interface {
	Task(ctx context.Context, t responder.TaskMessage) error
	Delay(ctx context.Context, t responder.TaskMessage, d time.Duration) error
	Review(ctx context.Context, m bus.ReviewMessage, d time.Duration) error
}

// Inspectors lists who is awaited. An error means that nobody knows.
type Inspectors interface {
	Inspectors(ctx context.Context) ([]registry.Inspector, error)
}

// Desk hands out tasks.
type Desk struct {
	Outbox     Outbox
	Inspectors Inspectors
	Now        clock.Clock
	Log        *slog.Logger
}

// Awaiting reads who is awaited, once for all attributes of an invocation. Where the list cannot be read, the
// verdict waits for the deadline.
func (d Desk) Awaiting(ctx context.Context) protocol.Awaiting {
	var list []registry.Inspector
	var known, read bool
	return func(attrs []responder.Attribute) []string {
		if !read {
			var err error
			list, err = d.Inspectors.Inspectors(ctx)
			read, known = true, err == nil
			if err != nil {
				d.Log.WarnContext(ctx, "the inspectors' list cannot be read, waiting for the deadline", "error", err)
			}
		}
		if !known {
			return []string{protocol.Unlisted}
		}
		return accepting(list, attrs)
	}
}

func accepting(list []registry.Inspector, attrs []responder.Attribute) (ids []string) {
	for _, i := range list {
		for _, a := range attrs {
			if i.Accepts(a.Type) {
				ids = append(ids, i.ID)
				break
			}
		}
	}
	return ids
}

// Tasks sets the deadline that the item names and publishes the tasks, after the delay. The deadline comes
// first: a task that is out must be waited for.
func (d Desk) Tasks(ctx context.Context, item protocol.Item, tasks []responder.TaskMessage, delay time.Duration) error {
	if len(tasks) == 0 {
		return nil
	}
	if len(item.Pending) > 0 {
		if err := d.deadline(ctx, item); err != nil {
			return err
		}
	}
	for _, t := range tasks {
		if err := d.task(ctx, t, delay); err != nil {
			return err
		}
	}
	return nil
}

func (d Desk) task(ctx context.Context, t responder.TaskMessage, delay time.Duration) error {
	if delay > 0 {
		return d.Outbox.Delay(ctx, t, delay)
	}
	return d.Outbox.Task(ctx, t)
}

func (d Desk) deadline(ctx context.Context, item protocol.Item) error {
	left := time.UnixMilli(item.DeadlineAt).Sub(d.Now())
	return d.Outbox.Review(ctx, bus.ReviewMessage{ReportID: item.ReportID, DeadlineAt: item.DeadlineAt}, max(left, 0))
}

// After does what the item asks for before its message is acknowledged.
func (d Desk) After(ctx context.Context, item protocol.Item) error {
	switch protocol.Then(item, d.Now.Millis()) {
	case protocol.Review:
		return d.Outbox.Review(ctx, bus.ReviewMessage{ReportID: item.ReportID}, 0)
	case protocol.Heal:
		d.Log.WarnContext(ctx, "the deadline has passed unnoticed, sending it again", "report_id", item.ReportID)
		return d.deadline(ctx, item)
	}
	return nil
}
