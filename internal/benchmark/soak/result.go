package soak

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// measure is one of the things that must not grow; what is small may by more than a part of it.
type measure struct {
	name  string
	more  float64
	value func(Sample) float64
}

var measures = []measure{
	{"heap", 0, func(s Sample) float64 { return float64(s.Heap) }},
	{"objects", 0, func(s Sample) float64 { return float64(s.Objects) }},
	{"goroutines", AllowedGoroutines, func(s Sample) float64 { return float64(s.Goroutines) }},
	{"reports", 20, func(s Sample) float64 { return float64(s.Reports) }},
	{"receipts", 40, func(s Sample) float64 { return float64(s.Receipts) }},
	{"waiting messages", 100, func(s Sample) float64 { return float64(s.Waiting) }},
}

// thirds are the means of the first and of the last third of the samples.
func (r Result) thirds(value func(Sample) float64) (first, last float64) {
	n := len(r.Samples) / 3
	if n == 0 {
		return 0, 0
	}
	for i := range n {
		first += value(r.Samples[i]) / float64(n)
		last += value(r.Samples[len(r.Samples)-1-i]) / float64(n)
	}
	return first, last
}

// slope is by how much something grows with each alert, by the line that fits the samples best.
func (r Result) slope(value func(Sample) float64) float64 {
	var x, y, xx, xy float64
	n := float64(len(r.Samples))
	for _, s := range r.Samples {
		a, b := float64(s.Alerts), value(s)
		x, y, xx, xy = x+a, y+b, xx+a*a, xy+a*b
	}
	if d := n*xx - x*x; d != 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// Text writes the samples, every nth of them, and what became of each measure.
func (r Result) Text(w io.Writer, rows int) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "at\talerts\theap MB\tobjects\tgoroutines\treports\treceipts\twaiting\t")
	step := max(1, len(r.Samples)/max(rows, 1))
	for n := 0; n < len(r.Samples); n += step {
		s := r.Samples[n]
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%d\t%d\t%d\t%d\t%d\t\n", s.At.Round(time.Second), s.Alerts, float64(s.Heap)/1e6, s.Objects, s.Goroutines, s.Reports, s.Receipts, s.Waiting)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "of\tfirst third\tlast third\tchange\tper alert")
	for _, of := range measures {
		first, last := r.thirds(of.value)
		change := 0.0
		if first != 0 {
			change = 100 * (last - first) / first
		}
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%+.1f %%\t%+.3g\n", of.name, first, last, change, r.slope(of.value))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s on the pipeline's clock, seed %d; allowed: %.0f %% more in the last third than in the first\n", r.Clock, r.Seed, 100*Allowed)
	return err
}
