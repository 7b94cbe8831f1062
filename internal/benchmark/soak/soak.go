// Package soak runs the pipeline for a long time under a mixed load, and looks at what it keeps.
//
// in → out: for how long → samples of memory, goroutines and what is stored, and whether any of it grew.
//
// The clock of the pipeline is driven: hours pass in seconds, so that reports are opened, judged and expire all the time.
// What has expired is forgotten as DynamoDB's time to live does it. The bus is rude, plugins fail, hang back and panic.
package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
)

// Options of a soak.
type Options struct {
	For     time.Duration // how long it lasts; warming up comes before
	Samples int           // how often it looks
	Seed    uint64
	Now     func() time.Time
	// Keep has nothing forgotten, to see that growth is noticed.
	Keep bool
	// Rules: small ones have a steady state sooner. Zero: those of the package.
	Rules protocol.Rules
	// Lot is how many alerts come together, and Pause how much time passes to the next lot, on the pipeline's clock.
	Lot   int
	Pause time.Duration
}

// rules are those of a stack, but for the times that decide how much is kept.
var rules = protocol.Rules{ReviewDelay: 10 * time.Minute, Window: 30 * time.Minute, Retention: 90 * time.Minute}

// Sample is what was there at one time, after the collector had run.
type Sample struct {
	At         time.Duration `json:"at_ns"`  // since the first
	Alerts     int           `json:"alerts"` // sent so far
	Heap       int64         `json:"heap"`   // bytes in use
	Objects    int64         `json:"objects"`
	Goroutines int           `json:"goroutines"`
	Reports    int           `json:"reports"` // in the store
	Receipts   int           `json:"receipts"`
	Waiting    int           `json:"waiting"` // messages
}

// Result is a soak.
type Result struct {
	Samples []Sample      `json:"samples"`
	Clock   time.Duration `json:"clock_ns"` // what passed on the pipeline's clock
	Seed    uint64        `json:"seed"`
	Dead    []string      `json:"dead"` // letters
}

// pipeline is one that forgets what has expired.
type pipeline struct {
	*inprocess.Pipeline
	options  Options
	store    *expiring
	receipts *receipts
	mixed    mixed
	alerts   int
	swept    time.Time
}

func begin(o Options) (*pipeline, error) {
	c := &chance{source: rand.New(rand.NewPCG(o.Seed, 1))}
	p := &pipeline{options: o, mixed: mixed{chance: c}, store: &expiring{reports: map[string]bool{}}, receipts: &receipts{keys: map[string]*remembered{}}}
	var err error
	p.Pipeline, err = inprocess.New(inprocess.Config{
		Start: load.Start, Rules: o.Rules, Rude: rand.New(rand.NewPCG(o.Seed, 2)),
		Inspectors: []inprocess.Inspector{
			{ID: "one", Types: []string{"*"}, Inspector: c.inspector("one")},
			{ID: "two", Types: []string{"ipaddr", "domain"}, Inspector: c.inspector("two")},
			{ID: "unlisted", Types: []string{"username"}, Inspector: c.inspector("unlisted"), Unlisted: true},
		},
		Emitters: []inprocess.Emitter{{ID: "chat", Emitter: c.emitter()}, {ID: "pager", Emitter: c.emitter()}},
		Wrap: inprocess.Wrap{
			Store:    func(to store.Store) store.Store { p.store.Store = to; return p.store },
			Receipts: func(plugindata.Receipts) plugindata.Receipts { return p.receipts },
		},
	})
	return p, err
}

// step sends a lot, lets time pass, and forgets what has expired, once a minute.
func (p *pipeline) step(ctx context.Context) error {
	for range p.options.Lot {
		p.alerts++
		if err := p.Send(ctx, p.mixed.message(p.Now())); err != nil {
			return err
		}
	}
	if err := p.Advance(ctx, p.options.Pause); err != nil {
		return err
	}
	if now := p.Now(); !p.options.Keep && now.Sub(p.swept) >= time.Minute {
		p.swept = now
		p.receipts.sweep(now)
		return p.store.sweep(ctx, p.Store(), now.Add(-p.options.Rules.Retention))
	}
	return nil
}

// Run warms up until reports expire as fast as they are opened, and then soaks.
func Run(ctx context.Context, o Options, progress func(string)) (Result, error) {
	if o.Rules == (protocol.Rules{}) {
		o.Rules = rules
	}
	r := Result{Seed: o.Seed}
	p, err := begin(o)
	if err != nil {
		return r, err
	}
	warm := o.Rules.Retention * 3 / 2
	for end := load.Start.Add(warm); p.Now().Before(end); {
		progress(fmt.Sprintf("warming up: %s of %s on the clock, %d alerts, %d reports", p.Now().Sub(load.Start), warm, p.alerts, p.store.size()))
		if err := p.step(ctx); err != nil {
			return r, err
		}
	}
	begun, from := o.Now(), p.Now()
	for n := 0; n <= o.Samples; {
		since := o.Now().Sub(begun)
		if since >= time.Duration(n)*o.For/time.Duration(o.Samples) {
			s := p.sample(since)
			r.Samples = append(r.Samples, s)
			progress(fmt.Sprintf("%d of %d: %d alerts, %.1f MB, %d reports", n, o.Samples, s.Alerts, float64(s.Heap)/1e6, s.Reports))
			n++
			continue
		}
		if err := p.step(ctx); err != nil {
			return r, err
		}
	}
	r.Clock = p.Now().Sub(from)
	r.Dead = p.DeadLetters()
	return r, ctx.Err()
}

func (p *pipeline) sample(since time.Duration) Sample {
	runtime.GC()
	runtime.GC() // what the first only marked as done with
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Sample{
		At: since, Alerts: p.alerts, Heap: int64(m.HeapAlloc), Objects: int64(m.HeapObjects), Goroutines: runtime.NumGoroutine(),
		Reports: p.store.size(), Receipts: p.receipts.size(), Waiting: p.Bus().Pending(),
	}
}

// Allowed is how much the last third may be above the first, as a part of it, and how many goroutines more. What is kept
// goes up and down with the load; what leaks goes on.
const (
	Allowed           = 0.10
	AllowedGoroutines = 4
)

// Err says what grew, or was given up.
func (r Result) Err() error {
	var errs []error
	for _, of := range measures {
		first, last := r.thirds(of.value)
		if last > first*(1+Allowed)+of.more {
			errs = append(errs, fmt.Errorf("%s: %.4g in the last third, %.4g in the first, expected at most %.0f %% more", of.name, last, first, 100*Allowed))
		}
	}
	if len(r.Dead) > 0 {
		errs = append(errs, fmt.Errorf("%d dead letters, the first: %.300s", len(r.Dead), r.Dead[0]))
	}
	if len(r.Samples) < 6 {
		errs = append(errs, fmt.Errorf("%d samples, expected 6 at least", len(r.Samples)))
	}
	return errors.Join(errs...)
}
