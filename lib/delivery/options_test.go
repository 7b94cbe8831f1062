package delivery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

func TestParseOptions(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]string
		errs string
	}{
		{"", map[string]string{}, ""},
		{" ;\n\t", map[string]string{}, ""},
		{"a=1 b=x=y;c=\r\n", map[string]string{"a": "1", "b": "x=y", "c": ""}, ""},
		{"a=1;a=2", map[string]string{"a": "1"}, "a: given twice, expected once"},
		{"d=1 a=1", map[string]string{"a": "1"}, `"d=1", expected a=… b=… c=…`},
		{"a", map[string]string{}, `"a", expected a=… b=… c=…`},
		{"A=1 =2", map[string]string{}, "\"A=1\", expected a=… b=… c=…\n\"=2\", expected a=… b=… c=…"},
	} {
		got, err := delivery.ParseOptions(c.text, "a", "b", "c")
		assert.Equal(t, c.want, got, "%q", c.text)
		if c.errs == "" {
			assert.NoError(t, err, "%q", c.text)
		} else {
			assert.EqualError(t, err, c.errs)
		}
	}
	_, err := delivery.ParseOptions(strings.Repeat("x ", 2000), "a")
	assert.ErrorContains(t, err, "and 1992 more")
	assert.Less(t, len(err.Error()), 1000)
	got, err := delivery.ParseOptions("a="+strings.Repeat("x", 4<<10), "a")
	assert.EqualError(t, err, "4098 bytes, expected at most 4096")
	assert.Empty(t, got)
}

// What was written as options is read so, and an error is never long.
func TestOptionsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.StringMatching(`[a-z]{1,3}`), rapid.StringMatching(`[^\s;\x85\xa0]{0,9}`)).Draw(t, "options")
		var known []string
		text := ""
		for name, value := range want {
			value = strings.Join(strings.Fields(value), "")
			want[name], known = value, append(known, name)
			text += name + "=" + value + rapid.SampledFrom([]string{" ", ";", "\n", " ; "}).Draw(t, "between")
		}
		got, err := delivery.ParseOptions(text, known...)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q: %v, %v", text, got, err)
		}
		if _, err := delivery.ParseOptions(rapid.String().Draw(t, "any"), "a"); err != nil && len(err.Error()) > 4000 {
			t.Fatal(err)
		}
	})
}

func TestSettingsOfNothing(t *testing.T) {
	assert.Empty(t, delivery.Settings{}.Env("X"))
	s := delivery.Settings{Getenv: func(name string) string { return " " + name + "\n" }}
	assert.Equal(t, "X", s.Env("X"))
}
