package render_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Texts of any report are within their limits, valid, and of what can be seen; the same report is the same text each time.
func TestTextsOfAnyReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, state := rendertest.Options(), ""
		for range rapid.IntRange(1, 3).Draw(t, "notifications") {
			r := reports().Draw(t, "report")
			v := o.View(r, state)
			n := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 20000)).Draw(t, "limit")
			for _, text := range []string{v.Text(n), v.Summary(n)} {
				if len(text) > n || !utf8.ValidString(text) || hasHidden(text) {
					t.Fatalf("%d bytes, expected %d at most: %q", len(text), n, text)
				}
			}
			if h := v.Headline(); utf8.RuneCountInString(h) > 200 || hasHidden(h) || utf8.RuneCountInString(v.Title) > 150 || v.Title == "" {
				t.Fatalf("%q", h)
			}
			if again := o.View(r, state); written(again, n) != written(v, n) {
				t.Fatalf("not the same")
			}
			state = v.State()
		}
	})
}

func written(v render.View, n int) string {
	text, _ := json.Marshal([]any{v.Text(n), v.Markdown(n), v.MarkdownChange(n), v.Summary(n), v.State(), slackMessages(v)})
	return string(text)
}

// hasHidden says whether there is something in a text that is not to be seen, or makes other things not be seen.
func hasHidden(s string) bool {
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r)) {
			return true
		}
	}
	return false
}

// All sample reports of the SDK can be shown, one after the other.
func TestReportsOfTheSDK(t *testing.T) {
	o, state := rendertest.Options(), ""
	for i, r := range respondertest.Reports() {
		v := o.View(r, state)
		state = v.State()
		assert.Empty(t, gfmFaults(v.Markdown(github)), i)
		assert.Empty(t, slackFaults(v), i)
		assert.NotEmpty(t, v.Text(10000), i)
	}
}

// all renders a view in all formats.
func all(v render.View) int {
	n := len(v.Text(100000)) + len(v.Markdown(github)) + len(v.MarkdownChange(github)) + len(v.Summary(1024)) + len(v.State())
	for _, m := range slackMessages(v) {
		n += len(m.Text)
	}
	return n
}

// A report that is ten times as large takes about ten times as long, and what is made of it is no larger.
func TestHugeReportsTakeTheirTime(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine and much text: for the whole run, not for the race detector")
	}
	measure := func(n int) (took time.Duration, size int) {
		r := rendertest.Huge(n)
		o := rendertest.Options()
		took = time.Hour
		for range 3 {
			start := time.Now()
			size = all(o.View(r, o.View(r, "").State()))
			took = min(took, time.Since(start))
		}
		return took, size
	}
	small, smallSize := measure(2000)
	large, largeSize := measure(20000)
	t.Log(small, large)
	assert.Less(t, large, 40*small, "2,000 of everything took %s", small)
	assert.InDelta(t, smallSize, largeSize, 0.05*float64(smallSize))
}

func BenchmarkAll(b *testing.B) {
	for _, n := range []int{10, 1000, 100000} {
		r := rendertest.Huge(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				all(rendertest.Options().View(r, ""))
			}
		})
	}
}

// A report is not changed by being shown: its lists are the caller's.
func TestReportsAreNotChanged(t *testing.T) {
	r, same := rendertest.Huge(300), rendertest.Huge(300)
	all(rendertest.Options().View(r, ""))
	require.Equal(t, same, r)
}
