package house_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine"
	"github.com/m-mizutani/AlertResponder/internal/emitters/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// docs/emitters.md has all that ship, each with its section, its parameter, which the template has, and its variables; and
// the pictures that it shows are there.
func TestTheEmittersPageHasAll(t *testing.T) {
	text, err := os.ReadFile(root + "docs/emitters.md")
	require.NoError(t, err)
	page := string(text)
	template, err := os.ReadFile(root + "template.yml")
	require.NoError(t, err)
	for _, e := range shipped.All() {
		row := cells(t, page, `\[`+e.ID+`\]\(#`+e.ID+`\) `)
		assert.Contains(t, page, "\n## "+e.ID+"\n")
		parameter := found(row[2], "`(\\w+)`", 1)
		require.Len(t, parameter, 1, e.ID)
		assert.Contains(t, string(template), "\n  "+parameter[0]+":\n    Type: String\n", e.ID)
		if e.KeyVariable != "" {
			assert.Contains(t, page, "`"+e.KeyVariable+"`")
		}
		for name := range e.Example {
			assert.Contains(t, page, "`"+name+"`")
		}
	}
	rules := found(page, "(?s)```yaml\n(version: 1\n.*?)```", 1)
	require.Len(t, rules, 1)
	assert.LessOrEqual(t, len(rules[0]), 2048, "what a parameter takes")
	_, err = quarantine.New(quarantine.Options{Memory: responder.NewMemory(), Getenv: func(string) string { return rules[0] }})
	assert.ErrorContains(t, err, "QUARANTINE_MODE", "the mode is none, and the rules are right")
	assert.NotContains(t, err.Error(), "QUARANTINE_RULES")
	pictures := found(page, `\]\((pictures/[\w-]+\.svg)\)`, 1)
	require.NotEmpty(t, pictures)
	for _, p := range pictures {
		assert.FileExists(t, root+"docs/"+p)
	}
}
