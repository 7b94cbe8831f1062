package record_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/merge"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func alert(t *testing.T, id string, at int64, a responder.Alert) store.Body {
	t.Helper()
	b, err := record.Alert(id, at, a)
	require.NoError(t, err)
	require.NoError(t, b.Check())
	return b
}

func TestEvidence(t *testing.T) {
	page := responder.Page{Title: "x", Signals: []responder.Signal{{Kind: "k"}}}
	finding, err := record.Finding("part", 1000, responder.Submission{Token: "0.A/i", Pages: []responder.Page{page}, Done: true})
	require.NoError(t, err)
	assert.Equal(t, "F#0.A/i#part", finding.Key)
	e, err := record.Evidence([]store.Body{
		alert(t, "C", 2000, responder.Alert{Name: "third"}), alert(t, "B", 1000, responder.Alert{Name: "second"}),
		alert(t, "A", 1000, responder.Alert{Name: "first", Raw: "raw"}), finding,
	}, []string{"0.A/late"})
	require.NoError(t, err)
	require.Len(t, e.Alerts, 3)
	for n, want := range []string{"first", "second", "third"} {
		assert.Equal(t, want, e.Alerts[n].Name)
	}
	assert.Equal(t, "raw", e.Alerts[0].Raw)
	require.Len(t, e.Findings, 1)
	assert.Equal(t, "0.A/i", e.Findings[0].Token)
	assert.Equal(t, []responder.Page{page}, e.Findings[0].Pages)
	assert.Equal(t, []string{"0.A/late"}, e.Missing)
}

func TestEvidenceThatCannotBeRead(t *testing.T) {
	e, err := record.Evidence([]store.Body{
		{Key: "A#X", Data: []byte(`{"v":1,`)}, {Key: "F#0.A/i#p", Data: []byte(`{"v":9}`)},
		alert(t, "A", 1, responder.Alert{Name: "whole"}),
	}, nil)
	require.ErrorContains(t, err, "body A#X")
	require.ErrorContains(t, err, "body F#0.A/i#p: v: schema version 9")
	require.Len(t, e.Alerts, 1, "the others survive")
	assert.Equal(t, "whole", e.Alerts[0].Name)
	assert.Empty(t, e.Findings)
}

// When an inspector answered is for people: no evidence has it, so no verdict depends on it.
func TestEvidenceHasNoTimeOfAnswers(t *testing.T) {
	submission := responder.Submission{Token: "0.A/i", Pages: []responder.Page{{Title: "x", Signals: []responder.Signal{{Kind: "k"}}}}, Done: true}
	var seen []merge.Evidence
	for _, at := range []int64{0, 1, 1_700_000_000_123, -1} {
		b, err := record.Finding("part", at, submission)
		require.NoError(t, err)
		assert.Equal(t, at != 0, strings.Contains(string(b.Data), `"at":`+strconv.FormatInt(at, 10)+","), "%s", b.Data)
		e, err := record.Evidence([]store.Body{b}, nil)
		require.NoError(t, err)
		seen = append(seen, e)
		assert.Equal(t, seen[0], e)
	}
}

func TestPart(t *testing.T) {
	about := func(values ...string) (pages []responder.Page) {
		for _, v := range values {
			pages = append(pages, responder.Page{Title: v + "!", Attribute: &responder.Attribute{Type: "domain", Value: v}})
		}
		return pages
	}
	assert.Equal(t, record.Part(about("a.example", "b.example")), record.Part(about("B.example.", "a.example")), "a repeat overwrites itself")
	assert.NotEqual(t, record.Part(about("a.example")), record.Part(about("b.example")), "another part stands beside it")
	assert.NotEqual(t, record.Part(nil), record.Part(about("a.example")))
	assert.NotEqual(t, record.Part([]responder.Page{{Title: "x"}}), record.Part([]responder.Page{{Title: "y"}}))
}

func TestVerdict(t *testing.T) {
	r := respondertest.Report()
	item := protocol.Item{Ver: 2, OpenedAt: 1000}
	v, err := record.Verdict(item, r)
	require.NoError(t, err)
	assert.Equal(t, []any{int64(2), int64(1000), responder.Urgent, r.Alert.Name}, []any{v.Ver, v.OpenedAt, v.Severity, v.Title})
	back, err := record.Report(v)
	require.NoError(t, err)
	assert.Equal(t, r, back)
	_, err = record.Report(store.Verdict{Ver: 3, Data: []byte(`{"v":9}`)})
	assert.ErrorContains(t, err, "schema version 9")
}

func TestVerdictKeepsSmallRawAndLeavesOutLarge(t *testing.T) {
	small := responder.Alert{Name: "a", Raw: "small"}
	v, err := record.Verdict(protocol.Item{}, responder.Report{Alert: small, Alerts: []responder.Alert{small}})
	require.NoError(t, err)
	back, err := record.Report(v)
	require.NoError(t, err)
	assert.Equal(t, "small", back.Alerts[0].Raw)

	large := strings.Repeat("r", 40<<10)
	one, two := responder.Alert{Name: "same", Raw: large + "1"}, responder.Alert{Name: "same", Raw: large + "2"}
	r := responder.Report{Alert: one, Alerts: []responder.Alert{one, two, {Name: "gone", Raw: "x"}}}
	v, err = record.Verdict(protocol.Item{}, r)
	require.NoError(t, err)
	assert.Less(t, len(v.Data), 10<<10)
	assert.Equal(t, large+"1", r.Alerts[0].Raw, "the caller's report is its own")

	stored, err := record.Report(v)
	require.NoError(t, err)
	bodies := []store.Body{alert(t, "B", 2, two), alert(t, "A", 1, one)}
	whole := record.Whole(stored, bodies)
	assert.Equal(t, []string{large + "1", large + "1", large + "2", ""},
		[]string{whole.Alert.Raw, whole.Alerts[0].Raw, whole.Alerts[1].Raw, whole.Alerts[2].Raw})
	assert.Empty(t, stored.Alerts[0].Raw, "what was given stays as it was")
	assert.False(t, whole.Truncated)
}

// A verdict that keeps its raw messages is as it is; what has none is looked for among all bodies.
func TestWhole(t *testing.T) {
	one, two := responder.Alert{Name: "one", Raw: "raw 1"}, responder.Alert{Name: "two", Raw: "raw 2"}
	bodies := []store.Body{alert(t, "A", 1, one), alert(t, "B", 2, two), {Key: "A#C", Data: []byte("{")}}
	bare := func(a responder.Alert) responder.Alert { a.Raw = ""; return a }

	kept := responder.Report{Alert: one, Alerts: []responder.Alert{one, bare(two)}}
	assert.Equal(t, kept, record.Whole(kept, bodies))
	assert.Equal(t, responder.Report{}, record.Whole(responder.Report{}, nil))
	assert.Equal(t, responder.Report{Alert: one}, record.Whole(responder.Report{Alert: bare(one)}, bodies), "an alert alone")
	assert.Equal(t, responder.Report{Alert: one, Alerts: []responder.Alert{two, one}},
		record.Whole(responder.Report{Alert: bare(one), Alerts: []responder.Alert{bare(two), bare(one)}}, bodies))
	changed := bare(one)
	changed.Severity = 1
	assert.Empty(t, record.Whole(responder.Report{Alert: changed}, bodies).Alert.Raw, "another alert's raw message is not shown")
}

// Bodies come in any order, and each alert gets its own raw message back.
func TestWholeIsDeterministic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 1, 6).Draw(rt, "names")
		var bodies []store.Body
		var alerts []responder.Alert
		for n, name := range names {
			a := responder.Alert{Name: name, Raw: strconv.Itoa(n) + strings.Repeat("r", 40<<10)}
			bodies = append(bodies, alert(t, strconv.Itoa(n), int64(n), a))
			alerts = append(alerts, a)
		}
		v, err := record.Verdict(protocol.Item{}, responder.Report{Alert: alerts[0], Alerts: alerts})
		require.NoError(rt, err)
		stored, err := record.Report(v)
		require.NoError(rt, err)
		var mixed []store.Body
		indexes := make([]int, len(bodies))
		for n := range indexes {
			indexes[n] = n
		}
		for _, n := range rapid.Permutation(indexes).Draw(rt, "order") {
			mixed = append(mixed, bodies[n])
		}
		whole := record.Whole(stored, mixed)
		for n, a := range append([]responder.Alert{whole.Alert}, whole.Alerts...) {
			require.Empty(rt, append([]responder.Alert{stored.Alert}, stored.Alerts...)[n].Raw)
			require.Equal(rt, alerts[max(n-1, 0)].Raw[:1], a.Raw[:1])
		}
	})
}

func TestVerdictIsBounded(t *testing.T) {
	r := responder.Report{ReportID: "R", Signals: []responder.Signal{{Verdict: responder.Malicious, Inspector: "x"}}}
	for n := range 50 {
		r.Alerts = append(r.Alerts, responder.Alert{Name: strconv.Itoa(n), Description: strings.Repeat("d", 1<<20)})
	}
	v, err := record.Verdict(protocol.Item{}, r)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(v.Data), 48<<20)
	back, err := record.Report(v)
	require.NoError(t, err)
	assert.True(t, back.Truncated)
	assert.Equal(t, r.Signals, back.Signals)
	assert.False(t, r.Truncated, "the caller's report is its own")
	assert.Len(t, r.Alerts[0].Description, 1<<20)
}

func TestVerdictsTitleIsBounded(t *testing.T) {
	v, err := record.Verdict(protocol.Item{}, responder.Report{Alert: responder.Alert{Name: strings.Repeat("é", 1<<10)}})
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("é", 128), v.Title)
}

func FuzzEvidence(f *testing.F) {
	for _, seed := range []string{"", "null", "{}", `{"v":1,"alert":{"name":"a"}}`, `{"v":9}`, `{"v":1,"pages":null}`, `{"v":1,"token":"0.A/i","pages":[{"signals":null}]}`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := record.Evidence([]store.Body{{Key: "A#A", Data: data}, {Key: "F#x#p", Data: data}, alert(t, "B", 1, responder.Alert{Name: "whole"})}, nil)
		require.NotEmpty(t, e.Alerts)
		if err != nil {
			assert.Less(t, len(err.Error()), 2000)
		}
		merge.Compile(e)
	})
}

func TestAlertsOfOneMomentStandByTheirOwnTimes(t *testing.T) {
	at := func(name string, last float64) responder.Alert {
		return responder.Alert{Name: name, Timestamp: responder.Timestamp{Last: last}}
	}
	e, err := record.Evidence([]store.Body{alert(t, "A", 1, at("later", 20)), alert(t, "B", 1, at("earlier", 10))}, nil)
	require.NoError(t, err)
	require.Len(t, e.Alerts, 2)
	assert.Equal(t, "earlier", e.Alerts[0].Name)
}
