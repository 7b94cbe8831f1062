package mrkdwn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/mrkdwn"
)

func TestParse(t *testing.T) {
	type run = mrkdwn.Run
	for text, want := range map[string][]run{
		"":                            nil,
		"a & b":                       {{Text: "a & b"}},
		"a &amp; &lt;!here&gt;":       {{Text: "a & <!here>"}},
		"*a* b":                       {{Text: "a", Bold: true}, {Text: " b"}},
		"*a _b_*":                     {{Text: "a ", Bold: true}, {Text: "b", Bold: true, Italic: true}},
		"`*a* &lt;`":                  {{Text: "*a* <", Code: true}},
		"see <https://a.example/|it>": {{Text: "see "}, {Text: "it", Link: true}},
		"<https://a.example/>":        {{Text: "https://a.example/", Link: true}},
		"<!here> look":                {{Text: "@here", Link: true}, {Text: " look"}},
		"3 * 4 * 5":                   {{Text: "3 * 4 * 5"}},
		"*a\nb*":                      {{Text: "*a\nb*"}},
		"**":                          {{Text: "**"}},
		"`":                           {{Text: "`"}},
	} {
		assert.Equal(t, want, mrkdwn.Parse(text), text)
	}
}

// Nothing is lost of a text without marks, and nothing hangs.
func TestParseAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		all := ""
		for _, r := range mrkdwn.Parse(text) {
			all += r.Text
		}
		if !strings.ContainsAny(text, "*_`<&") {
			assert.Equal(rt, text, all)
		}
		assert.LessOrEqual(rt, len(all), len(text))
	})
}
