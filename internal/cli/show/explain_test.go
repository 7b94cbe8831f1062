package show

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
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
