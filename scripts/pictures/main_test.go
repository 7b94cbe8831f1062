package main

import (
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The documents show what emitters send: draw the pictures again where this fails, by go run ./scripts/pictures.
func TestPicturesAreOfToday(t *testing.T) {
	drawn := pictures()
	for name, svg := range drawn {
		kept, err := os.ReadFile("../../docs/pictures/" + name)
		require.NoError(t, err)
		assert.True(t, svg == string(kept), "docs/pictures/%s: run go run ./scripts/pictures", name)
		assert.NoError(t, wellFormed(svg), name)
	}
	files, err := os.ReadDir("../../docs/pictures")
	require.NoError(t, err)
	assert.Len(t, files, len(drawn), "pictures that nobody draws")
	assert.Contains(t, drawn["slack-urgent.svg"], "URGENT")
	assert.Contains(t, drawn["slack-urgent.svg"], "#d1242f", "the colour of the severity")
	assert.Contains(t, drawn["github-urgent.svg"], "What was found")
}

func wellFormed(svg string) error {
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// No word is lost, and none stands outside of its column.
func TestFlow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z .,0-9\n]{0,200}`).Draw(rt, "text")
		words, _ := flow([]run{{text, ink}}, 10, 20, 100)
		all := ""
		for _, w := range words {
			all += w.text
			if strings.TrimSpace(w.text) != "" {
				assert.LessOrEqual(rt, w.x+w.width, 110.01, w.text)
			}
		}
		squeeze := strings.NewReplacer(" ", "", "\n", "")
		assert.Equal(rt, squeeze.Replace(text), squeeze.Replace(all))
	})
}
