// Package inprocess puts the whole pipeline into one process: the stages and plugins that run on Lambda, on
// an in-memory store and bus, with every hop through the event JSON that Lambda would deliver.
//
// in → out: plugins and settings → a pipeline that takes messages and gives reports, on a clock of its own.
package inprocess

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	pluginmemory "github.com/m-mizutani/AlertResponder/internal/plugindata/memory"
	"github.com/m-mizutani/AlertResponder/internal/receptor"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
)

// Pipeline is everything, in one process. Its methods must not be called from several goroutines at once.
type Pipeline struct {
	config   Config
	clock    *clock
	store    *memory.Store
	bus      *membus.Bus
	receipts plugindata.Receipts
	ports    pipeline.Ports
	sent     int
}

// New puts a pipeline together. The error names all faults of the configuration; inside Lambda it always
// fails, since what is kept in memory there is lost.
func New(c Config) (*Pipeline, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &Pipeline{config: c, clock: &clock{now: c.Start}}
	var err error
	if p.store, err = memory.New(); err != nil {
		return nil, err
	}
	if p.receipts, err = pluginmemory.New(); err != nil {
		return nil, err
	}
	if p.bus, err = membus.New(membus.Options{Now: p.clock.Now, Rude: c.Rude}); err != nil {
		return nil, err
	}
	p.wire()
	return p, nil
}

// wire is what template.yml does, in the same order: the flow.
func (p *Pipeline) wire() {
	stage := membus.QueueConfig{Visibility: pipeline.StageVisibility, MaxReceive: pipeline.StageReceives}
	for _, t := range []string{bus.AlertNotification, bus.TaskNotification, bus.ReportNotification} {
		p.bus.AddTopic(t)
	}
	for _, q := range []string{bus.AlertQueue, bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue} {
		p.bus.AddQueue(q, stage)
	}
	p.bus.Subscribe(bus.AlertNotification, bus.AlertQueue, false, nil)
	p.ports = p.stages()
	p.run(bus.AlertQueue, p.ports.Receptor(), pipeline.StageBatch)
	p.run(bus.InspectionQueue, p.ports.Dispatcher(), pipeline.StageBatch)
	for _, i := range p.config.Inspectors {
		p.inspector(i)
	}
	p.run(bus.SubmissionQueue, p.ports.Submitter(), pipeline.StageBatch)
	p.run(bus.ReviewQueue, p.ports.Reviewer(), pipeline.StageBatch)
	for _, e := range p.config.Emitters {
		p.emitter(e)
	}
}

func (p *Pipeline) stages() pipeline.Ports {
	return pipeline.Ports{
		Store:      wrapped(p.config.Wrap.Store, store.Store(p.store)),
		Bus:        wrapped(p.config.Wrap.Bus, bus.Bus(p.bus)),
		Inspectors: wrapped(p.config.Wrap.Inspectors, handout.Inspectors(p.listed())),
		Mappings:   p.mappings(),
		Policy:     p.config.Reviewer,
		Postpone:   p.postponer(),
		Rules:      p.config.Rules,
		Now:        p.clock.Now,
		Log:        p.config.Log,
	}
}

// mappings are always there: they are of the configuration.
func (p *Pipeline) mappings() receptor.Mappings {
	if p.config.Mappings == nil {
		return nil
	}
	return receptor.MappingsFunc(func(context.Context) (ingest.Mappings, error) { return p.config.Mappings, nil })
}

// wrapped is a port as a test wants it.
func wrapped[T any](wrap func(T) T, port T) T {
	if wrap != nil {
		return wrap(port)
	}
	return port
}

func (p *Pipeline) postponer() host.Postponer {
	return wrapped(p.config.Wrap.Postpone, host.Postponer(p.bus))
}

func (p *Pipeline) run(queue string, h host.Handler, batch int) {
	if w := p.config.Wrap.Handler; w != nil {
		h = w(queue, h)
	}
	p.bus.Map(queue, h, batch)
}

var pluginQueue = membus.QueueConfig{Visibility: pipeline.PluginVisibility, MaxReceive: pipeline.PluginReceives}

func (p *Pipeline) inspector(i Inspector) {
	p.bus.AddQueue(i.ID, pluginQueue)
	p.bus.Subscribe(bus.TaskNotification, i.ID, true, i.Types)
	o := i.Options
	o.ID, o.Types = i.ID, i.Types
	p.run(i.ID, host.Inspector(i.Inspector, host.InspectorPorts{
		Submit: bus.Outbox{Bus: wrapped(p.config.Wrap.Bus, bus.Bus(p.bus))}, Postpone: p.postponer(), Now: p.clock.Now, Log: p.config.Log,
	}, o), pipeline.InspectorBatch)
}

func (p *Pipeline) emitter(e Emitter) {
	p.bus.AddQueue(e.ID, pluginQueue)
	p.bus.Subscribe(bus.ReportNotification, e.ID, true, nil)
	o := e.Options
	o.ID, o.Retention = e.ID, p.config.Rules.Retention
	p.run(e.ID, host.Emitter(e.Emitter, host.EmitterPorts{
		Receipts: wrapped(p.config.Wrap.Receipts, p.receipts), Postpone: p.postponer(),
		Submit: bus.Outbox{Bus: wrapped(p.config.Wrap.Bus, bus.Bus(p.bus))}, Now: p.clock.Now, Log: p.config.Log,
	}, o), pipeline.EmitterBatch)
}

// entry is the inspector as its SSM parameter would say it.
func (i Inspector) entry() (registry.Inspector, error) {
	return registry.Parse(i.ID, strings.Join(i.Types, ","))
}

func (p *Pipeline) listed() registry.Static {
	var list registry.Static
	for _, i := range p.config.Inspectors {
		if entry, err := i.entry(); err == nil && !i.Unlisted {
			list = append(list, entry)
		}
	}
	return list
}

// Now is what the pipeline's clock says.
func (p *Pipeline) Now() time.Time { return p.clock.Now() }

// Step delivers one batch of one queue, and says whether there was one.
func (p *Pipeline) Step(ctx context.Context) bool { return p.bus.Step(ctx) }

// Work delivers until nothing can be delivered without time passing.
func (p *Pipeline) Work(ctx context.Context) error {
	for p.bus.Step(ctx) {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Advance lets time pass, and delivers what becomes due on the way.
func (p *Pipeline) Advance(ctx context.Context, d time.Duration) error {
	end := p.clock.Now().Add(d)
	for {
		if err := p.Work(ctx); err != nil {
			return err
		}
		due, ok := p.bus.NextDue()
		if !ok || due.After(end) {
			p.clock.advance(end)
			return p.Work(ctx)
		}
		p.clock.advance(due)
	}
}

// Settle lets time pass until nothing is under way any more: all have answered or are late, all retries are
// over.
func (p *Pipeline) Settle(ctx context.Context) error {
	for {
		if err := p.Work(ctx); err != nil {
			return err
		}
		due, ok := p.bus.NextDue()
		if !ok {
			return nil
		}
		p.clock.advance(due)
	}
}

// DeadLetters are the messages that were given up, as text for people.
func (p *Pipeline) DeadLetters() []string {
	var out []string
	for _, d := range p.bus.DeadLetters() {
		out = append(out, fmt.Sprintf("%s: %s: %s", d.Queue, d.ID, d.Reason))
	}
	return out
}

// Bus is the bus, for tests that look at messages.
func (p *Pipeline) Bus() *membus.Bus { return p.bus }

// Store is the store, for tests that look at items.
func (p *Pipeline) Store() *memory.Store { return p.store }
