package show

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestExplanations(t *testing.T) {
	for _, name := range explaintest.Names() {
		t.Run(name, func(t *testing.T) {
			e := explaintest.Play(t, name, nil).Explain()
			text := NewScreen(80, false).Explanation(e)
			golden(t, "explain/"+name+".txt", text)
			for _, width := range []int{40, 80, 140} {
				text := NewScreen(width, false).Explanation(e)
				assertSafe(t, text)
				for _, line := range strings.Split(text, "\n") {
					assert.LessOrEqual(t, lipgloss.Width(line), width, "%q", line)
				}
			}
			e.Incident.Rule = "" // a name, which keeps its dots
			for _, word := range []string{"attacker.example", "198.51.100.", "203.0.113.7", "c2.example"} {
				assert.NotContains(t, strings.ReplaceAll(NewScreen(140, false).Explanation(e), "198.51.100[", ""), word, "indicators are defanged")
			}
			colored := NewScreen(80, true).Explanation(e)
			assert.Contains(t, colored, "\x1b[")
			assert.Equal(t, NewScreen(80, false).Explanation(e), sequence.ReplaceAllString(colored, ""), "colour changes no text")
		})
	}
}

// filled sets all texts of a value to one text, and gives lists three entries.
func filled(v reflect.Value, text string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 40)
	case reflect.Float64:
		v.SetFloat(-1e300)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), text, depth+1)
	case reflect.Slice:
		if depth < 8 {
			v.Set(reflect.MakeSlice(v.Type(), 3, 3))
			for i := range v.Len() {
				filled(v.Index(i), text, depth+1)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() && v.Type() != reflect.TypeFor[responder.Time]() {
				filled(v.Field(i), text, depth+1)
			}
		}
	}
}

// TestHostileExplanations has each hostile text everywhere, also where there is a word of a few.
func TestHostileExplanations(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine and much text: for the whole run, not for the race detector")
	}
	texts := append(respondertest.Hostile(), "https://attacker.example/x", "\u009b2J", "a\u2028b\u2066c\U000E0041d", strings.Repeat("\U0001F4A5", 5000))
	for _, h := range texts {
		var e explain.Explanation
		filled(reflect.ValueOf(&e).Elem(), h, 0)
		for _, live := range []explain.Standing{explain.Standing(h), explain.Current, explain.Replaced, explain.Gone, explain.Unreadable} {
			for _, news := range []explain.News{explain.News(h), explain.NewsAttributes, explain.NewsState} {
				e.Live, e.Alerts[0].News[0] = live, news
				for i, k := range []explain.EventKind{explain.EventAlert, explain.EventAnswer, explain.EventVerdict} {
					e.Timeline[i].Kind = k
				}
				text := NewScreen(80, false).Explanation(e)
				assertSafe(t, text)
				for _, line := range strings.Split(text, "\n") {
					require.LessOrEqual(t, lipgloss.Width(line), 80, "%q", line)
				}
				require.Less(t, len(text), 100_000)
				require.NotContains(t, text, "://attacker.example", "no live link")
			}
		}
		line, err := JSON(e)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(line), "\n"))
		assertSafe(t, string(line))
	}
	assert.NotEmpty(t, NewScreen(80, false).Explanation(explain.Explanation{}))
}

// What is much is cut, and the ends are told.
func TestLongExplanations(t *testing.T) {
	e := explaintest.Play(t, "late", nil).Explain()
	for n := range 500 {
		a, v, q, ev := e.Alerts[0], e.Verdicts[0], e.Asked[0], e.Timeline[1]
		v.Ver, q.Token, a.ID = int64(100+n), fmt.Sprintf("0.%d/x", n), fmt.Sprint("N", n)
		e.Alerts, e.Verdicts, e.Asked, e.Timeline = append(e.Alerts, a), append(e.Verdicts, v), append(e.Asked, q), append(e.Timeline, ev)
		e.Unread = append(e.Unread, explain.Unread{Key: fmt.Sprint("Q#", n), Why: "odd"})
	}
	late := e.Asked[1]
	late.Status, late.Answers = explain.Missing, nil
	e.Asked = append(e.Asked, late)
	text := NewScreen(80, false).Explanation(e)
	assert.Less(t, strings.Count(text, "\n"), 600)
	assert.Contains(t, text, "! MISSING", "what must not be overlooked is shown first")
	assert.Contains(t, text, "│ 599 ", "the last verdict")
	for _, more := range []string{"and 461 more between them", "and 464 more\n", "and 463 more between them", "and 451 more", "and 460 more"} {
		assert.Contains(t, text, more)
	}
}

func TestWhatTheEndOfTheWindowMeans(t *testing.T) {
	current, behind := explaintest.Play(t, "one", nil), explaintest.Play(t, "behind", nil)
	for _, c := range []struct {
		played explaintest.Played
		after  time.Duration
		want   string
	}{
		{current, 0, "closes 2026-03-15 02:17:04 UTC: what fires after that"},
		{current, 25 * time.Hour, "closed 2026-03-15 02:17:04 UTC: what fires next opens the next report"},
		{behind, 25 * time.Hour, "closed 2026-03-15 02:17:04 UTC: what fires next joins this one all the same"},
	} {
		c.played.Now = c.played.Now.Add(c.after)
		assert.Contains(t, NewScreen(140, false).Explanation(c.played.Explain()), c.want)
	}
}

// sentAt gives the answers of some an earlier time or none, as older releases stored them.
func sentAt(t *testing.T, p explaintest.Played, at map[string]int64) explaintest.Played {
	t.Helper()
	p.Rows = slices.Clone(p.Rows)
	for n, row := range p.Rows {
		for who, ms := range at {
			if !strings.HasPrefix(row.Key, "F#") || !strings.Contains(row.Key, who) {
				continue
			}
			var fields map[string]any
			require.NoError(t, json.Unmarshal(row.Data, &fields))
			if fields["at"] = ms; ms == 0 {
				delete(fields, "at")
			}
			var err error
			p.Rows[n].Data, err = json.Marshal(fields)
			require.NoError(t, err)
		}
	}
	return p
}

// TestWhenAnswersCame: what happened tells it on each screen, who was asked where there is room; and what is not stored,
// or is not when it came, is told as such.
func TestWhenAnswersCame(t *testing.T) {
	late := explaintest.Play(t, "late", nil)
	const all, some = "When an answer came is not stored", "When some of the answers came is not stored"
	whole := late.Explain()
	for _, width := range []int{80, 120} {
		text := NewScreen(width, false).Explanation(whole)
		assert.NotContains(t, text, "is not stored")
		assert.Contains(t, text, "  2026-03-14 02:37:04  answer of whois")
		assert.Equal(t, width > 80, strings.Contains(text, "last answered (UTC)"))
	}

	minute := func(n int64) int64 { return explaintest.Start.UnixMilli() + n*60_000 }
	mixed := sentAt(t, late, map[string]int64{"whois": minute(3), "old-plugin": 0}).Explain()
	golden(t, "explain/late-wide.txt", NewScreen(120, false).Explanation(mixed))
	text := NewScreen(80, false).Explanation(mixed)
	assert.Contains(t, text, some)
	assert.NotContains(t, text, all)

	old := NewScreen(120, false).Explanation(sentAt(t, late, map[string]int64{"": 0}).Explain())
	assert.Contains(t, old, all)
	assert.NotContains(t, old, some)
	assert.NotContains(t, old, "last answered")
}

// What is said of a report whose place was taken is only what is known.
func TestWasAllJudgedBeforeAnotherReport(t *testing.T) {
	const all, unsure, since = "All evidence was judged before that.", "judged before that is not known", "What came since is stored"
	p := explaintest.Play(t, "replaced", nil)
	p.Rows = slices.DeleteFunc(slices.Clone(p.Rows), func(r explain.Row) bool { return strings.HasPrefix(r.Key, "F#legacy/") })
	day := explaintest.Start.Add(48 * time.Hour).UnixMilli()
	for at, want := range map[int64]string{-1: all, 0: unsure, explaintest.Start.Add(time.Hour).UnixMilli(): unsure, day: since} {
		played := p
		if at >= 0 {
			played = sentAt(t, p, map[string]int64{"watchlist": at})
		}
		text := NewScreen(4000, false).Explanation(played.Explain())
		for _, said := range []string{all, unsure, since} {
			assert.Equal(t, said == want, strings.Contains(text, said), "%d: %s", at, said)
		}
	}
}

// An alert that cannot be read is no repeat, nor is one told to be the first of which nobody knows.
func TestAlertsThatCannotBeRead(t *testing.T) {
	p := explaintest.Play(t, "join", nil)
	whole := NewScreen(400, false).Explanation(p.Explain())
	assert.Contains(t, whole, "5: 4 with something new, 1 with nothing new, only counted;")
	p.Rows = slices.Clone(p.Rows)
	first := true
	for n := range p.Rows {
		if strings.HasPrefix(p.Rows[n].Key, "A#") && first {
			p.Rows[n].Problem, first = "gunzip: broken", false
		}
	}
	e := p.Explain()
	text := NewScreen(400, false).Explanation(e)
	assert.Contains(t, text, "5: 3 with something new, 1 stored, but not readable, 1 with nothing new, only counted;")
	assert.NotContains(t, text, "the first of the report")
	e.Incident.LeftOut, e.Incident.Unreadable, e.Incident.AtLeast, e.Incident.Counted = 300, 0, true, 2
	assert.Contains(t, strings.Join(strings.Fields(NewScreen(400, false).Explanation(e)), " "),
		": 3 with something new, 300 left out here, being too many, 2 with nothing new, only counted, or too many to be stored;")
	e.Alerts, e.Incident.Unreadable = nil, 1
	assert.Contains(t, NewScreen(400, false).Explanation(e), "no alert of it can be read")
}
