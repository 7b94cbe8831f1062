package bound_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/bound"
)

func TestObjects(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "{": 1, `{"a":[{},{}]}`: 4, `{"{[":"{{\"{\\"}`: 1, `"\\"[`: 1, `["\"[",1]`: 1, `"{`: 0,
	} {
		assert.Equal(t, want, bound.Objects(text), text)
	}
	assert.Equal(t, 1000, bound.Objects(strings.Repeat("[", 1000)))
}

// As many as a decoder finds.
func TestObjectsAsADecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.SliceOf(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String()))).Draw(t, "value"))
		require.NoError(t, err)
		want := 0
		for dec := json.NewDecoder(strings.NewReader(string(text))); ; {
			token, err := dec.Token()
			if err != nil {
				break
			}
			if token == json.Delim('{') || token == json.Delim('[') {
				want++
			}
		}
		require.Equal(t, want, bound.Objects(string(text)))
	})
}
