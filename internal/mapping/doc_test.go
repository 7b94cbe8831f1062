package mapping_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example of docs/mappings.md does what the page says.
func TestTheExampleOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/mappings.md")
	require.NoError(t, err)
	blocks := func(kind string) (out []string) {
		for _, m := range regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
			out = append(out, m[1])
		}
		return out
	}
	files, texts := blocks("yaml"), blocks("json")
	require.Len(t, files, 1)
	require.Len(t, texts, 3, "a message, its alert, and a line of config.json")
	s := parse(t, files[0])
	assert.Empty(t, s.Warnings())
	got := alerts(t, s, texts[0])
	require.Len(t, got, 1)
	assert.Equal(t, texts[0], got[0].Raw)
	got[0].Raw = ""
	text, err := json.Marshal(got[0])
	require.NoError(t, err)
	assert.JSONEq(t, texts[1], string(text))
}
