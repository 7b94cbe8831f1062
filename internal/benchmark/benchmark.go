// Package benchmark measures the project against what it must reach, in one run with what it is compared to.
//
// in → out: a checkout → rates, costs and starts, the targets that they reach, and docs/benchmarks.md.
//
// Counts (calls, bytes, units, dollars) are exact: tests hold them. Times are compared as ratios of what ran in turns, by
// the fastest and by the fastest quarter, since whatever else the machine does only adds.
package benchmark

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/past"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/speed"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/start"
	"github.com/m-mizutani/AlertResponder/internal/metrics"
)

// Size is how much is measured.
type Size struct {
	News, Repeats, Many int // alerts of a round
	Rounds              int
	Within              time.Duration // for the rounds of a workload
	Grown               int           // alerts that one pipeline gets, at most
	Growing             time.Duration // and for how long
	Starts              int           // of each function
}

// Full is what `make bench` measures, in some minutes on two cores; Quick is a look.
var (
	Full  = Size{News: 2000, Repeats: 20_000, Many: 150, Rounds: 5, Within: 45 * time.Second, Grown: 100_000, Growing: 60 * time.Second, Starts: 60}
	Quick = Size{News: 300, Repeats: 3000, Many: 20, Rounds: 1, Grown: 1000, Growing: 5 * time.Second, Starts: 8}
)

// Results are all that was measured.
type Results struct {
	Machine Machine        `json:"machine"`
	Targets []Target       `json:"targets"`
	Speed   []speed.Result `json:"speed"`
	Growth  []speed.Growth `json:"growth"`
	Starts  []start.Times  `json:"starts"`
	Costs   []Cost         `json:"costs"`
	Hops    Hops           `json:"hops"`
	Idle    Idle           `json:"idle"`
	Past    Past           `json:"past"`
}

// Idle is what a month costs in which nothing happens.
type Idle struct {
	bill.Usual
	Mappings int   `json:"mappings"`
	Optional int   `json:"optional"`
	Alarms   int   `json:"alarms"`
	Polls    int64 `json:"polls"`
	// Metrics is how many metrics of its own a stack has, and Measured what they cost in a month in which each gets a value
	// in every hour.
	Metrics  int          `json:"metrics"`
	Measured bill.Dollars `json:"measured"`
}

// Past is what the flow of the predecessors costs at least, by the same rules.
type Past struct {
	Calls map[string]int64 `json:"calls"` // by what comes in
	Bill  bill.Bill        `json:"bill"`  // of a million alerts, a quarter repeats
	Whole bill.Dollars     `json:"whole"`
	Waits bill.Dollars     `json:"waits"`
}

// Run measures everything. Root is the checkout.
func Run(ctx context.Context, root string, size Size, progress func(string)) (Results, error) {
	r := Results{Machine: thisMachine(ctx, root)}
	s, err := load.ReadStack(filepath.Join(root, "template.yml"))
	if err != nil {
		return r, err
	}
	r.Idle = idle(s)
	r.Past = thePast()
	if r.Costs, err = Costs(ctx, s, counted, progress); err != nil {
		return r, err
	}
	if r.Hops, err = LastPage(ctx, s); err != nil {
		return r, err
	}
	if r.Starts, err = starts(ctx, root, size.Starts, progress); err != nil {
		return r, err
	}
	if err := r.speeds(ctx, size, progress); err != nil {
		return r, err
	}
	r.Machine.ended()
	r.Targets = targets(r)
	return r, nil
}

func (r *Results) speeds(ctx context.Context, size Size, progress func(string)) error {
	for _, w := range []load.Workload{
		load.News(size.News, load.Attributes), load.Repeats(size.Repeats), load.Mix(size.News), load.News(size.Many, load.Many),
	} {
		result, err := speed.Measure(ctx, w, size.Rounds, size.Within, progress)
		if err != nil {
			return err
		}
		r.Speed = append(r.Speed, result)
	}
	for _, grows := range []struct {
		name    string
		message func(n int) []byte
	}{
		{"new alerts", func(n int) []byte { return load.Alert(n, load.Attributes, load.Start) }},
		{"repeats of one key", func(int) []byte { return load.Alert(0, load.Attributes, load.Start) }},
	} {
		g, err := speed.Grow(ctx, grows.name, size.Grown, size.Growing, grows.message, progress)
		if err != nil {
			return fmt.Errorf("growth, %s: %w", grows.name, err)
		}
		r.Growth = append(r.Growth, g)
	}
	return nil
}

func starts(ctx context.Context, root string, rounds int, progress func(string)) ([]start.Times, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left there is temporary anyway
	programs, err := start.Build(ctx, root, dir, progress)
	if err != nil {
		return nil, err
	}
	return start.Measure(ctx, programs, rounds, progress)
}

func idle(s load.Stack) Idle {
	return Idle{bill.Idle(s.Always, s.Alarms), s.Always, s.Optional, s.Alarms, bill.Polls(s.Always), len(ownMetrics), bill.Metric.Times(int64(len(ownMetrics)))}
}

var ownMetrics = []string{metrics.Urgent, metrics.Unclassified, metrics.Safe, metrics.Alerts, metrics.Time, metrics.Late, metrics.HandedBack, metrics.GivenUp}

func thePast() Past {
	const million = 1_000_000
	call := meter.Usually.Call
	u := past.Mix(million, load.Attributes, call)
	p := Past{Calls: map[string]int64{}, Bill: bill.Of(u), Waits: bill.Of(bill.Usage{Transitions: u.Transitions}).Total()}
	p.Whole = p.Bill.Total()
	p.Calls["a new alert"], _ = past.Total(past.New, load.Attributes, call)
	p.Calls["one with 64 attributes"], _ = past.Total(past.New, load.Many, call)
	p.Calls["a repeat"], _ = past.Total(past.Repeat, load.Attributes, call)
	return p
}
