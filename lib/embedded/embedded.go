// Package embedded runs the whole pipeline in one process: the stages that run on AWS Lambda, with plugins of
// one's own, on a memory of its own.
//
// in → out: messages as senders publish them, and plugins → reports.
//
// Every hop goes through the event JSON that Lambda would deliver, with redelivery, delays and dead letters. Time
// stands still until it is advanced: a deadline of ten minutes passes in microseconds. It is for tests and for
// looking at alerts on a laptop; inside Lambda it refuses to start, since it forgets everything when it ends.
package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Options say what the pipeline consists of. The zero value has no plugins, and settings as a stack that was
// deployed without parameters.
type Options struct {
	Inspectors []Inspector
	Emitters   []Emitter
	// Reviewer is asked for verdicts; the one that ships if nil.
	Reviewer responder.Reviewer

	InspectionDelay   time.Duration // 0 or more, less than ReviewDelay
	ReviewDelay       time.Duration // at most 15 min; 10 min if zero
	AggregationWindow time.Duration // more than ReviewDelay; 24 h if zero

	// Start is what the clock says at first; now if zero.
	Start time.Time
	// Logger gets what the functions would log; nothing is logged if nil.
	Logger *slog.Logger
}

// Inspector is an inspector with its registration.
type Inspector struct {
	// ID names it: 1 to 32 of a-z, 0-9 and -.
	ID string
	// Types of the attributes that it accepts; all if empty.
	Types     []string
	Inspector responder.Inspector
	// Unlisted has it asked, and nobody waits for it, as where its stack has no parameter.
	Unlisted bool
}

// Emitter is an emitter with its name: 1 to 32 of a-z, 0-9 and -.
type Emitter struct {
	ID      string
	Emitter responder.Emitter
}

// Pipeline is everything, in one process. Its methods must not be called from several goroutines at once. A plugin
// that does not return is waited for as long as the method's context lasts; with a deadline, it is cut off in time.
type Pipeline struct{ inner *inprocess.Pipeline }

// New puts a pipeline together. The error names all faults of the options.
func New(o Options) (*Pipeline, error) {
	c := inprocess.Config{
		Reviewer: o.Reviewer, Start: o.Start, Log: o.Logger,
		Rules: protocol.Rules{InspectionDelay: o.InspectionDelay, ReviewDelay: o.ReviewDelay, Window: o.AggregationWindow},
	}
	for _, i := range o.Inspectors {
		if len(i.Types) == 0 {
			i.Types = []string{"*"}
		}
		c.Inspectors = append(c.Inspectors, inprocess.Inspector{
			ID: i.ID, Types: i.Types, Inspector: i.Inspector, Unlisted: i.Unlisted, Options: host.InspectorOptions{},
		})
	}
	for _, e := range o.Emitters {
		c.Emitters = append(c.Emitters, inprocess.Emitter{ID: e.ID, Emitter: e.Emitter})
	}
	p, err := inprocess.New(c)
	if err != nil {
		return nil, fmt.Errorf("embedded: %w", err)
	}
	return &Pipeline{p}, nil
}

// Run sends one alert through a new pipeline, lets time pass until nothing is under way any more, and gives the
// report as it is after its last verdict.
func Run(ctx context.Context, alert responder.Alert, o Options) (responder.Report, error) {
	p, err := New(o)
	if err == nil {
		err = p.SendAlert(ctx, alert)
	}
	if err == nil {
		err = p.Settle(ctx)
	}
	if err != nil {
		return responder.Report{}, err
	}
	reports, err := p.Reports(ctx)
	if err != nil {
		return responder.Report{}, err
	}
	if len(reports) != 1 {
		return responder.Report{}, fmt.Errorf("embedded: the alert has %d verdicts, expected one (one that is resolved opens no report); "+
			"given up: %q", len(reports), p.DeadLetters())
	}
	return reports[0], nil
}

// SendAlert publishes an alert, which needs a name or a rule. Nothing is delivered yet.
func (p *Pipeline) SendAlert(ctx context.Context, alert responder.Alert) error {
	if alert.Name == "" && alert.Rule == "" {
		return errors.New("embedded: alert: name and rule: empty, expected one of them") // it would be one that nobody can read
	}
	message, err := json.Marshal(alert)
	if err != nil {
		return fmt.Errorf("embedded: alert: %w", err)
	}
	return p.Send(ctx, message)
}

// Send publishes a message, whatever its sender's format, or takes a whole event as Lambda would hand it to the
// receptor. Nothing is delivered yet.
func (p *Pipeline) Send(ctx context.Context, message []byte) error { return p.inner.Send(ctx, message) }

// Work delivers messages until none can be delivered without time passing.
func (p *Pipeline) Work(ctx context.Context) error { return p.inner.Work(ctx) }

// Advance lets time pass, and delivers what becomes due on the way.
func (p *Pipeline) Advance(ctx context.Context, d time.Duration) error {
	return p.inner.Advance(ctx, d)
}

// Settle lets time pass until nothing is under way any more: all have answered or are late, all retries are over.
func (p *Pipeline) Settle(ctx context.Context) error { return p.inner.Settle(ctx) }

// Now is what the pipeline's clock says.
func (p *Pipeline) Now() time.Time { return p.inner.Now() }

// Reports are the reports as they are after their last verdict, the oldest first, with the raw messages.
func (p *Pipeline) Reports(ctx context.Context) ([]responder.Report, error) {
	return p.inner.Reports(ctx)
}

// DeadLetters are the messages that were given up, as text for people.
func (p *Pipeline) DeadLetters() []string { return p.inner.DeadLetters() }
