package submitter

import (
	"context"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// update changes the item: with one call where the pages bring no attributes.
func (s *Submitter) update(ctx context.Context, in incoming) (protocol.Item, bool, error) {
	if len(in.brought) == 0 {
		return s.Items.CrossOff(ctx, in.ReportID, in.Token, in.Done)
	}
	return s.wave(ctx, in)
}

// wave changes the item and hands out the attributes that the report has not seen.
func (s *Submitter) wave(ctx context.Context, in incoming) (protocol.Item, bool, error) {
	awaiting := s.Desk.Awaiting(ctx)
	item, err := s.Items.Get(ctx, in.fingerprint)
	for {
		if err != nil || item.ReportID != in.ReportID {
			return item, false, err
		}
		plan := protocol.Answer(item, in.Token, in.Done, in.origin, in.brought, awaiting, s.Now.Millis(), s.Rules)
		stands, ok, err := s.commit(ctx, in, item, plan)
		if err != nil {
			return stands, false, err
		}
		if ok {
			return stands, true, s.handOut(ctx, in, stands, plan)
		}
		item = stands
	}
}

// commit crosses off without a condition on ver where nothing depends on the item as read: there is nothing
// new in the pages, or the wave was begun before a crash.
func (s *Submitter) commit(ctx context.Context, in incoming, item protocol.Item, plan protocol.Answering) (protocol.Item, bool, error) {
	if plan.Again || plan.Next.Seen.Equal(item.Seen) {
		return s.Items.CrossOff(ctx, in.ReportID, in.Token, in.Done)
	}
	return s.Items.Swap(ctx, item, plan.Next)
}

func (s *Submitter) handOut(ctx context.Context, in incoming, item protocol.Item, plan protocol.Answering) error {
	if len(plan.Attributes) == 0 {
		return nil
	}
	alert, err := s.firstAlert(ctx, in.ReportID)
	if err != nil {
		return err
	}
	task := responder.TaskMessage{ReportID: in.ReportID, Origin: in.origin, Attributes: plan.Attributes, Alert: alert}
	return s.Desk.Tasks(ctx, item, []responder.TaskMessage{task}, 0)
}

// firstAlert is what a further wave's task says of the incident, without its raw text. Bodies that cannot be
// read are for the reviewer to complain about.
func (s *Submitter) firstAlert(ctx context.Context, reportID string) (responder.Alert, error) {
	bodies, err := s.Bodies.Bodies(ctx, reportID)
	if err != nil {
		return responder.Alert{}, err
	}
	evidence, _ := record.Evidence(bodies, nil)
	if len(evidence.Alerts) == 0 {
		return responder.Alert{}, nil
	}
	alert := evidence.Alerts[0]
	alert.Raw = ""
	return alert, nil
}
