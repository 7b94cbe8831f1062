// Package pagerduty pages the people on call: it opens an incident of each report that is urgent, and resolves it.
//
// in → out: a report → an event of PagerDuty's Events API v2 (trigger, resolve), or none; and the receipt with what is
// open there.
//
// The incident's key is the report's id, so that an event which is sent twice changes nothing: "Submitting subsequent
// events with the same dedup_key will result in those events being applied to an open alert matching that dedup_key"
// (Events API v2, "Send an Alert Event", "Alert De-Duplication"). One call of Emit makes one request, or none.
//
// After the last verdict an incident is open where that pages and its source has not said that it is over. Only verdicts
// resolve. A notice triggers where it has overtaken the verdict that pages, and says so, or where that could not be told.
//
// A trigger for what is resolved already opens another incident, also where a person resolved it. So an open incident is
// told again only of what they would want to be woken for: see matters.
package pagerduty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// ID is the emitter's id.
const ID = "pagerduty"

type emitter struct {
	options options
	render  render.Options
	api     *api
	now     func() time.Time
}

// New makes the emitter. All faults of the settings are one error.
func New(s delivery.Settings) (responder.Emitter, error) {
	o, err1 := parseOptions(s.Env("PAGERDUTY_OPTIONS"))
	view, err2 := render.FromEnv(s.Env)
	var err3 error
	if s.Key == nil {
		err3 = errors.New("key: missing, expected the key of an integration")
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("%s: %w", ID, err)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.BaseURL = cmp.Or(s.BaseURL, o.baseURL)
	return &emitter{o, view, newAPI(s), s.Now}, nil
}

// Emit implements responder.Emitter.
func (e *emitter) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	if r.ReportID == "" { // each event without a key is an incident of its own
		return nil, responder.Permanent(fmt.Errorf("%s: report_id: empty, expected the report's id", ID))
	}
	was := readMemory(prev)
	n := notification{report: r, view: e.render.View(r, was.state), was: was, least: e.options.least, unsure: responder.Interrupted(ctx)}
	do := n.decide()
	var err error
	switch do {
	case trigger:
		err = e.api.trigger(ctx, e.event(n))
	case resolve:
		err = e.api.send(ctx, event{Action: resolve, DedupKey: dedupKey(r.ReportID)})
	}
	return n.after(do, err).receipt(), err
}
