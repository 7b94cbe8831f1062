package soak

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// ticks is a clock that moves by a second each time it is asked.
func ticks() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time { now = now.Add(time.Second); return now }
}

func quick(keep bool) Options {
	return Options{
		For: 30 * time.Second, Samples: 9, Seed: 7, Now: ticks(), Keep: keep, Lot: 2, Pause: 3 * time.Minute,
		Rules: protocol.Rules{ReviewDelay: 2 * time.Minute, Window: 30 * time.Minute, Retention: time.Hour},
	}
}

// What has expired is forgotten, and nothing else stays; where nothing is forgotten, the soak says so.
func TestSoak(t *testing.T) {
	if raced {
		t.Skip("samples of memory mean nothing under the race detector")
	}
	r, err := Run(t.Context(), quick(false), func(string) {})
	require.NoError(t, err)
	require.Len(t, r.Samples, 10)
	last := r.Samples[9]
	assert.Greater(t, last.Alerts, 90)
	assert.Positive(t, last.Reports)
	assert.Less(t, last.Reports, last.Alerts/2)
	assert.Empty(t, r.Dead)
	var text strings.Builder
	require.NoError(t, r.Text(&text, 4))
	assert.Contains(t, text.String(), "seed 7")
	assert.NotContains(t, text.String(), "%!")

	r, err = Run(t.Context(), quick(true), func(string) {})
	require.NoError(t, err)
	for _, what := range []string{"reports: ", "receipts: "} {
		assert.ErrorContains(t, r.Err(), what)
	}
}

// The bounds, on samples that are made up.
func TestErr(t *testing.T) {
	flat := Sample{Heap: 100 << 20, Objects: 1e6, Goroutines: 5, Reports: 1000, Receipts: 2000, Waiting: 500}
	with := func(change func(n int, s *Sample)) Result {
		var r Result
		for n := range 30 {
			s := flat
			s.Alerts = 1000 * n
			change(n, &s)
			r.Samples = append(r.Samples, s)
		}
		return r
	}
	require.NoError(t, with(func(int, *Sample) {}).Err())
	require.NoError(t, with(func(n int, s *Sample) { s.Heap += int64(n%7) << 20 }).Err(), "up and down")
	grows := with(func(n int, s *Sample) { s.Heap += int64(n) << 20 })
	require.ErrorContains(t, grows.Err(), "heap: ")
	assert.InDelta(t, 1048.576, grows.slope(measures[0].value), 1e-6, "bytes for each alert")
	require.ErrorContains(t, with(func(n int, s *Sample) { s.Goroutines += n }).Err(), "goroutines: ")
	dead := with(func(int, *Sample) {})
	dead.Dead = []string{"AlertQueue: x"}
	require.ErrorContains(t, dead.Err(), "1 dead letters, the first: AlertQueue: x")
	require.ErrorContains(t, Result{Samples: grows.Samples[:3]}.Err(), "3 samples")
}
