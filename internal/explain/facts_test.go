package explain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func values(list []responder.Attribute) (out []string) {
	for _, a := range list {
		out = append(out, a.Value)
	}
	return out
}

// What a page brought first is not new in an alert that has it too: not by the item, and not by the answers where the
// item is gone.
func TestWhoBroughtAnAttribute(t *testing.T) {
	with := explaintest.Play(t, "crossed", nil)
	without := with
	without.Item = protocol.Item{}
	for _, p := range []explaintest.Played{with, without} {
		e := p.Explain()
		require.Len(t, e.Alerts, 2)
		assert.Equal(t, []string{"198.51.100.23"}, values(e.Alerts[1].New), "%s", e.Live)
		assert.Equal(t, []explain.News{explain.NewsAttributes, explain.NewsSeverity}, e.Alerts[1].News)
		require.NotEmpty(t, e.Waves)
		assert.Equal(t, []string{"cdn.example.net", "203.0.113.7"}, values(e.Waves[0].New))
	}
}

// An alert that the item does not name as an origin has brought nothing, whatever the order looks like.
func TestTheItemKnowsWhoBroughtNothing(t *testing.T) {
	p := explaintest.Play(t, "join", nil)
	second := p.Explain().Alerts[1]
	require.NotEmpty(t, second.New)
	p.Item.Origins = p.Item.Origins.Without(protocol.OriginHash(protocol.AlertOrigin(second.ID)))
	e := p.Explain()
	for _, a := range e.Alerts {
		assert.NotContains(t, values(a.New), "198.51.100.23", "nor is another one said to have")
	}
}

func TestWhereTheKeyCameFrom(t *testing.T) {
	for name, want := range map[string]explain.KeySource{
		"one": explain.KeyGiven, "unparsed": explain.KeyTopic, "delivery": explain.KeyDelivery, "keyless": explain.KeyAttributes,
	} {
		in := explaintest.Play(t, name, nil).Explain().Incident
		assert.Equal(t, want, in.KeyFrom, name)
		assert.True(t, in.Matches, name)
	}
	p := explaintest.Play(t, "one", nil)
	for n, row := range p.Rows {
		p.Rows[n].Data = bytes.ReplaceAll(row.Data, []byte("i-0123456789abcdef0"), []byte("i-0000000000000000"))
	}
	assert.False(t, p.Explain().Incident.Matches, "a key that this is not the fingerprint of")
}

func TestCounts(t *testing.T) {
	p := explaintest.Play(t, "storm", nil)
	p.Item.Count, p.Item.Bodies = 1000, 203
	in := p.Explain().Incident
	assert.Equal(t, []int64{1000, 3, 995}, []int64{in.AlertCount, in.Dropped, in.Counted})
	assert.Contains(t, p.Explain().Present.TruncatedBy, "alerts")

	p.Item = protocol.Item{} // the verdicts know how many there were at least
	in = p.Explain().Incident
	assert.True(t, in.AtLeast)
	assert.Equal(t, int64(10), in.AlertCount)
}

// An alert that is stored had something new, whether or not it is told of.
func TestCountsOfWhatIsNotToldOf(t *testing.T) {
	alone(t)
	whole := explaintest.Play(t, "join", nil)
	was := whole.Explain().Incident
	require.Equal(t, []int64{5, 1}, []int64{was.AlertCount, was.Counted})
	spoiled := whole
	spoiled.Rows = slices.Clone(whole.Rows)
	n := slices.IndexFunc(spoiled.Rows, func(r explain.Row) bool { return strings.HasPrefix(r.Key, "A#") })
	spoiled.Rows[n].Problem = "gunzip: broken"
	gone := spoiled
	gone.Item = protocol.Item{}
	for _, p := range []explaintest.Played{spoiled, gone} {
		e := p.Explain()
		in := e.Incident
		assert.Len(t, e.Alerts, 3)
		assert.Equal(t, []int64{5, 1, 1, 0}, []int64{in.AlertCount, in.Counted, in.Unreadable, in.LeftOut}, e.Live)
	}

	item := protocol.Item{ReportID: "AAAA-1", Count: 5010, Bodies: 5000}
	in := explain.Explain("AAAA-1", explain.Live{Item: item}, many, explaintest.Start).Incident
	assert.Equal(t, []int64{4600, 0, 10}, []int64{in.LeftOut, in.Unreadable, in.AlertCount - 5000})
	in = explain.Explain("AAAA-1", explain.Live{}, many, explaintest.Start).Incident
	assert.Equal(t, []int64{4600, 5000, 0}, []int64{in.LeftOut, in.AlertCount, in.Counted})
}

// A time that is not stored is not made up.
func TestTimesThatAreNotStored(t *testing.T) {
	rows := func(yield func(explain.Row) bool) {
		yield(explain.Row{Key: "A#1", Data: []byte(`{"alert":{"name":"a"}}`)})
		yield(explain.Row{Key: "V#1", Data: []byte(`{"result":{"severity":"safe"}}`)})
	}
	e := explain.Explain("AAAA-1", explain.Live{}, rows, explaintest.Start)
	assert.True(t, e.Alerts[0].SentAt.IsZero())
	assert.True(t, e.Verdicts[0].At.IsZero())
	for _, event := range e.Timeline {
		if event.Kind == explain.EventAlert || event.Kind == explain.EventVerdict {
			assert.True(t, event.At.IsZero(), event.Kind)
		}
	}
}

func TestOverdue(t *testing.T) {
	p := explaintest.Play(t, "waiting", nil)
	assert.False(t, p.Explain().Present.Overdue)
	p.Now = p.Now.Add(time.Hour)
	assert.True(t, p.Explain().Present.Overdue)
}

// large is a report that is as large as hostile senders and plugins can make it, a row at a time.
func large(t *testing.T) func(yield func(explain.Row) bool) {
	attrs := func(n int) (list []responder.Attribute) {
		for i := range 257 {
			list = append(list, responder.Attribute{Type: "url", Value: fmt.Sprint(n, i, strings.Repeat("v", 2000)), Key: strings.Repeat("k", 256)})
		}
		return list
	}
	marshal := func(key string, v any) explain.Row {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		return explain.Row{Key: key, Data: data}
	}
	return func(yield func(explain.Row) bool) {
		for n := range 30 {
			b, err := record.Alert(fmt.Sprintf("%04d", n), int64(n), responder.Alert{Name: strings.Repeat("n", 512), Attrs: attrs(n), Raw: strings.Repeat("r", 1<<20)})
			require.NoError(t, err)
			yield(explain.Row{Key: b.Key, Data: b.Data})
		}
		for n := range 30 {
			s := responder.Submission{Token: fmt.Sprintf("0.%d/x", n), Done: true}
			list := attrs(n)
			for i := range list[:20] {
				s.Pages = append(s.Pages, responder.Page{Attribute: &list[i], Error: strings.Repeat("e", 4000), NewAttributes: list[20:60]})
			}
			b, err := record.Finding("p", 1, s)
			require.NoError(t, err)
			yield(explain.Row{Key: b.Key, Data: b.Data})
		}
		var signals []responder.Signal
		for i, a := range attrs(0) {
			signals = append(signals, responder.Signal{Attribute: &a, Summary: strings.Repeat("s", 4000), Score: float64(i)})
		}
		for n := range 40 {
			yield(marshal(fmt.Sprintf("V#%d", n), responder.Report{Signals: signals, Result: responder.Result{Reason: strings.Repeat("r", 2000)}}))
		}
	}
}

// TestMemoryIsBounded: gigabytes are stored, and little of them is kept.
func TestMemoryIsBounded(t *testing.T) {
	alone(t)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	e := explain.Explain("AAAA-1", explain.Live{}, large(t), explaintest.Start)
	kept := int64(heap()) - int64(before)
	t.Logf("%d MB kept, %d left out", kept>>20, e.LeftOut)
	assert.Less(t, kept, int64(48<<20))
	assert.Len(t, e.Alerts, 30)
	assert.NotZero(t, e.LeftOut, "and it says so")
	assert.Len(t, e.Verdicts, 40)
}

// many rows, small ones: the newest verdicts stay, with what they were given.
func many(yield func(explain.Row) bool) {
	for n := range 5000 {
		yield(explain.Row{Key: fmt.Sprintf("A#%d", n), Data: []byte(`{}`)})
		yield(explain.Row{Key: fmt.Sprintf("F#0.A/x#%d", n), Data: []byte(`{"done":true,"pages":[{"error":"e"}]}`)})
		yield(explain.Row{Key: fmt.Sprintf("V#%d", (n*7919)%5000), Data: []byte(`{"inspections":[{"outcome":"missing"},{"outcome":"found"}],"signals":[{},{},{},{},{},{}]}`)})
		yield(explain.Row{Key: fmt.Sprintf("Q#%d", n)})
	}
}

func TestHowMuchIsKept(t *testing.T) {
	alone(t)
	e := explain.Explain("AAAA-1", explain.Live{}, many, explaintest.Start)
	assert.Len(t, e.Alerts, 400)
	require.Len(t, e.Asked, 2, "the token, and who is missing")
	assert.Len(t, e.Asked[1].Answers, 4000)
	require.Len(t, e.Verdicts, 2000)
	assert.Equal(t, []int64{3000, 4999}, []int64{e.Verdicts[0].Ver, e.Verdicts[1999].Ver})
	assert.Len(t, e.Verdicts[1999].Signals, 6)
	assert.Len(t, e.Verdicts[0].Signals, 1)
	assert.Len(t, e.Unread, 100)
	assert.Equal(t, 4600+1000+3000+4900, e.LeftOut)
}

// Which state an alert changes is for the newest one to say, not for the one that came last.
func TestAnOldAlertChangesNoState(t *testing.T) {
	var rows []explain.Row
	for n, a := range []responder.Alert{
		{Name: "a", Timestamp: responder.Timestamp{Last: 100}},
		{Name: "a", Timestamp: responder.Timestamp{Last: 50}, State: responder.Resolved},
		{Name: "a", Timestamp: responder.Timestamp{Last: 100}, State: responder.Resolved},
		{Name: "a", Timestamp: responder.Timestamp{Last: 1e9}}, // of a clock that runs ahead
		{Name: "a", Timestamp: responder.Timestamp{Last: 400}, State: responder.Resolved},
	} {
		b, err := record.Alert(fmt.Sprint(n), int64(200+n)*1000, a)
		require.NoError(t, err)
		rows = append(rows, explain.Row{Key: b.Key, Data: b.Data})
	}
	e := explain.Explain("AAAA-1", explain.Live{}, slices.Values(rows), explaintest.Start)
	var news [][]explain.News
	for _, a := range e.Alerts {
		news = append(news, a.News)
	}
	state, other := []explain.News{explain.NewsState}, []explain.News{explain.NewsOther}
	assert.Equal(t, [][]explain.News{{explain.NewsFirst}, other, state, state, state}, news)
}

// Who has handed in nothing yet, and is not done, has said nothing, not that there is nothing.
func TestNothingHandedInIsNoAnswer(t *testing.T) {
	for done, want := range map[bool]explain.Status{true: explain.Answered, false: explain.Unfinished} {
		b, err := record.Finding("p", 1, responder.Submission{Token: "0.A/dns", Done: done})
		require.NoError(t, err)
		e := explain.Explain("AAAA-1", explain.Live{}, slices.Values([]explain.Row{{Key: b.Key, Data: b.Data}}), explaintest.Start)
		require.Len(t, e.Asked, 1)
		assert.Equal(t, want, e.Asked[0].Status)
		assert.Equal(t, done, len(e.Asked[0].Answers[0].Outcomes) == 1)
	}
}

// alone skips what has no two goroutines, and so many things that the race detector takes minutes over them.
func alone(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("nothing runs at once here: there is nothing for the race detector")
	}
}
