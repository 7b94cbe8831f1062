// Package receptor opens reports for alerts, or joins alerts to the open report of the same incident.
//
// in → out: deliveries from AlertQueue → the report's item and the alerts' bodies; the deadline on
// ReviewQueue; tasks on TaskNotification or InspectionQueue; a notice on ReportNotification.
package receptor

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/clock"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Items holds the reports' items; store.Store says what its methods do.
type Items interface {
	Get(ctx context.Context, fingerprint string) (protocol.Item, error)
	Open(ctx context.Context, fresh protocol.Item, now int64) (protocol.Item, error)
	Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error)
	Count(ctx context.Context, reportID string, n, lastSeen int64) (protocol.Item, bool, error)
}

// Bodies keeps the alerts.
type Bodies interface {
	PutBody(ctx context.Context, reportID string, b store.Body) error
}

// Notices tells people.
type Notices interface {
	Report(ctx context.Context, r responder.Report) error
}

// Mappings has the readers of messages of one's own senders. An error says that nobody knows now whether there are any: messages
// that one of them may know come back.
type Mappings interface {
	Mappings(ctx context.Context) (ingest.Mappings, error)
}

// MappingsFunc is the adapter.
type MappingsFunc func(ctx context.Context) (ingest.Mappings, error)

// Mappings implements Mappings.
func (f MappingsFunc) Mappings(ctx context.Context) (ingest.Mappings, error) { return f(ctx) }

// Receptor is the first stage.
type Receptor struct {
	Mappings Mappings // may be nil
	Items    Items
	Bodies   Bodies
	Notices  Notices
	Desk     handout.Desk
	Again    Again // may be nil: a message of which an alert failed comes back as a whole
	Rules    protocol.Rules
	Now      clock.Clock
	Log      *slog.Logger
}

// lateAfter is how old an alert must be to say that it is late: older than any usual queueing.
const lateAfter = 15 * time.Minute

// Receive takes a batch of deliveries, and returns the error of each by its index. Alerts of one fingerprint
// are joined in memory first, so that a storm costs one write per batch. What there is no time for comes back at once.
func (r *Receptor) Receive(ctx context.Context, ds []envelope.Delivery) []error {
	reader, err := r.reader(ctx)
	if err != nil && ctx.Err() == nil {
		errs := make([]error, len(ds))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	groups := r.groups(reader, ds)
	for _, g := range groups {
		if err := r.begin(ctx, g); err != nil {
			for _, a := range g.arrivals {
				a.failed = err
			}
			continue
		}
		if len(g.arrivals) == 0 {
			continue
		}
		for n, err := range r.join(ctx, g) {
			g.arrivals[n].failed = err
		}
	}
	return r.answers(ctx, ds, groups)
}

// reader is who reads the messages of a batch.
func (r *Receptor) reader(ctx context.Context) (ingest.Reader, error) {
	if r.Mappings == nil || ctx.Err() != nil { // nothing is begun any more
		return ingest.Reader{}, nil
	}
	m, err := r.Mappings.Mappings(ctx)
	if err != nil {
		return ingest.Reader{}, fmt.Errorf("mappings: %w", err)
	}
	return ingest.Reader{Mappings: m}, nil
}

// begin makes a group ready to be joined: there is time for it, and no echo in it.
func (r *Receptor) begin(ctx context.Context, g *group) error {
	if err := ctx.Err(); err != nil {
		return responder.RetryAfter(fmt.Errorf("not begun: %w", err), 0)
	}
	return r.dropEchoes(ctx, g)
}

// group is the alerts of one fingerprint in a batch, in the order of their arrival.
type group struct {
	fingerprint string
	arrivals    []*arrival
}

// arrival is one alert on its way into a report.
type arrival struct {
	protocol.Arrival
	alert    responder.Alert
	echo     bool
	sentAt   time.Time
	delivery int    // index in the batch
	index    int    // in the delivery
	of       int    // alerts in the delivery
	times    int    // how often the delivery was sent again
	storedIn string // the report that has its body
	err      error  // its body could not be stored: it drops out
	failed   error  // for whatever reason
}

func (r *Receptor) groups(reader ingest.Reader, ds []envelope.Delivery) []*group {
	var groups []*group
	byPrint := map[string]*group{}
	raws := map[string]string{} // by id
	for n, d := range ds {
		list := reader.Alerts(d)
		meant := choose(d, len(list))
		for i, in := range list {
			if !meant.has(i) {
				continue
			}
			raw, known := raws[in.ID]
			if known && raw == in.Alert.Raw { // one delivery, twice in one batch
				continue
			}
			if known { // a sender that gives two messages one id
				in.ID = entity.ID(entity.JSON(in.ID, in.Alert.Raw))
			}
			raws[in.ID] = in.Alert.Raw
			g := byPrint[in.Fingerprint]
			if g == nil {
				g = &group{fingerprint: in.Fingerprint}
				byPrint[in.Fingerprint] = g
				groups = append(groups, g)
			}
			a := r.arrival(in, n)
			a.index, a.of, a.times = i, len(list), meant.times
			g.arrivals = append(g.arrivals, a)
		}
	}
	return groups
}

func (r *Receptor) arrival(in ingest.Incoming, delivery int) *arrival {
	now := r.Now()
	if in.SentAt.IsZero() {
		in.SentAt = now
	}
	a := in.Alert
	a.Late = a.Late || now.Sub(in.SentAt) > lateAfter
	if a.Timestamp.LastTime().IsZero() {
		a.Timestamp = responder.Span(in.SentAt, in.SentAt)
	}
	return &arrival{
		Arrival: protocol.Arrival{
			ID:       in.ID,
			Attrs:    a.Attrs,
			Severity: a.Severity,
			State:    a.State,
			// A clock that runs ahead must not outrank every later change of state.
			LastSeen: min(a.Timestamp.LastTime().UnixMilli(), now.UnixMilli()),
		},
		alert:    a,
		echo:     in.Echo,
		sentAt:   in.SentAt,
		delivery: delivery,
	}
}
