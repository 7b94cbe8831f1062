package explain_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// answeredAt is a row with another time at which it was sent; none for 0.
func answeredAt(t require.TestingT, data []byte, at int64) []byte {
	var fields map[string]any
	require.NoError(t, json.Unmarshal(data, &fields))
	if fields["at"] = at; at == 0 {
		delete(fields, "at")
	}
	data, err := json.Marshal(fields)
	require.NoError(t, err)
	return data
}

// shifted stores answers as if they had been sent at another time.
type shifted struct {
	store.Store
	t  *testing.T
	at int64
}

func (s *shifted) PutBody(ctx context.Context, reportID string, b store.Body) error {
	if strings.HasPrefix(b.Key, "F#") {
		s.at += 7
		b.Data = answeredAt(s.t, b.Data, s.at)
	}
	return s.Store.PutBody(ctx, reportID, b)
}

// A verdict is the same bytes, whenever what it is made of was sent.
func TestNoVerdictDependsOnWhenAnAnswerCame(t *testing.T) {
	verdicts := func(p explaintest.Played) (out []string) {
		for _, row := range p.Rows {
			if strings.HasPrefix(row.Key, "V#") {
				out = append(out, row.Key+string(row.Data))
			}
		}
		return out
	}
	for _, name := range explaintest.Names() {
		db, err := memory.New()
		require.NoError(t, err)
		want, got := explaintest.Play(t, name, nil), explaintest.Play(t, name, &shifted{Store: db, t: t, at: 1_000_000})
		assert.Equal(t, name == "waiting", len(verdicts(want)) == 0, name)
		assert.Equal(t, verdicts(want), verdicts(got), name)
		for _, a := range got.Explain().Asked {
			for _, s := range a.Answers {
				assert.Equal(t, 1970, s.AnsweredAt.Year(), "it was sent at another time")
			}
		}
	}
}

// events are the places of an explanation's events.
type events map[string]int

func placesOf(e explain.Explanation) events {
	out := events{}
	for n, event := range e.Timeline {
		switch event.Kind {
		case explain.EventAlert:
			out[event.Alert] = n
		case explain.EventAnswer:
			out[event.Key] = n
		case explain.EventVerdict:
			out[verdictName(event.Ver)] = n
		}
	}
	return out
}

func verdictName(ver int64) string { return fmt.Sprint("verdict ", ver) }

// TestWheneverAnswersWereSent: an answer stands where the rows say that it came, and at its time wherever that is there.
func TestWheneverAnswersWereSent(t *testing.T) {
	played := map[string]explaintest.Played{}
	for _, name := range explaintest.Names() {
		played[name] = explaintest.Play(t, name, nil)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := played[rapid.SampledFrom(explaintest.Names()).Draw(t, "scenario")]
		p.Rows = slices.Clone(p.Rows)
		start := explaintest.Start.UnixMilli()
		times := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64(), rapid.Int64Range(start-1000, start+1000), rapid.Int64Range(start-3_600_000, start+100_000_000))
		for n, row := range p.Rows {
			if strings.HasPrefix(row.Key, "F#") {
				p.Rows[n].Data = answeredAt(t, row.Data, times.Draw(t, row.Key))
			}
		}
		e := p.Explain()
		assertInOrder(t, e)
		places := placesOf(e)
		for _, a := range e.Asked {
			for _, s := range a.Answers {
				assertInPlace(t, e, places, a, s)
			}
		}
	})
}

func assertInOrder(t *rapid.T, e explain.Explanation) {
	var before responder.Time
	for _, event := range e.Timeline {
		if !event.At.IsZero() {
			assert.False(t, event.At.Before(before.Time), "times never go back: %s after %s", event.At, before)
			before = event.At
		}
	}
}

func assertInPlace(t *rapid.T, e explain.Explanation, places events, a explain.Asked, s explain.Answer) {
	n, ok := places[s.Key]
	require.True(t, ok, "each answer is in it")
	event := e.Timeline[n]
	low, high := e.Incident.OpenedAt, e.ReadAt
	behind := func(name string) {
		cause, ok := places[name]
		require.True(t, ok, name)
		assert.Greater(t, n, cause, "%s behind %s", s.Key, name)
		if at := e.Timeline[cause].At; at.After(low.Time) {
			low = at
		}
	}
	if a.BroughtBy != "" && !sentAgain(e, a.BroughtBy, s) {
		behind(a.BroughtBy)
	}
	if s.NotIn > 0 {
		behind(verdictName(s.NotIn))
	}
	if s.Judge == explain.Judged {
		first := places[verdictName(s.First)]
		high = e.Timeline[first].At
		assert.Less(t, n, first, "%s before %d", s.Key, s.First)
	}
	switch at := s.AnsweredAt; {
	case at.IsZero():
		assert.Zero(t, event.At, "no time is made up")
	case at.After(high.Time) || at.Before(low.Time):
		assert.Zero(t, event.At, "%s is not between %s and %s", at, low, high)
	case e.Live != explain.Replaced && e.Timeline[max(places[a.BroughtBy], 0)].At.IsZero():
		// nor is it known when that came which it answers
	case e.Live != explain.Replaced:
		assert.Equal(t, at, event.At, "it stands at its time")
	}
}

// sentAgain says that a page was sent when the verdict was made that is the first to have an answer to it.
func sentAgain(e explain.Explanation, page string, s explain.Answer) bool {
	for _, a := range e.Asked {
		for _, p := range a.Answers {
			for _, v := range e.Verdicts {
				if p.Key == page && s.Judge == explain.Judged && v.Ver == s.First {
					return p.AnsweredAt.After(v.At.Time)
				}
			}
		}
	}
	return false
}

// sent is a report of an alert of second 10, and of verdicts of seconds 60, without an answer, and 120, with it; or also
// without it.
func sent(t *testing.T, at int64, judged bool) (order string) {
	t.Helper()
	ms := func(seconds int64) int64 { return explaintest.Start.UnixMilli() + seconds*1000 }
	alert, err := record.Alert("A", ms(10), responder.Alert{Name: "a"})
	require.NoError(t, err)
	if at > 0 {
		at = ms(at)
	}
	answer, err := record.Finding("p", at, responder.Submission{Token: "0.A/dns", Done: true, Pages: []responder.Page{{Outcome: responder.Found}}})
	require.NoError(t, err)
	rows := []explain.Row{{Key: alert.Key, Data: alert.Data}, {Key: answer.Key, Data: answer.Data}}
	for ver, seconds := range map[int64]int64{1: 60, 2: 120} {
		r := responder.Report{SettledAt: responder.At(time.UnixMilli(ms(seconds)))}
		if ver == 2 && judged {
			r.Inspections = []responder.Inspection{{Inspector: "dns", Origin: "0.A", Outcome: responder.Found}}
		}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		rows = append(rows, explain.Row{Key: fmt.Sprint("V#", ver), Data: data})
	}
	e := explain.Explain("AAAA-1", explain.Live{}, slices.Values(rows), time.UnixMilli(ms(200)))
	var list []string
	for _, event := range e.Timeline {
		switch event.Kind {
		case explain.EventAnswer:
			text := "answer"
			if !event.At.IsZero() {
				text += fmt.Sprint(" ", int(event.At.Sub(explaintest.Start).Seconds()))
			}
			list = append(list, text)
		case explain.EventOpened:
		default:
			list = append(list, strings.TrimSuffix(fmt.Sprint(event.Kind, event.Ver), "0"))
		}
	}
	return strings.Join(list, ", ")
}

// TestWhereAnAnswerStands: what the rows have of each other wins over a time.
func TestWhereAnAnswerStands(t *testing.T) {
	for _, c := range []struct {
		at     int64
		judged bool
		want   string
	}{
		{0, true, "alert, verdict1, answer, verdict2, read"},
		{90, true, "alert, verdict1, answer 90, verdict2, read"},
		{60, true, "alert, verdict1, answer 60, verdict2, read"},
		{120, true, "alert, verdict1, answer 120, verdict2, read"},
		{30, true, "alert, verdict1, answer, verdict2, read"},      // on its way when the first was made
		{150, true, "alert, verdict1, verdict2, answer 150, read"}, // sent again, perhaps with other content
		{5, true, "alert, verdict1, answer, verdict2, read"},
		{0, false, "alert, verdict1, verdict2, answer, read"},
		{130, false, "alert, verdict1, verdict2, answer 130, read"},
		{30, false, "alert, verdict1, verdict2, answer, read"},
		{300, false, "alert, verdict1, verdict2, answer, read"}, // of a clock that runs ahead
	} {
		assert.Equal(t, c.want, sent(t, c.at, c.judged), "sent at %d, judged %t", c.at, c.judged)
	}
}

// What nobody asked for leads to questions as well, and comes before their answers.
func TestAnUnaskedPageStandsBeforeWhatItLedTo(t *testing.T) {
	page, err := record.Finding("p", 0, responder.Submission{Token: "legacy/x", Done: true, Pages: []responder.Page{{
		NewAttributes: []responder.Attribute{{Type: "domain", Value: "a.example"}},
	}}})
	require.NoError(t, err)
	rows := []explain.Row{{Key: page.Key, Data: page.Data}}
	wave := explain.Explain("AAAA-1", explain.Live{}, slices.Values(rows), explaintest.Start).Waves[0].Origin
	answer, err := record.Finding("p", 0, responder.Submission{Token: wave + "/dns", Done: true})
	require.NoError(t, err)
	rows = append(rows, explain.Row{Key: answer.Key, Data: answer.Data})
	places := placesOf(explain.Explain("AAAA-1", explain.Live{}, slices.Values(rows), explaintest.Start))
	assert.Less(t, places[page.Key], places[answer.Key])
}
