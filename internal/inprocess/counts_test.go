package inprocess

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// tally counts the calls by name; showing is the plugin's own.
func tally(names []string) map[string]int {
	n := map[string]int{}
	for _, name := range names {
		if name != "emit" {
			n[name]++
		}
	}
	return n
}

func total(calls map[string]int) (n int) {
	for _, c := range calls {
		n += c
	}
	return n
}

func listed(calls map[string]int) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		lines = append(lines, fmt.Sprintf("%2d %s", calls[name], name))
	}
	return strings.Join(lines, "\n")
}

// A new alert costs 23 calls with two inspectors and one emitter, however many attributes it has. Each method of
// the ports is one call to AWS.
func TestCallsPerNewAlert(t *testing.T) {
	want := map[string]int{
		"store.Open": 1, "store.PutBody": 1 + 2, "store.Swap": 1, // the alert and two submissions
		"bus.Send ReviewQueue":           1 + 1, // the deadline, and the review
		"bus.Publish TaskNotification":   1,
		"bus.Publish ReportNotification": 1 + 1, // the notice, and the verdict
		"bus.Send SubmissionQueue":       2,
		"store.CrossOff":                 2,
		"store.Get":                      1 + 1, // of the review, and of the deadline
		"store.Bodies":                   1, "store.PutVerdict": 1, "store.Settle": 1,
		"receipts.Acquire": 2, "receipts.Release": 2,
	}
	for _, attributes := range []int{4, 64} {
		names := make([]string, attributes)
		for n := range names {
			names[n] = fmt.Sprint("user ", n)
		}
		one, two := everything, users
		one.slow, two.slow = time.Second, time.Second // or the verdict would overtake the notice
		s := scenario{inspectors: []plugin{one, two}, emitters: []string{"emitter"}, events: []testAlert{alert(0, "a", names...)}}
		w := play(t.Context(), s, schedule{})
		require.Empty(t, w.broken)
		calls := tally(w.names)
		t.Logf("%d attributes: %d calls\n%s", attributes, total(calls), listed(calls))
		assert.Equal(t, want, calls)
		assert.Equal(t, 23, total(calls))
	}
}

// A pure repeat costs two calls, which its batch shares, whatever the number of repeats before it; and the item
// that each update is billed on does not grow.
func TestCostOfARepeatDoesNotGrow(t *testing.T) {
	s := scenario{inspectors: []plugin{everything, users}, emitters: []string{"emitter"}, events: []testAlert{alert(0, "a", "p", "q", "r", "s")}}
	w := play(t.Context(), s, schedule{})
	first := theItem(t, w)
	var sizes []int
	for n := range 130 { // batches of ten
		before := len(w.names)
		for k := range 10 {
			require.NoError(t, w.p.Send(t.Context(), alert(0, fmt.Sprint("repeat ", n, " ", k), "p", "q", "r", "s").message()))
		}
		require.NoError(t, w.p.Settle(t.Context()))
		item := theItem(t, w)
		sizes = append(sizes, itemSize(item))
		was := int64(1 + 10*n)
		if milestone := was < 10 || was < 100 && was+10 >= 100 || was < 1000 && was+10 >= 1000; milestone {
			continue
		}
		require.Equal(t, map[string]int{"store.Open": 1, "store.Count": 1}, tally(w.names[before:]), "after %d alerts", was)
	}
	item := theItem(t, w)
	assert.Equal(t, int64(1301), item.Count)
	assert.Equal(t, int64(4), item.Bodies, "the first, and the tenth, hundredth, thousandth")
	assert.Equal(t, []protocol.Set{first.Seen, first.Origins, first.Pending, first.Late}, []protocol.Set{item.Seen, item.Origins, item.Pending, item.Late})
	assert.Equal(t, slices.Min(sizes), slices.Max(sizes))
	bodies, err := w.p.Store().Bodies(t.Context(), item.ReportID)
	require.NoError(t, err)
	assert.Len(t, bodies, 4+2, "and two submissions")
}

func theItem(t *testing.T, w *world) protocol.Item {
	t.Helper()
	require.Len(t, w.reports, 1)
	for id := range w.reports {
		fingerprint, _, err := protocol.ParseReportID(id)
		require.NoError(t, err)
		item, err := w.p.Store().Get(t.Context(), fingerprint)
		require.NoError(t, err)
		return item
	}
	return protocol.Item{}
}

// itemSize is what of the item could grow, in bytes.
func itemSize(i protocol.Item) (n int) {
	for _, set := range []protocol.Set{i.Pending, i.Late, i.Seen, i.Origins} {
		for _, member := range set {
			n += len(member)
		}
	}
	return n
}
