package speed

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
)

func silent(string) {}

// The workloads run, and what is counted is there. Times are for the benchmark: a test cannot trust them.
func TestMeasure(t *testing.T) {
	for _, w := range []load.Workload{load.News(20, load.Attributes), load.News(4, load.Many), load.Repeats(100), load.Mix(40)} {
		r, err := Measure(t.Context(), w, 1, time.Minute, silent)
		require.NoError(t, err, w.Name)
		assert.Positive(t, r.One.Best, w.Name)
		assert.Positive(t, r.All.Median, w.Name)
		assert.Positive(t, r.P50, w.Name)
		assert.GreaterOrEqual(t, r.P99, r.P50, w.Name)
		assert.Greater(t, r.Bytes, r.Objects, w.Name)
	}
}

// When the time is over, one round was made.
func TestMeasureEnds(t *testing.T) {
	r, err := Measure(t.Context(), load.Repeats(10), 100, 0, silent)
	require.NoError(t, err)
	assert.Equal(t, 1, r.Rounds)
}

// A workload that does not do what it is measured for is an error, and not a rate.
func TestMeasureNotices(t *testing.T) {
	w := load.News(20, load.Attributes)
	w.New = 19
	_, err := Measure(t.Context(), w, 1, time.Minute, silent)
	assert.ErrorContains(t, err, "20 reports, expected 19")
}

// Growth is measured by decades, and ends early when the time is over.
func TestGrow(t *testing.T) {
	message := func(n int) []byte { return load.Alert(n%3, 1, load.Start) }
	g, err := Grow(t.Context(), "some", 1000, time.Hour, message, silent)
	require.NoError(t, err)
	require.Len(t, g.Decades, 2)
	assert.Equal(t, []int{100, 1000, 10, 90}, []int{g.Decades[0].N, g.Last(), g.Decades[0].Lots, g.Decades[1].Lots})
	assert.InDelta(t, float64(g.Grown)/float64(g.Fresh), g.Ratio(), 1e-9)
	assert.Positive(t, g.Fresh)
	g, err = Grow(t.Context(), "some", 1000, 0, message, silent)
	require.NoError(t, err)
	assert.Equal(t, 200, g.Last(), "ten lots of each decade at least")
}
