package envelope

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// values are JSON of any shape, spaced at will.
func values(depth int) *rapid.Generator[string] {
	space := rapid.StringMatching(`[ \n\t\r]{0,2}`)
	text := rapid.Custom(func(rt *rapid.T) string {
		b, _ := json.Marshal(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z"\\/{}\[\],:\n\t]{0,12}`)).Draw(rt, "text"))
		return strings.ReplaceAll(string(b), "x", `\u0078`)
	})
	return rapid.Custom(func(rt *rapid.T) string {
		kind := rapid.IntRange(0, 6).Draw(rt, "kind")
		if depth == 0 {
			kind %= 5
		}
		var parts []string
		switch kind {
		case 0, 1:
			return text.Draw(rt, "text")
		case 2, 3, 4:
			return rapid.SampledFrom([]string{"0", "-1.5e3", "true", "false", "null", "12"}).Draw(rt, "word")
		}
		for range rapid.IntRange(0, 4).Draw(rt, "members") {
			part := space.Draw(rt, "space") + values(depth-1).Draw(rt, "value") + space.Draw(rt, "space")
			if kind == 5 {
				part = space.Draw(rt, "space") + text.Draw(rt, "name") + space.Draw(rt, "space") + ":" + part
			}
			parts = append(parts, part)
		}
		in := strings.Join(parts, ",")
		if in == "" {
			in = space.Draw(rt, "space")
		}
		return map[int]string{5: "{" + in + "}", 6: "[" + in + "]"}[kind]
	})
}

// What is taken apart is what encoding/json takes apart.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { same(rt, values(3).Draw(rt, "JSON")) })
	for _, text := range []string{`{}`, ` { } `, `[]`, `{"a":1,"a":2}`, `{"\u0061":"\""}`, `{"a":"\\"}`, `[[],{},"]",1 ]`, `"a"`, `null`} {
		same(t, text)
	}
}

func same(t assert.TestingT, text string) {
	var object map[string]json.RawMessage
	isObject := json.Unmarshal([]byte(text), &object) == nil && object != nil
	o, ok := split([]byte(text))
	assert.Equal(t, isObject, ok, text)
	assert.Len(t, o, len(object), text)
	for name, value := range object {
		assert.Equal(t, string(value), string(o[name]), "%s: %q", text, name)
		var s string
		_ = json.Unmarshal(value, &s)
		assert.Equal(t, s, o.text(name), "%s: %q", text, name)
		same(t, string(value))
	}
	var list []json.RawMessage
	isList := json.Unmarshal([]byte(text), &list) == nil && list != nil
	members, ok := elements([]byte(text))
	assert.Equal(t, isList, ok, text)
	assert.Len(t, members, len(list), text)
	for i := range list {
		assert.Equal(t, string(list[i]), string(members[i]), text)
		same(t, string(list[i]))
	}
}

// FuzzSplit has no JSON that makes it read what is not there.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"\"]"}]}`, `[1, 2 ]`, `{"Records":[{"body":"{\"a\":\"\\\\\"}"}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if json.Valid([]byte(text)) {
			same(t, text)
		}
	})
}
