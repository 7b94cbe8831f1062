package explain_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// judgedBy are answers of one inspector, in the order of their keys, and verdicts with rows of what it found.
type judgedBy struct {
	answers  [][]string                   // the values of each
	verdicts [][]string                   // likewise
	cut      []bool                       // of each verdict
	outcome  map[string]responder.Outcome // of a value in the answers; found if it is not there
}

func (j judgedBy) explained(t *testing.T) []explain.Answer {
	t.Helper()
	var rows []explain.Row
	for n, values := range j.answers {
		s := responder.Submission{Token: "0.A/dns", Done: true}
		for _, v := range values {
			outcome := responder.Found
			if o := j.outcome[v]; o != "" && n > 0 {
				outcome = o
			}
			s.Pages = append(s.Pages, responder.Page{Attribute: &responder.Attribute{Type: "domain", Value: v}, Outcome: outcome})
		}
		b, err := record.Finding(string(rune('a'+n)), 0, s)
		require.NoError(t, err)
		rows = append(rows, explain.Row{Key: b.Key, Data: b.Data})
	}
	for n, values := range j.verdicts {
		r := responder.Report{Truncated: j.cut != nil && j.cut[n]}
		for _, v := range values {
			r.Inspections = append(r.Inspections, responder.Inspection{
				Inspector: "dns", Origin: "0.A", Outcome: responder.Found, Attribute: &responder.Attribute{Type: "domain", Value: v},
			})
		}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		rows = append(rows, explain.Row{Key: "V#" + string(rune('1'+n)), Data: data})
	}
	e := explain.Explain("AAAA-1", explain.Live{}, slices.Values(rows), explaintest.Start)
	require.Len(t, e.Asked, 1)
	return e.Asked[0].Answers
}

// TestInWhichVerdictsAnAnswerIs, and where that is not known.
func TestInWhichVerdictsAnAnswerIs(t *testing.T) {
	one := [][]string{{"a"}}
	for name, c := range map[string]struct {
		judgedBy
		want explain.Answer
	}{
		"in the first":             {judgedBy{answers: one, verdicts: [][]string{{"a"}}}, explain.Answer{Judge: explain.Judged, First: 1}},
		"in the second":            {judgedBy{answers: one, verdicts: [][]string{{}, {"a"}, {"a"}}}, explain.Answer{Judge: explain.Judged, First: 2, NotIn: 1}},
		"in none":                  {judgedBy{answers: one, verdicts: [][]string{{"b"}, {}}}, explain.Answer{Judge: explain.Unjudged, NotIn: 2}},
		"no verdict":               {judgedBy{answers: one}, explain.Answer{Judge: explain.Unjudged}},
		"perhaps cut":              {judgedBy{answers: one, verdicts: [][]string{{}, {}}, cut: []bool{false, true}}, explain.Answer{Judge: explain.InDoubt, NotIn: 1}},
		"cut, and then not in":     {judgedBy{answers: one, verdicts: [][]string{{}, {}}, cut: []bool{true, false}}, explain.Answer{Judge: explain.Unjudged, NotIn: 2}},
		"cut, and in nevertheless": {judgedBy{answers: one, verdicts: [][]string{{"a"}}, cut: []bool{true}}, explain.Answer{Judge: explain.Judged, First: 1}},
	} {
		got := c.explained(t)[0]
		assert.Equal(t, c.want, explain.Answer{Judge: got.Judge, First: got.First, NotIn: got.NotIn}, name)
	}
}

// Of two answers about the same the report has one: that the other one is not in it says nothing.
func TestAnAnswerBehindAnother(t *testing.T) {
	got := judgedBy{
		answers: [][]string{{"a"}, {"a"}}, outcome: map[string]responder.Outcome{"a": responder.Failed}, verdicts: [][]string{{"a"}},
	}.explained(t)
	assert.Equal(t, []explain.Judge{explain.Judged, explain.InDoubt}, []explain.Judge{got[0].Judge, got[1].Judge})
	got = judgedBy{
		answers: [][]string{{"a"}, {"b"}}, outcome: map[string]responder.Outcome{"b": responder.Failed}, verdicts: [][]string{{"a"}},
	}.explained(t)
	assert.Equal(t, []explain.Judge{explain.Judged, explain.Unjudged}, []explain.Judge{got[0].Judge, got[1].Judge})
}
