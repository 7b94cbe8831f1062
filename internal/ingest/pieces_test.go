package ingest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Pieces are those that a decoder finds, to the letter.
func TestPiecesAsADecoder(t *testing.T) {
	text := rapid.SampledFrom([]string{`"a"`, `"A"`, `"a\"]"`, `"\u0061"`, `"ä,"`, `1`, `-1.5e3`, `true`, `null`, `{}`, `[]`, ` [ ] `, `{"a":1}`, `{"A":[1,{"b":"}"}]}`, `[[],[{}]]`, `"\\"`, "\"\xff\""})
	space := rapid.SampledFrom([]string{"", " ", "\n\t"})
	rapid.Check(t, func(t *rapid.T) {
		var list, object []string
		for _, v := range rapid.SliceOfN(text, 0, 6).Draw(t, "values") {
			name := rapid.SampledFrom([]string{`"a"`, `"A"`, `"\u0061"`, `"b"`, `""`, `"ä"`, "\"\xff\"", `"a\\"`}).Draw(t, "name")
			v = space.Draw(t, "before") + v + space.Draw(t, "behind")
			list, object = append(list, v), append(object, space.Draw(t, "in front")+name+space.Draw(t, "between")+":"+v)
		}
		var raws []json.RawMessage
		whole := space.Draw(t, "space") + "[" + strings.Join(list, ",") + "] "
		require.NoError(t, json.Unmarshal([]byte(whole), &raws))
		got := elements(whole)
		require.Len(t, got, len(raws))
		for i, raw := range raws {
			require.Equal(t, string(raw), got[i])
		}
		var fields map[string]json.RawMessage
		whole = "{" + strings.Join(object, ",") + "}"
		require.NoError(t, json.Unmarshal([]byte(whole), &fields))
		for _, name := range []string{"a", "b", "", "ä", "\uFFFD", `a\`} {
			want, _ := pick(fields, name)
			require.Equal(t, string(want), field(whole, name), "%s of %s", name, whole)
		}
	})
}

func TestPiecesOfWhatIsNoJSON(t *testing.T) {
	for _, text := range []string{"", "[", "{", "[1", `{"a`, `{"a"`, `{"a":`, `{"a":1`, "[}", "]", "[,,]", `{:}`, `["`, `{"a":"\`, "[[", "[]]"} {
		assert.NotPanics(t, func() { elements(text); field(text, "a") }, text)
	}
	assert.Empty(t, elements(`{"a":1}`))
	assert.Empty(t, field(`[1]`, "a"))
}
