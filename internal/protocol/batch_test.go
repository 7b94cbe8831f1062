package protocol_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// arrivals draws alerts of one incident: few attributes, few severities, times that go back and forth.
func arrivals(rt *rapid.T, most int) []protocol.Arrival {
	out := make([]protocol.Arrival, rapid.IntRange(1, most).Draw(rt, "alerts"))
	for n := range out {
		out[n] = protocol.Arrival{
			ID:       fmt.Sprint(n),
			Severity: rapid.SampledFrom([]float64{0, 10, 10, 20}).Draw(rt, "severity"),
			State:    rapid.SampledFrom([]responder.State{"", responder.Firing, responder.Firing, responder.Resolved}).Draw(rt, "state"),
			LastSeen: noon + int64(rapid.IntRange(0, 5).Draw(rt, "last")),
			Stored:   rapid.IntRange(0, 9).Draw(rt, "stored") == 0,
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"p", "q", "r"}), 0, 2, rapid.ID[string]).Draw(rt, "attrs") {
			out[n].Attrs = append(out[n].Attrs, attribute(name))
		}
	}
	return out
}

func byName(attrs []responder.Attribute) (ids []string) {
	for _, a := range attrs {
		ids = append(ids, "asks-"+a.Value) // each attribute has an inspector of its own, and all have one
	}
	if len(ids) > 0 {
		ids = append(ids, "all")
	}
	return ids
}

// take lets an item join alerts in batches, and says of each alert what it was.
func take(item protocol.Item, alerts []protocol.Arrival, batch func() int) (protocol.Item, []string, []protocol.Handout) {
	var is []string
	var hands []protocol.Handout
	for done := 0; done < len(alerts); {
		part := alerts[done:min(done+batch(), len(alerts))]
		j := protocol.Join(item, part, byName, noon, rules)
		kinds := make([]string, len(part))
		for _, n := range j.Evidence {
			kinds[n] = "evidence"
		}
		for _, n := range j.Bodies {
			kinds[n] = "evidence with body"
		}
		for n := range kinds {
			if kinds[n] == "" {
				kinds[n] = "repeat"
			}
		}
		for _, h := range j.Handouts {
			hands = append(hands, protocol.Handout{Arrival: done + h.Arrival, Origin: h.Origin, Attributes: h.Attributes})
		}
		item, is, done = j.Next, append(is, kinds...), done+len(part)
	}
	return item, is, hands
}

// Alerts that are joined in memory first are the same report as alerts that come one by one, but for ver.
func TestABatchIsTheSameAsItsAlerts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		alerts := arrivals(rt, 25)
		fresh := protocol.Fresh(fingerprint, noon, rules)
		fresh.Count = rapid.SampledFrom([]int64{0, 85, 990}).Draw(rt, "count")
		one, oneIs, oneHands := take(fresh, alerts, func() int { return 1 })
		many, manyIs, manyHands := take(fresh, alerts, func() int { return rapid.IntRange(1, 10).Draw(rt, "batch") })
		require.Equal(rt, oneIs, manyIs)
		require.Equal(rt, oneHands, manyHands, "an attribute belongs to the first alert that brings it")
		require.LessOrEqual(rt, many.Ver, one.Ver)
		require.Positive(rt, many.Ver)
		many.Ver = one.Ver
		require.Equal(rt, one, many)
	})
}

// The newest timestamp decides the state, the highest severity stands, every alert is counted once, and people
// hear at 10, 100, 1000.
func TestWhatAReportLearns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		alerts := arrivals(rt, 30)
		item := protocol.Fresh(fingerprint, noon, rules)
		item.Count = rapid.SampledFrom([]int64{0, 8, 75, 99, 975}).Draw(rt, "count")
		was := item
		item, is, _ := take(item, alerts, func() int { return rapid.IntRange(1, 10).Draw(rt, "batch") })

		newest, highest := alerts[0], 0.0
		for _, a := range alerts {
			if a.LastSeen >= newest.LastSeen {
				newest = a
			}
			highest = max(highest, a.Severity)
		}
		require.Equal(rt, newest.State.OrFiring(), item.State)
		require.Equal(rt, newest.LastSeen, item.LastSeen)
		require.Equal(rt, highest, item.Severity)
		require.Equal(rt, was.Count+int64(len(alerts)), item.Count)
		for n := range alerts {
			if slices.Contains([]int64{10, 100, 1000}, was.Count+int64(n)+1) {
				require.NotEqual(rt, "repeat", is[n], "number %d", was.Count+int64(n)+1)
			}
		}
	})
}

// A storm of one alert is evidence at its first, tenth, hundredth and thousandth alert, in batches or not.
func TestAStormIsEvidenceAtEachPowerOfTen(t *testing.T) {
	storm := make([]protocol.Arrival, 1200)
	for n := range storm {
		storm[n] = protocol.Arrival{ID: fmt.Sprint(n), Attrs: list(attribute("p"))}
	}
	for _, size := range []int{1, 7, 10} {
		item, is, hands := take(protocol.Fresh(fingerprint, noon, rules), storm, func() int { return size })
		var evidence []int
		for n, kind := range is {
			if kind != "repeat" {
				evidence = append(evidence, n+1)
			}
		}
		assert.Equal(t, []int{1, 10, 100, 1000}, evidence, "batches of %d", size)
		assert.Equal(t, []int64{1200, 4}, []int64{item.Count, item.Bodies})
		assert.Len(t, hands, 1)
		assert.Len(t, item.Origins, 1, "the item does not grow")
	}
}

// Who handed something out finds itself when it is delivered again, and hands it out again; the others are
// repeats now. Nothing is evidence twice.
func TestARedeliveryFindsItself(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		alerts := arrivals(rt, 8)
		for n := range alerts {
			alerts[n].State, alerts[n].Stored = responder.Firing, false
		}
		fresh := counting(protocol.Fresh(fingerprint, noon, rules), 20) // far from a milestone
		first := protocol.Join(fresh, alerts, byName, noon, rules)
		again := protocol.Join(first.Next, alerts, byName, noon, rules)
		var handed []int
		for _, h := range first.Handouts {
			handed = append(handed, h.Arrival)
		}
		require.Equal(rt, handed, again.Again)
		require.Len(rt, again.Handouts, len(handed))
		require.Empty(rt, again.Evidence)
		require.Equal(rt, len(alerts)-len(handed), again.Repeats)
		require.Equal(rt, first.Next.Ver, again.Next.Ver)
		require.Equal(rt, [2]protocol.Set{first.Next.Pending, first.Next.Origins}, [2]protocol.Set{again.Next.Pending, again.Next.Origins})
	})
}
