package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestCrossOff(t *testing.T) {
	item := protocol.Item{Ver: 4, Judged: 3, Pending: protocol.SetOf("0.a/x", "0.a/y"), Late: protocol.SetOf("0.b/x", "0.a/y")}
	for _, test := range []struct {
		name, token   string
		done          bool
		pending, late protocol.Set
	}{
		{"awaited", "0.a/x", true, protocol.SetOf("0.a/y"), item.Late},
		{"late", "0.b/x", true, item.Pending, protocol.SetOf("0.a/y")},
		{"both", "0.a/y", true, protocol.SetOf("0.a/x"), protocol.SetOf("0.b/x")},
		{"not done yet", "0.a/x", false, item.Pending, item.Late},
		{"not awaited is evidence again", "0.z/x", true, item.Pending, item.Late},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := item
			want.Ver, want.Pending, want.Late = 5, test.pending, test.late
			assert.Equal(t, want, protocol.CrossOff(item, test.token, test.done))
		})
	}
}

func TestCountChangesNoEvidence(t *testing.T) {
	item := protocol.Item{Ver: 4, Count: 7, Bodies: 2, LastSeen: 5}
	want := item
	want.Count, want.LastSeen = 10, 8
	assert.Equal(t, want, protocol.Count(item, 3, 8))
}

func TestDeadline(t *testing.T) {
	item := protocol.Item{Ver: 4, DeadlineAt: noon, Pending: protocol.SetOf("0.a/x", "0.a/y"), Late: protocol.SetOf("0.b/x")}
	late := item
	late.Ver, late.Pending, late.Late = 5, nil, protocol.SetOf("0.a/x", "0.a/y", "0.b/x")
	answered := item
	answered.Pending = nil
	for _, test := range []struct {
		name string
		item protocol.Item
		at   int64
		want protocol.Item
		ok   bool
	}{
		{"its own", item, noon, late, true},
		{"an earlier one", item, noon - 1, item, false},
		{"a later one", item, noon + 1, item, false},
		{"nobody is awaited", answered, noon, answered, false},
		{"again", late, noon, late, false},
		{"none was ever set", protocol.Item{}, 0, protocol.Item{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := protocol.Deadline(test.item, test.at)
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestSettleNeverGoesBack(t *testing.T) {
	item := protocol.Item{Ver: 9, Judged: 4, Verdict: responder.Urgent}
	assert.Equal(t, item, protocol.Settle(item, 3, responder.Safe))
	assert.Equal(t, item, protocol.Settle(item, 4, responder.Safe), "one verdict has one content")
	want := item
	want.Judged, want.Verdict = 7, responder.Safe
	assert.Equal(t, want, protocol.Settle(item, 7, responder.Safe))
}

func TestAnswerHandsOutWhatIsNew(t *testing.T) {
	const token, origin = "0.a/x", "1.page"
	p, q := attribute("p"), attribute("q")
	base := joined(protocol.Item{Fingerprint: fingerprint, ReportID: "r"}, protocol.Arrival{ID: "a", Attrs: list(p)}, "x", "y")
	require := assert.New(t)

	t.Run("one of two is new", func(t *testing.T) {
		a := protocol.Answer(base, token, true, origin, list(p, q), asking("x", "z"), noon+1, rules)
		assert.False(t, a.Again)
		assert.Equal(t, list(q), a.Attributes)
		assert.Equal(t, protocol.SetOf("0.a/y", "1.page/x", "1.page/z"), a.Next.Pending)
		assert.Equal(t, base.Ver+1, a.Next.Ver)
		assert.Equal(t, base.DeadlineAt, a.Next.DeadlineAt, "who joins does not move it")
		assert.Len(t, a.Next.Seen, 2)
		assert.True(t, a.Next.Origins.Has(protocol.OriginHash(origin)))
		assert.Equal(t, [2]int64{base.Count, base.Bodies}, [2]int64{a.Next.Count, a.Next.Bodies}, "a page is no alert")

		again := protocol.Answer(a.Next, token, true, origin, list(p, q), never(t), noon+2, rules)
		assert.True(t, again.Again)
		assert.Equal(t, list(p, q), again.Attributes, "it cannot know which were new")
		assert.Equal(t, protocol.CrossOff(a.Next, token, true), again.Next)
	})
	t.Run("not done yet", func(t *testing.T) {
		a := protocol.Answer(base, token, false, origin, list(q), asking("x"), noon+1, rules)
		assert.Equal(t, protocol.SetOf("0.a/x", "0.a/y", "1.page/x"), a.Next.Pending)
		assert.Equal(t, list(q), a.Attributes)
	})
	t.Run("nobody else is awaited", func(t *testing.T) {
		alone := protocol.CrossOff(base, "0.a/y", true)
		a := protocol.Answer(alone, token, true, origin, list(q), asking("x"), noon+1, rules)
		assert.Equal(t, protocol.SetOf("1.page/x"), a.Next.Pending)
		assert.Equal(t, noon+1+10*minute, a.Next.DeadlineAt, "a wave of its own has a deadline of its own")
		assert.False(t, a.Next.WantsReview())
	})
	t.Run("after the deadline", func(t *testing.T) {
		late, ok := protocol.Deadline(base, base.DeadlineAt)
		require.True(ok)
		a := protocol.Answer(late, token, true, origin, list(q), asking("x"), noon, rules)
		assert.Equal(t, protocol.SetOf("0.a/y"), a.Next.Late)
		assert.Equal(t, base.DeadlineAt+1, a.Next.DeadlineAt, "never one that was set before")
	})
	t.Run("nobody accepts it", func(t *testing.T) {
		a := protocol.Answer(base, token, true, origin, list(q), asking(), noon+1, rules)
		assert.Equal(t, protocol.SetOf("0.a/y"), a.Next.Pending)
		assert.Equal(t, list(q), a.Attributes, "inspectors that nobody awaits get it all the same")
		assert.True(t, a.Next.Origins.Has(protocol.OriginHash(origin)))
	})
	for name, a := range map[string]protocol.Answering{
		"nothing new":          protocol.Answer(base, token, true, origin, list(p), never(t), noon+1, rules),
		"no attributes":        protocol.Answer(base, token, true, origin, nil, never(t), noon+1, rules),
		"after the last wave":  protocol.Answer(base, token, true, "", list(q), never(t), noon+1, rules),
		"the report took 256 ": full(base, token, origin, q, never(t)),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, a.Attributes)
			assert.False(t, a.Again)
			assert.False(t, a.Next.Pending.Has(token))
			assert.False(t, a.Next.Origins.Has(protocol.OriginHash(origin)))
		})
	}
}

// full answers to a report that has all the attributes that it can have.
func full(base protocol.Item, token, origin string, brought responder.Attribute, awaiting protocol.Awaiting) protocol.Answering {
	base.Seen = base.Seen.With(joined(protocol.Item{}, protocol.Arrival{ID: "b", Attrs: attrs(protocol.MaxAttributes)}).Seen...)
	return protocol.Answer(base, token, true, origin, list(brought), awaiting, noon, rules)
}

// Attributes that come after the last wave are asked of nobody: the report says that it is not whole.
func TestAttributesAfterTheLastWaveAreSaid(t *testing.T) {
	nobody := func([]responder.Attribute) []string { return nil }
	known := []responder.Attribute{{Type: "domain", Value: "a.example"}}
	fresh := []responder.Attribute{{Type: "domain", Value: "b.example"}}
	item := protocol.Answer(protocol.Item{Ver: 1}, "0.A/i", true, "1.X", known, nobody, 0, protocol.Rules{}).Next
	assert.False(t, item.Truncated())
	assert.False(t, protocol.Answer(item, "2.A/i", true, "", known, nobody, 0, protocol.Rules{}).Next.Truncated(), "seen already")
	last := protocol.Answer(item, "2.A/i", true, "", fresh, nobody, 0, protocol.Rules{})
	assert.True(t, last.Next.Truncated())
	assert.Empty(t, last.Attributes)
	assert.Equal(t, item.Ver+1, last.Next.Ver)
	again := protocol.Answer(last.Next, "2.A/i", true, "", fresh, nobody, 0, protocol.Rules{})
	assert.Equal(t, last.Next.Seen, again.Next.Seen)
}
