package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ReviewMessage is the message on ReviewQueue: a review that is due, or a deadline.
type ReviewMessage struct {
	V        int    `json:"v,omitempty"`
	ReportID string `json:"report_id"`
	// DeadlineAt is the deadline that has come, in epoch milliseconds; 0 in a review.
	DeadlineAt int64 `json:"deadline_at,omitempty"`
}

// Outbox puts the stages' messages on a Bus: stamped with the schema version, cut to what the service takes,
// with the attributes that subscribers filter by. What it is given is not changed.
type Outbox struct{ Bus Bus }

// Task publishes a task on TaskNotification, with the attribute types (String.Array): the distinct types of
// its attributes, and always "*". The task's attributes are all in it; of its alert what fits, never the raw
// text.
func (o Outbox) Task(ctx context.Context, t responder.TaskMessage) error {
	t = fittingTask(t)
	m, err := message(t, taskAttributes(t))
	if err != nil {
		return fmt.Errorf("task %s of report %s: %w", entity.Cut(t.Origin, 80), entity.Cut(t.ReportID, 80), err)
	}
	return o.Bus.Publish(ctx, TaskNotification, m)
}

// Delay puts a task into InspectionQueue, to be published after d (0 to MaxDelay).
func (o Outbox) Delay(ctx context.Context, t responder.TaskMessage, d time.Duration) error {
	return o.send(ctx, InspectionQueue, fittingTask(t), d)
}

// Review puts a review or a deadline into ReviewQueue, to be delivered after d (0 to MaxDelay).
func (o Outbox) Review(ctx context.Context, m ReviewMessage, d time.Duration) error {
	m.V = responder.SchemaVersion
	return o.send(ctx, ReviewQueue, m, d)
}

// Submit puts a submission into SubmissionQueue. One over MaxMessage is refused with a permanent error: how to
// part pages is for who has them.
func (o Outbox) Submit(ctx context.Context, s responder.Submission) error {
	s.V = responder.SchemaVersion
	return o.send(ctx, SubmissionQueue, s, 0)
}

// Report publishes a report on ReportNotification, with the attributes status and severity. Attributes must
// not be empty: a notice before the first verdict has no severity attribute. What does not fit is cut in the
// order of reportCuts, always the same from the same report, and Truncated says so.
func (o Outbox) Report(ctx context.Context, r responder.Report) error {
	r = fittingReport(r)
	m, err := message(r, reportAttributes(r))
	if err != nil {
		return fmt.Errorf("report %s: %w", entity.Cut(r.ReportID, 80), err)
	}
	return o.Bus.Publish(ctx, ReportNotification, m)
}

// Alert puts a message into AlertQueue, to be delivered after d (0 to MaxDelay): one that came from there.
func (o Outbox) Alert(ctx context.Context, body string, attributes map[string]string, d time.Duration) error {
	m := Message{Body: body}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if attributes[name] != "" {
			m.Attributes = append(m.Attributes, Attribute{Name: name, Value: attributes[name]})
		}
	}
	return o.Bus.Send(ctx, AlertQueue, m, d)
}

func (o Outbox) send(ctx context.Context, queue string, v any, d time.Duration) error {
	body, err := Encode(v)
	if err != nil {
		return responder.Permanent(fmt.Errorf("message for %s: %w", queue, err))
	}
	return o.Bus.Send(ctx, queue, Message{Body: body}, d)
}

func message(v any, attrs []Attribute) (Message, error) {
	body, err := Encode(v)
	return Message{body, attrs}, responder.Permanent(err)
}

func taskAttributes(t responder.TaskMessage) []Attribute {
	return []Attribute{{Name: "types", List: typesOf(t.Attributes)}}
}

func reportAttributes(r responder.Report) (attrs []Attribute) {
	if r.Status != "" {
		attrs = append(attrs, Attribute{Name: "status", Value: string(r.Status)})
	}
	if r.Result.Severity != "" {
		attrs = append(attrs, Attribute{Name: "severity", Value: string(r.Result.Severity)})
	}
	return attrs
}
