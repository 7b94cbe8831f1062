package protocol_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func attribute(value string) responder.Attribute {
	return responder.Attribute{Type: "username", Value: value}
}

func list(attrs ...responder.Attribute) []responder.Attribute { return attrs }

func attrs(n int) (out []responder.Attribute) {
	for k := range n {
		out = append(out, attribute(fmt.Sprint("user ", k)))
	}
	return out
}

func asking(ids ...string) protocol.Awaiting {
	return func([]responder.Attribute) []string { return ids }
}

// never is for where nobody is to be asked.
func never(t *testing.T) protocol.Awaiting {
	return func(attrs []responder.Attribute) []string {
		t.Errorf("asked who accepts %v", attrs)
		return nil
	}
}

// joined is the item after one alert.
func joined(item protocol.Item, a protocol.Arrival, ids ...string) protocol.Item {
	return protocol.Join(item, []protocol.Arrival{a}, asking(ids...), noon, rules).Next
}

func hash(a responder.Attribute) string { h := entity.HashOf(a); return string(h[:]) }

func TestTheFirstAlertOpensEverything(t *testing.T) {
	fresh := protocol.Fresh(fingerprint, noon, rules)
	p, q := attribute("p"), attribute("q")
	j := protocol.Join(fresh, []protocol.Arrival{{ID: "a", Attrs: list(p, q), Severity: 50, LastSeen: noon - 5}}, asking("x", "y"), noon, rules)
	want := fresh
	want.Ver, want.Count, want.Bodies, want.Severity, want.State, want.LastSeen = 1, 1, 1, 50, responder.Firing, noon-5
	want.DeadlineAt = noon + 10*minute
	want.Pending = protocol.SetOf("0.a/x", "0.a/y")
	want.Seen, want.Origins = protocol.SetOf(hash(p), hash(q)), protocol.SetOf(protocol.OriginHash("0.a"))
	assert.Equal(t, protocol.Joining{
		Next: want, Evidence: []int{0}, Bodies: []int{0}, Handouts: []protocol.Handout{{Arrival: 0, Origin: "0.a", Attributes: list(p, q)}},
	}, j)
}

// What an alert is to a report that has one alert with the attribute p, severity 50, firing.
func TestWhatAnAlertIs(t *testing.T) {
	p, q := attribute("p"), attribute("q")
	first := protocol.Arrival{ID: "a", Attrs: list(p), Severity: 50, LastSeen: noon - 10}
	base := joined(protocol.Fresh(fingerprint, noon, rules), first, "x")
	full, large := base, base
	full.Seen = full.Seen.With(joined(protocol.Item{}, protocol.Arrival{ID: "b", Attrs: attrs(protocol.MaxAttributes)}).Seen...)
	large.Bodies = protocol.MaxBodies

	const evidence, repeat, again = "evidence", "repeat", "again"
	for _, test := range []struct {
		name  string
		item  protocol.Item
		alert protocol.Arrival
		is    string
		body  bool
		hands []responder.Attribute
	}{
		{"the same again", base, protocol.Arrival{ID: "b", Attrs: list(p), Severity: 50, LastSeen: noon}, repeat, false, nil},
		{"less", base, protocol.Arrival{ID: "b"}, repeat, false, nil},
		{"its own redelivery", base, first, again, false, list(p)},
		{"a new attribute", base, protocol.Arrival{ID: "b", Attrs: list(p, q), LastSeen: noon}, evidence, true, list(q)},
		{"more severe", base, protocol.Arrival{ID: "b", Attrs: list(p), Severity: 50.5, LastSeen: noon}, evidence, true, nil},
		{"resolved", base, protocol.Arrival{ID: "b", Attrs: list(p), State: responder.Resolved, LastSeen: noon - 10}, evidence, true, nil},
		{"resolved before it was seen last", base, protocol.Arrival{ID: "b", Attrs: list(p), State: responder.Resolved, LastSeen: noon - 11}, repeat, false, nil},
		{"a body that is stored is evidence", base, protocol.Arrival{ID: "b", Attrs: list(p), Stored: true}, evidence, false, nil},
		{"an empty report knows nothing", protocol.Fresh(fingerprint, noon, rules), protocol.Arrival{ID: "b"}, evidence, true, nil},
		{"an empty report knows nothing, whatever it counted", counting(protocol.Fresh(fingerprint, noon, rules), 5), protocol.Arrival{ID: "b"}, evidence, true, nil},
		{"the tenth", counting(base, 9), protocol.Arrival{ID: "b", Attrs: list(p)}, evidence, true, nil},
		{"the eleventh", counting(base, 10), protocol.Arrival{ID: "b", Attrs: list(p)}, repeat, false, nil},
		{"the hundredth", counting(base, 99), protocol.Arrival{ID: "b", Attrs: list(p)}, evidence, true, nil},
		{"the thousandth", counting(base, 999), protocol.Arrival{ID: "b", Attrs: list(p)}, evidence, true, nil},
		{"the two thousandth", counting(base, 1999), protocol.Arrival{ID: "b", Attrs: list(p)}, repeat, false, nil},
		{"one attribute too many, the first time", full, protocol.Arrival{ID: "b", Attrs: list(q)}, evidence, true, nil},
		{"the report keeps no more bodies", large, protocol.Arrival{ID: "b", Attrs: list(q)}, evidence, false, list(q)},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := protocol.Join(test.item, []protocol.Arrival{test.alert}, asking("x"), noon, rules)
			is := map[string]bool{evidence: len(j.Evidence) == 1, repeat: j.Repeats == 1, again: len(j.Again) == 1}
			assert.Equal(t, map[string]bool{evidence: test.is == evidence, repeat: test.is == repeat, again: test.is == again}, is)
			assert.Equal(t, test.body, len(j.Bodies) == 1)
			var hands []responder.Attribute
			for _, h := range j.Handouts {
				assert.Equal(t, protocol.AlertOrigin(test.alert.ID), h.Origin)
				hands = append(hands, h.Attributes...)
			}
			assert.Equal(t, test.hands, hands)
			change := map[string]int64{evidence: 1}[test.is]
			assert.Equal(t, test.item.Ver+change, j.Next.Ver)
			assert.Equal(t, test.item.Bodies+change, j.Next.Bodies)
			count := map[string]int64{evidence: 1, repeat: 1}[test.is]
			assert.Equal(t, test.item.Count+count, j.Next.Count, "a redelivery is counted already")
		})
	}
}

func counting(i protocol.Item, count int64) protocol.Item { i.Count = count; return i }

func TestWhoJoinsDoesNotMoveTheDeadline(t *testing.T) {
	base := joined(protocol.Fresh(fingerprint, noon, rules), protocol.Arrival{ID: "a", Attrs: list(attribute("p"))}, "x")
	j := protocol.Join(base, []protocol.Arrival{{ID: "b", Attrs: list(attribute("q"))}}, asking("x"), noon+minute, rules)
	assert.Equal(t, base.DeadlineAt, j.Next.DeadlineAt)

	late, _ := protocol.Deadline(base, base.DeadlineAt)
	j = protocol.Join(late, []protocol.Arrival{{ID: "b", Attrs: list(attribute("q"))}}, asking("x"), noon+minute, rules)
	assert.Equal(t, noon+11*minute, j.Next.DeadlineAt, "nobody else is awaited")
	j = protocol.Join(late, []protocol.Arrival{{ID: "b", Attrs: list(attribute("q"))}}, asking("x"), noon, rules)
	assert.Equal(t, base.DeadlineAt+1, j.Next.DeadlineAt, "one deadline of a moment is one message")
}

// A report takes 256 attributes, and says once that it could not take more.
func TestAReportIsBounded(t *testing.T) {
	many := attrs(300)
	j := protocol.Join(protocol.Fresh(fingerprint, noon, rules), []protocol.Arrival{{ID: "a", Attrs: many}}, asking("x"), noon, rules)
	require.Len(t, j.Handouts, 1)
	assert.Equal(t, many[:256], j.Handouts[0].Attributes)
	assert.True(t, j.Next.Truncated())
	for _, a := range many[:256] {
		assert.True(t, j.Next.Seen.Has(hash(a)))
	}

	next := protocol.Join(j.Next, []protocol.Arrival{{ID: "b", Attrs: many}, {ID: "c", Attrs: attrs(301)[300:]}}, never(t), noon, rules)
	assert.Equal(t, 2, next.Repeats, "nothing new: it says so already")
	assert.Empty(t, next.Handouts)
	assert.LessOrEqual(t, len(next.Next.Seen), 257)
}

func TestBodiesAreBounded(t *testing.T) {
	item := protocol.Fresh(fingerprint, noon, rules)
	stored := 0
	for n := range protocol.MaxBodies + 5 {
		assert.Equal(t, n > protocol.MaxBodies, item.Truncated(), n)
		j := protocol.Join(item, []protocol.Arrival{{ID: fmt.Sprint(n), Severity: float64(n + 1)}}, asking(), noon, rules)
		require.Len(t, j.Evidence, 1)
		stored += len(j.Bodies)
		item = j.Next
	}
	assert.Equal(t, protocol.MaxBodies, stored)
}

// What one alert hands out fits into a notification, and a redelivery hands out at least as much, whatever of
// it was seen before.
func TestATaskFitsAndARedeliveryLeavesNothingOut(t *testing.T) {
	const most = 160 << 10
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]int{10, 500, 2048}).Draw(rt, "size")
		var own, known []responder.Attribute
		for n := range rapid.IntRange(0, 300).Draw(rt, "attributes") {
			own = append(own, attribute(fmt.Sprintf("%04d%s", n, strings.Repeat("v", size))))
			if rapid.IntRange(0, 2).Draw(rt, "known") == 0 {
				known = append(known, own[n])
			}
		}
		was := joined(protocol.Fresh(fingerprint, noon, rules), protocol.Arrival{ID: "a", Attrs: known}, "x")
		first := protocol.Join(was, []protocol.Arrival{{ID: "b", Attrs: own}}, asking("x"), noon, rules)
		if len(first.Handouts) == 0 {
			return
		}
		again := protocol.Join(first.Next, []protocol.Arrival{{ID: "b", Attrs: own}}, asking("x"), noon, rules)
		require.Len(rt, again.Handouts, 1)
		for _, a := range first.Handouts[0].Attributes {
			require.True(rt, contains(again.Handouts[0].Attributes, a), "%.20s", a.Value)
			require.True(rt, first.Next.Seen.Has(hash(a)))
		}
		for _, j := range []protocol.Joining{first, again} {
			text, _ := json.Marshal(j.Handouts[0].Attributes)
			require.LessOrEqual(rt, len(text), most+2)
			require.LessOrEqual(rt, len(j.Handouts[0].Attributes), protocol.MaxAttributes)
		}
		for _, a := range own {
			require.True(rt, first.Next.Seen.Has(hash(a)) || first.Next.Truncated(), "what is left out is told")
		}
	})
}

func contains(attrs []responder.Attribute, a responder.Attribute) bool {
	for _, b := range attrs {
		if hash(a) == hash(b) {
			return true
		}
	}
	return false
}

// What a report knows of an alert is no reason to open another.
func TestWhatAReportKnows(t *testing.T) {
	p, q := attribute("p"), attribute("q")
	known := protocol.Arrival{ID: "a", Attrs: list(p), Severity: 50, LastSeen: noon - 10}
	item := joined(protocol.Fresh(fingerprint, noon, rules), known)
	assert.True(t, item.Knows(known))
	for name, change := range map[string]func(*protocol.Arrival){
		"another attribute": func(a *protocol.Arrival) { a.Attrs = list(p, q) },
		"graver":            func(a *protocol.Arrival) { a.Severity = 51 },
		"over":              func(a *protocol.Arrival) { a.State = responder.Resolved },
		"seen again":        func(a *protocol.Arrival) { a.LastSeen = noon - 9 },
	} {
		other := known
		change(&other)
		assert.False(t, item.Knows(other), name)
	}
	less := protocol.Arrival{ID: "b", Severity: 40, LastSeen: noon - 11, State: responder.Firing}
	assert.True(t, item.Knows(less))
}
