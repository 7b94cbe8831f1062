package load

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	"github.com/m-mizutani/AlertResponder/internal/metrics"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	plugindynamo "github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
)

// Metered is a pipeline on the drivers for AWS, with a meter under them.
type Metered struct {
	*inprocess.Pipeline
	*meter.Meter
	Tables   *dynamo.Store
	together int
	rows     *meter.DynamoDB
	before   bill.Kept
}

// Retention is how long the tables keep what they are given.
const Retention = 90 * 24 * time.Hour

// NewMetered makes one whose stages get so many messages at once, at most: 1 is a quiet day, 10 a storm.
func NewMetered(s Stack, batch int, times meter.Times) (*Metered, error) {
	c := Config()
	memory := maps.Clone(s.Memory)
	sizes := map[string]int{}
	for _, q := range []string{bus.AlertQueue, bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue} {
		if memory[q] == 0 {
			return nil, fmt.Errorf("the template has no function of %s", q)
		}
		sizes[q] = min(batch, pipeline.StageBatch)
	}
	for _, i := range c.Inspectors {
		memory[i.ID], sizes[i.ID] = s.Globally, min(batch, pipeline.InspectorBatch)
	}
	for _, e := range c.Emitters {
		memory[e.ID], sizes[e.ID] = s.Globally, min(batch, pipeline.EmitterBatch)
	}
	m := meter.New(times, memory)
	tables := meter.NewDynamoDB(m.Table)
	tables.AddTables()
	client := tables.Client()
	c.Log = logging.Measured(m, "info", metrics.Meter{Stack: "AlertResponder", Receives: pipeline.StageReceives})
	core := dynamo.New(client, dynamo.Tables{AlertMap: meter.AlertMap, ReportData: meter.ReportData}, Retention)
	c.Wrap = inprocess.Wrap{
		Store:    func(store.Store) store.Store { return core },
		Receipts: func(plugindata.Receipts) plugindata.Receipts { return plugindynamo.New(client, meter.PluginData) },
		Bus:      m.Bus,
		Handler:  func(queue string, h host.Handler) host.Handler { return m.Function(queue, h, sizes[queue]) },
	}
	p, err := inprocess.New(c)
	if err != nil {
		return nil, err
	}
	return &Metered{Pipeline: p, Meter: m, Tables: core, together: batch, rows: tables}, nil
}

// Reset begins at zero, also to count what is kept.
func (p *Metered) Reset() {
	p.Meter.Reset()
	p.before = p.rows.Kept()
}

// Kept is what lies in the tables since the beginning.
func (p *Metered) Kept() bill.Kept { return p.rows.Kept().Since(p.before) }

// lot is how much time passes from one lot of alerts to the next: more than inspections take.
const lot = 5 * time.Second

// Send publishes messages so many at a time, and lets each lot go its way before the next; at last the deadlines come.
func (p *Metered) Send(ctx context.Context, messages ...[]byte) error {
	for n, message := range messages {
		p.Sent(message)
		if err := p.Pipeline.Send(ctx, message); err != nil {
			return err
		}
		if (n+1)%p.together == 0 || n == len(messages)-1 {
			if err := p.Advance(ctx, lot); err != nil {
				return err
			}
		}
	}
	if err := p.Settle(ctx); err != nil {
		return err
	}
	p.Flush()
	if dead := p.DeadLetters(); len(dead) > 0 {
		return fmt.Errorf("dead letters: %.500q", dead)
	}
	return nil
}
