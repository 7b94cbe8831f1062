package receptor

import (
	"context"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// join takes a group of alerts into their report, in the order of rule R1: body, item, deadline, task,
// notice. It returns the error of each alert by its index.
func (r *Receptor) join(ctx context.Context, g *group) []error {
	joined, err := r.update(ctx, g)
	if err == nil && joined != nil {
		err = r.tell(ctx, joined)
	}
	errs := make([]error, len(g.arrivals))
	for n, a := range g.arrivals {
		if errs[n] = a.err; a.err == nil {
			errs[n] = err
		}
	}
	return errs
}

// joined is a group after its update: the item that the update returned, and what led to it.
type joined struct {
	item     protocol.Item
	plan     protocol.Joining
	arrivals []*arrival // those that the plan speaks of
}

// update makes the group part of a report. It returns nil if there is no report to join: the alerts only say
// that something is over of which nothing is known.
func (r *Receptor) update(ctx context.Context, g *group) (*joined, error) {
	awaiting := r.Desk.Awaiting(ctx)
	item, err := r.stand(ctx, g)
	for err == nil {
		if !item.Exists() {
			r.Log.InfoContext(ctx, "resolved by its source, and no report is open", "fingerprint", g.fingerprint)
			return nil, nil
		}
		alive := g.alive(item.ReportID)
		plan := protocol.Join(item, protocolArrivals(alive), awaiting, r.Now.Millis(), r.Rules)
		if !r.store(ctx, item.ReportID, alive, plan.Bodies) {
			continue // without those whose body failed
		}
		stands, ok, commitErr := r.commit(ctx, item, plan)
		if commitErr != nil || ok {
			return &joined{stands, plan, alive}, commitErr
		}
		if stands.ReportID == item.ReportID {
			item = stands
		} else {
			item, err = r.stand(ctx, g) // another report took its place: begin again
		}
	}
	return nil, err
}

// stand returns the item to join. Alerts that only resolve never open a report.
func (r *Receptor) stand(ctx context.Context, g *group) (protocol.Item, error) {
	for _, a := range g.arrivals {
		if a.State.OrFiring() == responder.Firing {
			now := r.Now.Millis()
			return r.Items.Open(ctx, protocol.Fresh(g.fingerprint, now, r.Rules), now)
		}
	}
	return r.Items.Get(ctx, g.fingerprint)
}

// alive are the alerts that have not dropped out. Those whose body the report has are evidence from then on.
func (g *group) alive(reportID string) []*arrival {
	var alive []*arrival
	for _, a := range g.arrivals {
		if a.err == nil {
			a.Stored = a.storedIn == reportID
			alive = append(alive, a)
		}
	}
	return alive
}

func protocolArrivals(as []*arrival) []protocol.Arrival {
	out := make([]protocol.Arrival, len(as))
	for n, a := range as {
		out[n] = a.Arrival
	}
	return out
}

// store puts the bodies of the alerts with the given indexes, and says whether all could be stored.
func (r *Receptor) store(ctx context.Context, reportID string, as []*arrival, which []int) bool {
	ok := true
	for _, n := range which {
		a := as[n]
		body, err := record.Alert(a.ID, a.sentAt.UnixMilli(), a.alert)
		if err == nil {
			err = r.Bodies.PutBody(ctx, reportID, body)
		}
		if a.err = err; err != nil {
			ok = false
			continue
		}
		a.storedIn = reportID
	}
	return ok
}

// commit makes the one update that the plan asks for: none if all of it was made before a crash.
func (r *Receptor) commit(ctx context.Context, item protocol.Item, p protocol.Joining) (protocol.Item, bool, error) {
	switch {
	case len(p.Evidence) > 0:
		return r.Items.Swap(ctx, item, p.Next)
	case p.Repeats > 0:
		return r.Items.Count(ctx, item.ReportID, int64(p.Repeats), p.Next.LastSeen)
	}
	return item, true, nil
}

// tell sends what the update leads to.
func (r *Receptor) tell(ctx context.Context, j *joined) error {
	if err := r.handOut(ctx, j); err != nil {
		return err
	}
	if news := append(append([]int(nil), j.plan.Evidence...), j.plan.Again...); len(news) > 0 {
		if err := r.Notices.Report(ctx, notice(j, news)); err != nil {
			return err
		}
	}
	return r.Desk.After(ctx, j.item)
}

func (r *Receptor) handOut(ctx context.Context, j *joined) error {
	if len(j.plan.Handouts) == 0 {
		return nil
	}
	tasks := make([]responder.TaskMessage, len(j.plan.Handouts))
	var sent time.Time
	for n, h := range j.plan.Handouts {
		a := j.arrivals[h.Arrival]
		if sent.IsZero() || a.sentAt.Before(sent) {
			sent = a.sentAt
		}
		tasks[n] = responder.TaskMessage{ReportID: j.item.ReportID, Origin: h.Origin, Attributes: h.Attributes, Alert: withoutRaw(a.alert)}
	}
	// The delay counts from the alert's arrival: what it has waited already is taken off.
	return r.Desk.Tasks(ctx, j.item, tasks, max(0, r.Rules.InspectionDelay-max(0, r.Now().Sub(sent))))
}

func withoutRaw(a responder.Alert) responder.Alert {
	a.Raw = ""
	return a
}

// notice tells of the arriving alerts. It changes no verdict: its severity is the one that stands.
func notice(j *joined, news []int) responder.Report {
	report := responder.Report{
		ReportID:   j.item.ReportID,
		Alert:      j.arrivals[news[0]].alert,
		Result:     responder.Result{Severity: j.item.Verdict},
		Status:     responder.StatusOngoing,
		Seq:        j.item.NoticeSeq(),
		AlertCount: j.item.Count,
		OpenedAt:   responder.At(time.UnixMilli(j.item.OpenedAt)),
	}
	if j.item.Ver == 1 {
		report.Status = responder.StatusNew
	}
	for _, n := range news {
		report.Alerts = append(report.Alerts, j.arrivals[n].alert)
	}
	return report
}
