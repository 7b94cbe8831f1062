package show

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// views are typical reports as they are shown.
func views() map[string]render.View {
	out := map[string]render.View{}
	for _, c := range rendertest.Cases() {
		out[c.Name] = c.View(rendertest.Options())
	}
	return out
}

// TestMessagesInATerminal: whatever a report holds is text, within the width, and nothing that a terminal obeys.
func TestMessagesInATerminal(t *testing.T) {
	s := NewScreen(80, false)
	for name, v := range views() {
		message, err := json.Marshal(v.Slack())
		require.NoError(t, err)
		issue, err := json.Marshal(map[string]any{"title": v.Headline(), "body": v.Markdown(65000), "labels": []string{"severity"}})
		require.NoError(t, err)
		for what, body := range map[string][]byte{"message": message, "issue": issue} {
			drawn, ok := s.Message(body)
			require.True(t, ok, "%s: %s", name, what)
			assert.True(t, strings.HasSuffix(drawn, "\n"), name)
			for l := range strings.SplitSeq(drawn, "\n") {
				assert.LessOrEqual(t, ansi.StringWidth(l), 80, "%s: %s: %q", name, what, l)
				assert.NotContains(t, l, "\x1b", "%s: %s", name, what)
				assert.Equal(t, strings.TrimRight(l, " "), l, "%s: %s", name, what)
			}
			assert.Contains(t, strings.ReplaceAll(drawn, "\n", " "), strings.Fields(v.Headline())[0][:3], name)
		}
	}
}

func TestOtherRequestsAreNotDrawn(t *testing.T) {
	for _, body := range []string{`{"event_action": "trigger"}`, `[]`, `no JSON`, `{}`} {
		_, ok := NewScreen(80, false).Message([]byte(body))
		assert.False(t, ok, body)
	}
}

// TestAnIssueIsCut says how much is not shown, and leaves out what a browser does.
func TestAnIssueIsCut(t *testing.T) {
	body := "<!-- marker -->\nfirst\n\n<details><summary>Hosts (2)</summary>\n\nsecond\n\n</details>\n" + strings.Repeat("\nline", 20)
	drawn := NewScreen(60, false).Issue("a title", []string{"red"}, "closed", body, 8)
	assert.Contains(t, drawn, "a title")
	assert.Contains(t, drawn, "[red] closed")
	assert.Contains(t, drawn, "▸ Hosts (2)")
	assert.NotContains(t, drawn, "marker")
	assert.NotContains(t, drawn, "details>")
	assert.Regexp(t, `… and \d+ more lines`, drawn)
	whole := NewScreen(60, false).Issue("a title", nil, "", body, 100)
	assert.Equal(t, 20, strings.Count(whole, "line"))
	assert.NotContains(t, whole, "more lines")
}

// TestWhatIsBoldInSlackIsBoldInATerminal, and colours are those of the message.
func TestWhatIsBoldInSlackIsBoldInATerminal(t *testing.T) {
	v := views()["urgent"]
	drawn := NewScreen(80, true).Slack(v.Slack())
	assert.Contains(t, drawn, "\x1b[1mURGENT\x1b[m")
	assert.Contains(t, drawn, "\x1b[38;2;209;36;47m┃")
	assert.Equal(t, NewScreen(80, false).Slack(v.Slack()), ansi.Strip(drawn))
}
