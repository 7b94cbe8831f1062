// Package speed measures the pipeline in one process: the functions' own handlers, on a bus and tables in memory.
//
// in → out: a workload → alerts per second, latencies and allocations of each alert.
package speed

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
)

// Result is what was measured of one workload.
type Result struct {
	Workload string `json:"workload"`
	Alerts   int    `json:"alerts"`
	Rounds   int    `json:"rounds"`
	// One is alerts per second through one pipeline, and All through as many pipelines as there are cores, side by side in
	// this process. Alerts come in tens.
	One Rate `json:"one"`
	All Rate `json:"all"`
	// Processor is the time of a processor that an alert took, the collector's among it.
	Processor time.Duration `json:"processor_ns"`
	// P50 and P99 are from sending one alert until nothing of it is under way but its deadline.
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`
	// Bytes and Objects are allocated for each alert.
	Bytes   float64 `json:"bytes"`
	Objects float64 `json:"objects"`
}

// Rate is alerts per second: of the best round, and of the one in the middle.
type Rate struct {
	Best   float64 `json:"best"`
	Median float64 `json:"median"`
}

const (
	lot   = 10          // alerts that come together
	pause = time.Second // on the pipeline's clock, between two lots
)

// Measure runs a workload so many rounds, each on pipelines of its own, and then once more for the latencies. No round
// begins when the time is over.
func Measure(ctx context.Context, w load.Workload, rounds int, within time.Duration, progress func(string)) (Result, error) {
	r := Result{Workload: w.Name, Alerts: len(w.Messages)}
	begun := time.Now()
	cores := runtime.GOMAXPROCS(0)
	var one, all []float64
	for n := 0; n < rounds && (n == 0 || time.Since(begun) < within); n++ {
		r.Rounds++
		progress(fmt.Sprintf("%s: round %d of %d", w.Name, n+1, rounds))
		u, err := round(ctx, w, 1)
		if err != nil {
			return r, err
		}
		one = append(one, float64(r.Alerts)/u.time.Seconds())
		if p := u.processor / time.Duration(r.Alerts); r.Processor == 0 || p < r.Processor {
			r.Processor = p
		}
		r.Bytes, r.Objects = float64(u.bytes)/float64(r.Alerts), float64(u.objects)/float64(r.Alerts)
		if u, err = round(ctx, w, cores); err != nil {
			return r, err
		}
		all = append(all, float64(cores*r.Alerts)/u.time.Seconds())
	}
	r.One, r.All = rateOf(one), rateOf(all)
	progress(w.Name + ": one after the other")
	var err error
	r.P50, r.P99, err = latencies(ctx, w)
	return r, err
}

func rateOf(rounds []float64) Rate {
	slices.Sort(rounds)
	return Rate{rounds[len(rounds)-1], rounds[len(rounds)/2]}
}

// round sends a workload to each of some pipelines, side by side.
func round(ctx context.Context, w load.Workload, pipelines int) (used, error) {
	ps := make([]*inprocess.Pipeline, pipelines)
	for n := range ps {
		var err error
		if ps[n], err = begin(ctx, w); err != nil {
			return used{}, err
		}
	}
	u, err := timed(func() error {
		errs := make(chan error)
		for _, p := range ps {
			go func() { errs <- together(ctx, p, w.Messages) }()
		}
		var all error
		for range ps {
			all = errors.Join(all, <-errs)
		}
		return all
	})
	for _, p := range ps {
		if err == nil {
			err = check(ctx, p, w)
		}
	}
	return u, err
}

// begin is a pipeline that has had the first alerts of a workload.
func begin(ctx context.Context, w load.Workload) (*inprocess.Pipeline, error) {
	p, err := inprocess.New(load.Config())
	if err != nil {
		return nil, err
	}
	return p, together(ctx, p, w.First)
}

// together sends alerts in tens, and lets all deadlines come.
func together(ctx context.Context, p *inprocess.Pipeline, messages [][]byte) error {
	for batch := range slices.Chunk(messages, lot) {
		for _, m := range batch {
			if err := p.Send(ctx, m); err != nil {
				return err
			}
		}
		if err := p.Advance(ctx, pause); err != nil {
			return err
		}
	}
	return p.Settle(ctx)
}

// check says whether what was measured did what it should.
func check(ctx context.Context, p *inprocess.Pipeline, w load.Workload) error {
	if dead := p.DeadLetters(); len(dead) > 0 {
		return fmt.Errorf("%s: dead letters: %.500q", w.Name, dead)
	}
	list, err := p.Store().Since(ctx, time.Time{}, p.Now())
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, m := range w.First {
		known[string(m)] = true
	}
	if want := w.New + len(known); len(list) != want {
		return fmt.Errorf("%s: %d reports, expected %d", w.Name, len(list), want)
	}
	return nil
}

// latencies sends alerts one after the other.
func latencies(ctx context.Context, w load.Workload) (p50, p99 time.Duration, err error) {
	p, err := begin(ctx, w)
	if err != nil {
		return 0, 0, err
	}
	all := make([]time.Duration, 0, len(w.Messages))
	for _, m := range w.Messages {
		if err := p.Advance(ctx, pause); err != nil {
			return 0, 0, err
		}
		start := time.Now()
		err := p.Send(ctx, m)
		if err == nil {
			err = p.Work(ctx)
		}
		if err != nil {
			return 0, 0, err
		}
		all = append(all, time.Since(start))
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100], nil
}

// used is what something took.
type used struct {
	time, processor time.Duration
	bytes, objects  uint64
}

func timed(f func() error) (u used, err error) {
	var before, after runtime.MemStats
	runtime.GC() // others' garbage is not this one's
	runtime.ReadMemStats(&before)
	start, busy := time.Now(), processorTime()
	err = f()
	u.time, u.processor = time.Since(start), processorTime()-busy
	runtime.ReadMemStats(&after)
	u.bytes, u.objects = after.TotalAlloc-before.TotalAlloc, after.Mallocs-before.Mallocs
	return u, err
}
