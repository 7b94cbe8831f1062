package render_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// A state is small, also as a text within the JSON of a receipt, and the same report has nothing new to what it says.
func TestStateOfAnyReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, state := rendertest.Options(), ""
		for range rapid.IntRange(1, 3).Draw(t, "notifications") {
			r := reports().Draw(t, "report")
			state = o.View(r, state).State()
			kept, _ := json.Marshal(responder.Receipt{"state": state})
			if len(kept) > 3020 || !utf8.ValidString(state) {
				t.Fatalf("%d bytes: %s", len(kept), kept)
			}
			again := o.View(r, state)
			if len(again.Changes) > 0 {
				t.Fatalf("changes: %q", again.Changes)
			}
			if second := o.View(r, again.State()); len(second.Changes) > 0 || second.State() != again.State() {
				t.Fatalf("it does not stay the same: %q\n%s\n%s", second.Changes, again.State(), second.State())
			}
		}
	})
}

// However many alerts come before there is a verdict, and whatever is new in each: the state is small, and remembers the rest.
func TestStateOfManyNotices(t *testing.T) {
	o, state := rendertest.Options(), ""
	for i := range 60 {
		r := responder.Report{ReportID: "r", Status: responder.StatusOngoing, Seq: int64(i + 2), AlertCount: int64(i + 1), Alert: responder.Alert{Name: "scan"}}
		for k := range 45 {
			r.Alert.Attrs = append(r.Alert.Attrs, responder.Attribute{Type: responder.TypeIPAddr, Value: fmt.Sprintf("10.%d.%d.1", i, k)})
		}
		v := o.View(r, state)
		state = v.State()
		kept, _ := json.Marshal(responder.Receipt{"state": state})
		require.LessOrEqual(t, len(kept), 3020, "notice %d", i)
		if i > 0 {
			require.NotEmpty(t, v.Changes, "notice %d is not the first one", i)
		}
	}
}

// A notice takes nothing away of what the state has: it shows the verdict, why, what was found and who gave no answer, and
// counts what it does not show.
func TestNoticeAddsOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := rendertest.Options()
		verdict := reports().Filter(func(r responder.Report) bool { return r.Status == responder.StatusPublished }).Draw(t, "verdict")
		was := o.View(verdict, "")
		now := was
		for range rapid.IntRange(1, 3).Draw(t, "notices") {
			notice := reports().Filter(func(r responder.Report) bool { return r.Status != responder.StatusPublished }).Draw(t, "notice")
			now = o.View(notice, now.State())
		}
		switch {
		case now.Phase != render.Ongoing, now.Severity != was.Severity, now.Alerts < was.Alerts, was.Truncated && !now.Truncated, was.Late && !now.Late:
			t.Fatalf("%+v\n%+v", was, now)
		case len(was.Reason) > 0 && !shortOf(now.Reason[0], was.Reason[0]), !shortOf(now.Title, was.Title):
			t.Fatalf("%q %q\n%q %q", was.Title, was.Reason, now.Title, now.Reason)
		case total(now.Findings, now.More, "finding") != total(was.Findings, was.More, "finding"):
			t.Fatalf("findings: %d and %q, were %d and %q", len(now.Findings), now.More, len(was.Findings), was.More)
		case total(now.Gaps, now.More, "without an answer") != total(was.Gaps, was.More, "without an answer"):
			t.Fatalf("gaps: %d and %q, were %d and %q", len(now.Gaps), now.More, len(was.Gaps), was.More)
		case total(now.Quiet, now.More, "found nothing") != total(was.Quiet, was.More, "found nothing"):
			t.Fatalf("quiet: %q and %q, were %q and %q", now.Quiet, now.More, was.Quiet, was.More)
		}
		for i, e := range now.Entities[:min(len(now.Entities), len(was.Entities), 1)] {
			if !shortOf(e.Value, was.Entities[i].Value) {
				t.Fatalf("%+v, was %+v", e, was.Entities[i])
			}
		}
		for i, f := range now.Findings {
			w := was.Findings[i]
			if !shortOf(f.Who, w.Who) || !shortOf(f.Entity, w.Entity) || f.Verdict != w.Verdict || f.Score != w.Score || !shortOf(f.Text, w.Text) {
				t.Fatalf("%+v, was %+v", f, w)
			}
		}
		for i, g := range now.Gaps {
			w := was.Gaps[i]
			if !shortOf(g.Who, w.Who) || !shortOf(g.Entity, w.Entity) || g.Outcome != w.Outcome || !shortOf(g.Text, w.Text) {
				t.Fatalf("%+v, was %+v", g, w)
			}
		}
	})
}

// shortOf says whether a text is another one, or its beginning.
func shortOf(short, long string) bool {
	begin, cut := strings.CutSuffix(short, "…")
	return short == long || cut && strings.HasPrefix(long, begin)
}

// total is how many there are, with those that are only counted.
func total[T any](list []T, more []string, what string) int {
	n := len(list)
	for _, m := range more {
		if strings.Contains(m, what) {
			n += int(leading(m))
		}
	}
	return n
}

func leading(s string) (n int64) {
	_ = json.Unmarshal([]byte(strings.Fields(s)[0]), &n)
	return n
}

// What comes back as a state and is none is an empty one; what is in it is shown as all that comes from outside.
func TestStateFromElsewhere(t *testing.T) {
	r, o := rendertest.Named("urgent").Report(), rendertest.Options()
	first := o.View(r, "")
	for _, state := range []string{"{", "null", "[]", `{"v":2,"s":"safe"}`, `{"v":1,"s":7}`, `{"v":1,"f":[7]}`, `"x"`, strings.Repeat(" ", 7000) + `{"v":1,"s":"safe"}`, "\xff"} {
		assert.Equal(t, first, o.View(r, state), state)
	}
	v := o.View(rendertest.Named("new").Report(), `{"v":1,"s":"fatal","t":"\u001b[2J<!channel>","a":-5,"l":-1,"n":-1,"x":"?","u":"https://attacker.example/","f":[["Link"],[]],"e":[null],
		"h":[["\u202ewho","c2.example","odd","NaN","http://attacker.example/"]],"g":[["a","b","found","c\u0007"]],"q":["\u0007q"],"m":[-1,99999999999,3],"k":"abc"}`)
	assert.Equal(t, responder.Severity(""), v.Severity)
	assert.Equal(t, "[2J<!channel>", v.Title)
	assert.Equal(t, []render.Finding{{Who: "who", Entity: "c2.example", Verdict: "unknown", Text: "hxxp://attacker[.]example/"}}, v.Findings)
	assert.Equal(t, []render.Gap{{Who: "a", Entity: "b", Outcome: responder.Failed, Text: "c"}}, v.Gaps, "what is not known is none that is clean")
	assert.Equal(t, []string{"q"}, v.Quiet)
	assert.Equal(t, int64(1), v.Alerts)
	assert.Len(t, v.Entities, 2, "those of the alert")
	assert.NotContains(t, v.Text(10000), "https://attacker.example")
}
