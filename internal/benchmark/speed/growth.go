package speed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
)

// Growth is how the time of an alert depends on how many came before it.
type Growth struct {
	Workload string   `json:"workload"`
	Decades  []Decade `json:"decades"`
	// Grown and Fresh are the time of an alert after all others, and after a hundred at most: of pipelines that took turns.
	Grown time.Duration `json:"grown_ns"`
	Fresh time.Duration `json:"fresh_ns"`
}

// Decade is the alerts up to the nth from a tenth of that on, or those that there was time for.
type Decade struct {
	N     int           `json:"n"`
	Alert time.Duration `json:"alert_ns"` // of one alert: of a quarter of the lots it was less
	Lots  int           `json:"lots"`
}

// Ratio is the time of an alert after all others, to that on a fresh pipeline.
func (g Growth) Ratio() float64 { return float64(g.Grown) / float64(g.Fresh) }

// Last is how many alerts there were in all.
func (g Growth) Last() int { return g.Decades[len(g.Decades)-1].N }

const (
	warm   = 110 // alerts that a fresh pipeline gets first: after the hundredth, repeats are repeats
	turns  = 20  // that a fresh pipeline takes
	fresh  = 10  // pipelines that are compared to the grown one
	unseen = 1e7 // alerts of fresh pipelines are others than those of the grown one
	first  = 100 // alerts of the first decade
	least  = 10  // lots of a decade, whatever the time
	often  = 100 // lots between two signs of progress
)

// Grow sends up to most alerts to one pipeline, which keeps all of them, and stops early when the time is over: the last
// decade is then what was reached. Then it takes turns with fresh pipelines. Message makes the nth alert.
func Grow(ctx context.Context, name string, most int, within time.Duration, message func(n int) []byte, progress func(string)) (Growth, error) {
	g := Growth{Workload: name}
	p, err := inprocess.New(load.Config())
	if err != nil {
		return g, err
	}
	end := time.Now().Add(within)
	n := 0
	for decade := first; decade <= most; decade *= 10 {
		var lots []time.Duration
		for n < decade && (len(lots) < least || time.Now().Before(end)) {
			took, err := one(ctx, p, n, message)
			if err != nil {
				return g, err
			}
			if lots = append(lots, took); len(lots)%often == 0 {
				progress(fmt.Sprintf("growth, %s: %d of %d", name, n, most))
			}
			n += lot
		}
		g.Decades = append(g.Decades, Decade{n, quartile(lots) / lot, len(lots)})
		if n < decade {
			break
		}
	}
	progress(fmt.Sprintf("growth, %s: in turns with fresh pipelines", name))
	return g, g.compare(ctx, p, n, message)
}

// compare takes turns between the grown pipeline and fresh ones.
func (g *Growth) compare(ctx context.Context, grown *inprocess.Pipeline, n int, message func(n int) []byte) error {
	var old, young []time.Duration
	for range fresh {
		p, err := inprocess.New(load.Config())
		if err != nil {
			return err
		}
		for i := 0; i < warm; i += lot {
			if _, err := one(ctx, p, unseen+i, message); err != nil {
				return err
			}
		}
		for i := range turns {
			took, err := one(ctx, grown, n, message)
			if err != nil {
				return err
			}
			old = append(old, took)
			n += lot
			if took, err = one(ctx, p, unseen+warm+i*lot, message); err != nil {
				return err
			}
			young = append(young, took)
		}
	}
	g.Grown, g.Fresh = quartile(old)/lot, quartile(young)/lot
	return nil
}

// one sends a lot of alerts, and says how long that took.
func one(ctx context.Context, p *inprocess.Pipeline, n int, message func(n int) []byte) (time.Duration, error) {
	messages := make([][]byte, lot)
	for i := range messages {
		messages[i] = message(n + i)
	}
	start := time.Now()
	for _, m := range messages {
		if err := p.Send(ctx, m); err != nil {
			return 0, err
		}
	}
	err := p.Advance(ctx, pause)
	return time.Since(start), err
}

// quartile is what a quarter is below of: what others do on the machine at the same time is mostly above it.
func quartile(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/4]
}
