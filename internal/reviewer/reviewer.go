// Package reviewer judges reports: compile, ask the policy, put the verdict, publish, settle.
//
// in → out: a review or a deadline from ReviewQueue → the verdict in ReportData, and on ReportNotification.
package reviewer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/clock"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Items holds the reports' items; store.Store says what its methods do.
type Items interface {
	Get(ctx context.Context, fingerprint string) (protocol.Item, error)
	Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error)
	Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error)
}

// Bodies gives the evidence, and keeps the verdicts.
type Bodies interface {
	Bodies(ctx context.Context, reportID string) ([]store.Body, error)
	PutVerdict(ctx context.Context, reportID string, v store.Verdict) (store.Verdict, error)
}

// Notices tells people.
type Notices interface {
	Report(ctx context.Context, r responder.Report) error
}

// Reviewer is the stage that judges.
type Reviewer struct {
	Items   Items
	Bodies  Bodies
	Policy  responder.Reviewer
	Notices Notices
	Desk    handout.Desk
	Now     clock.Clock
	Log     *slog.Logger
	// LastReceive is the receive count after which a review message is dead-lettered.
	LastReceive int
}

const maxNames = 200 // bytes of inspectors' ids in a log line

// Deliver takes one message of ReviewQueue.
func (r *Reviewer) Deliver(ctx context.Context, d envelope.Delivery) error {
	var m bus.ReviewMessage
	if err := json.Unmarshal([]byte(d.Body), &m); err != nil {
		return fmt.Errorf("review: %w", err)
	}
	if err := responder.CheckVersion(m.V); err != nil {
		return fmt.Errorf("review: %w", err)
	}
	fingerprint, _, err := protocol.ParseReportID(m.ReportID)
	if err != nil {
		return fmt.Errorf("review: %w", err)
	}
	item, err := r.Items.Get(ctx, fingerprint)
	switch {
	case err != nil:
		return err
	case item.ReportID != m.ReportID:
		r.Log.InfoContext(ctx, "a review of a report that is not current", "report_id", m.ReportID)
		return nil
	case m.DeadlineAt != 0:
		return r.deadline(ctx, item, m.DeadlineAt)
	case !item.WantsReview():
		return nil
	}
	return r.review(ctx, item, attempt{d.ReceiveCount, r.LastReceive})
}

// deadline ends the waiting for those who have not answered.
func (r *Reviewer) deadline(ctx context.Context, item protocol.Item, at int64) error {
	for {
		next, ok := protocol.Deadline(item, at)
		if !ok {
			return r.after(ctx, item)
		}
		stands, ok, err := r.Items.Swap(ctx, item, next)
		switch {
		case err != nil:
			return err
		case stands.ReportID != item.ReportID:
			return nil
		case ok:
			r.late(ctx, item)
			return r.after(ctx, stands)
		}
		item = stands
	}
}

// late says who was still awaited at the deadline; who took the item past it says so, and nobody else.
func (r *Reviewer) late(ctx context.Context, was protocol.Item) {
	var ids []string
	for _, token := range was.Pending {
		if _, _, id, err := protocol.ParseToken(token); err == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	r.Log.WarnContext(ctx, "answers are missing at the deadline", "report_id", was.ReportID, "late", len(ids),
		"inspectors", entity.Cut(strings.Join(ids, ","), maxNames))
}

// after is rule R3. Healing is not for the deadline itself: it has just come.
func (r *Reviewer) after(ctx context.Context, item protocol.Item) error {
	if !item.WantsReview() {
		return nil
	}
	return r.Desk.After(ctx, item)
}

// review makes the verdict on the item as read. Publishing comes before settling, so that a judged report is
// a published one; a verdict that is published twice has the same seq and the same content.
func (r *Reviewer) review(ctx context.Context, item protocol.Item, a attempt) error {
	report, err := r.verdict(ctx, item, a)
	if err != nil {
		return err
	}
	if err := r.Notices.Report(ctx, report); err != nil {
		return err
	}
	before, made, err := r.Items.Settle(ctx, item.ReportID, item.Ver, report.Result.Severity)
	if err != nil {
		return err
	}
	if made {
		r.tell(ctx, item, report, before == 0)
	}
	return nil
}

// tell writes the one line of a verdict that went well. Package metrics reads it; what came before the first verdict is told
// with that one alone, so that sums come out right. Which one is the first is said by what settling it found: others
// may have read the same item.
func (r *Reviewer) tell(ctx context.Context, item protocol.Item, report responder.Report, first bool) {
	args := []any{"report_id", item.ReportID, "severity", report.Result.Severity}
	if first {
		args = append(args, "alerts", report.AlertCount, "ms", max(r.Now.Millis()-item.OpenedAt, 0))
	} else {
		args = append(args, "seq", report.Seq)
	}
	r.Log.InfoContext(ctx, "verdict", args...)
}
