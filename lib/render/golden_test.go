package render_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

var update = flag.Bool("update", false, "write the golden files")

// github is the largest body of an issue or a comment.
const github = 65536

// How the typical reports look in each format.
func TestGolden(t *testing.T) {
	for _, c := range rendertest.Cases() {
		v := c.View(rendertest.Options())
		golden(t, c.Name+".txt", "headline: "+v.Headline()+"\nsummary: "+v.Summary(1024)+"\nnote: "+v.Summary(512)+"\nstate: "+v.State()+"\n\n"+v.Text(100000))
		golden(t, c.Name+".md", v.Markdown(github))
		golden(t, c.Name+".change.md", v.MarkdownChange(github))
		change, ok := v.SlackChange()
		assert.Equal(t, ok, v.MarkdownChange(github) != "")
		golden(t, c.Name+".slack.json", indented(t, map[string]any{"message": v.Slack(), "change": change, "details": v.SlackDetails()}))
	}
}

func indented(t *testing.T, v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(v))
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if got == "" {
			_ = os.Remove(file)
			return
		}
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	if got == "" {
		assert.ErrorIs(t, err, os.ErrNotExist, name)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, strings.Split(string(want), "\n"), strings.Split(got, "\n"), name)
}

var _ = render.Options{}
