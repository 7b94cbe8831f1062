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
	Workload string
	Decades  []Decade
}

// Decade is the alerts up to the nth from a tenth of that on, or those that there was time for.
type Decade struct {
	N     int
	Alert time.Duration // of one alert: of a quarter of the lots it was less
	Lots  int
}

// Ratio is the time of an alert in the last decade, to that in the first.
func (g Growth) Ratio() float64 {
	return float64(g.Decades[len(g.Decades)-1].Alert) / float64(g.Decades[0].Alert)
}

// Last is how many alerts there were in all.
func (g Growth) Last() int { return g.Decades[len(g.Decades)-1].N }

// Grow sends up to most alerts to one pipeline, which keeps all of them, and stops early when the time is over: the last
// decade is then what was reached. Message makes the nth.
func Grow(ctx context.Context, name string, most int, within time.Duration, message func(n int) []byte, progress func(string)) (Growth, error) {
	g := Growth{Workload: name}
	p, err := inprocess.New(load.Config())
	if err != nil {
		return g, err
	}
	end := time.Now().Add(within)
	n := 0
	for decade := 100; decade <= most; decade *= 10 {
		var lots []time.Duration
		for n < decade && (len(lots) < 10 || time.Now().Before(end)) {
			took, err := one(ctx, p, n, message)
			if err != nil {
				return g, err
			}
			if lots = append(lots, took); len(lots)%100 == 0 {
				progress(fmt.Sprintf("%s: %d of %d", name, n, most))
			}
			n += lot
		}
		g.Decades = append(g.Decades, Decade{n, quartile(lots) / lot, len(lots)})
		if n < decade {
			break
		}
	}
	return g, nil
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
