package history_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// counting counts its calls.
type counting struct {
	responder.Memory
	loads, swaps atomic.Int64
}

func (c *counting) Load(ctx context.Context, key string) (responder.Entry, error) {
	c.loads.Add(1)
	return c.Memory.Load(ctx, key)
}

func (c *counting) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	c.swaps.Add(1)
	return c.Memory.Swap(ctx, key, was, value, expires)
}

// rude loses calls and answers, and has others at work between a load and a swap.
type rude struct {
	responder.Memory
	trouble func() string
	others  func()
}

var errRude = errors.New("connection reset by peer")

func (m *rude) Load(ctx context.Context, key string) (responder.Entry, error) {
	if m.trouble() == "lost" {
		return responder.Entry{}, errRude
	}
	return m.Memory.Load(ctx, key)
}

func (m *rude) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	switch m.trouble() {
	case "lost":
		return responder.Entry{}, false, errRude
	case "answer lost":
		_, _, _ = m.Memory.Swap(ctx, key, was, value, expires)
		return responder.Entry{}, false, errRude
	case "others":
		m.others()
	}
	return m.Memory.Swap(ctx, key, was, value, expires)
}

// world is what was published, and what has reached the historian, which works in several goroutines: chance is drawn ahead
// for them, and one at a time of it is used.
type world struct {
	*rapid.T
	memory *rude
	writer responder.Emitter

	mu     sync.Mutex
	chance *rand.Rand
	latest map[int]responder.Report
	nested bool
}

func newWorld(t *rapid.T) *world {
	seed := rapid.Uint64().Draw(t, "chance")
	w := &world{T: t, latest: map[int]responder.Report{}, chance: rand.New(rand.NewPCG(seed, 0))}
	w.memory = &rude{Memory: responder.NewMemory(), others: w.meanwhile, trouble: func() string {
		return []string{"", "", "", "lost", "answer lost", "others"}[w.number(6)]
	}}
	var err error
	w.writer, err = history.NewHistorian(history.Options{Memory: w.memory, Now: func() time.Time { return begin }})
	require.NoError(t, err)
	return w
}

func (w *world) number(below int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chance.IntN(below)
}

var severities = []responder.Severity{responder.Safe, responder.Unclassified, responder.Urgent}

// publish makes the next verdict of a report. Evidence grows: attributes are never taken away.
func (w *world) publish(n int) responder.Report {
	r := verdict(0, severities[w.number(3)])
	more := w.number(2) == 0
	w.mu.Lock()
	defer w.mu.Unlock()
	r.ReportID, r.Seq = fmt.Sprint("R", n), 1
	if was, ok := w.latest[n]; ok {
		r.Seq, r.Alerts = was.Seq+2, was.Alerts
	}
	if more {
		alert := r.Alert
		alert.Attrs = []responder.Attribute{added}
		r.Alerts = append(r.Alerts[:len(r.Alerts):len(r.Alerts)], alert)
	}
	w.latest[n] = r
	return r
}

// meanwhile another function writes of another report, which makes the swap that waits fail.
func (w *world) meanwhile() {
	w.mu.Lock()
	nested := w.nested
	w.nested = true
	w.mu.Unlock()
	if nested {
		return
	}
	_, _ = w.writer.Emit(context.Background(), w.publish(100+w.number(4)), nil)
	w.mu.Lock()
	w.nested = false
	w.mu.Unlock()
}

// counts of what was published last.
func (w *world) counts(a responder.Attribute) map[string]int {
	out := map[string]int{}
	for _, r := range w.latest {
		for _, alert := range r.Alerts {
			for _, b := range alert.Attrs {
				if a.Value == b.Value {
					out[r.ReportID+" "+string(r.Result.Severity)] = 1
				}
			}
		}
	}
	sum := map[string]int{}
	for key := range out {
		var id, severity string
		_, _ = fmt.Sscan(key, &id, &severity)
		sum[severity]++
	}
	return sum
}

// However a historian is disturbed, killed midway, told again, told late or told of old verdicts: when each report's last verdict
// has been told once without a failure, each report counts once for each attribute, with its last verdict.
func TestEachReportIsCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		var told []responder.Report
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			r := w.publish(rapid.IntRange(0, 40).Draw(t, "report"))
			told = append(told, r)
			if again := rapid.SampledFrom(told).Draw(t, "again"); rapid.Bool().Draw(t, "redelivered") {
				_, _ = w.writer.Emit(t.Context(), again, nil)
			}
			if rapid.Bool().Draw(t, "delivered") {
				_, _ = w.writer.Emit(t.Context(), r, nil)
			}
		}
		w.memory.trouble = func() string { return []string{"", "", "others"}[w.number(3)] }
		for _, n := range rapid.Permutation(slices.Sorted(maps.Keys(w.latest))).Draw(t, "order") {
			_, err := w.writer.Emit(t.Context(), w.latest[n], nil)
			require.NoError(t, err, "that others are at work is no failure")
		}
		for range 3 { // an old one that was overtaken
			_, err := w.writer.Emit(t.Context(), rapid.SampledFrom(told).Draw(t, "late"), nil)
			require.NoError(t, err)
		}
		for _, a := range []responder.Attribute{visitor, desk, added} {
			w.compare(a)
		}
	})
}

func (w *world) compare(a responder.Attribute) {
	reader, err := history.New(history.Options{Memory: w.memory, Now: func() time.Time { return begin }})
	require.NoError(w.T, err)
	page, err := reader.Inspect(w.Context(), task(func(t *responder.Task) { t.Attribute = a }))
	require.NoError(w.T, err)
	want := w.counts(a)
	if len(want) == 0 {
		require.Empty(w.T, page.Signals)
		return
	}
	require.Contains(w.T, page.Signals[0].Summary, fmt.Sprintf(": %d safe, %d unclassified, %d urgent.",
		want["safe"], want["unclassified"], want["urgent"]))
}
