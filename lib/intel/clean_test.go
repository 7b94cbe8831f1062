package intel_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"", 10, ""},
		{" \n ", 10, ""},
		{"  Tencent\r\n\tCloud \x00Ltd ", 40, "Tencent Cloud Ltd"},
		{"a\u202egpj.exe\u2028b\x1b[2J", 40, "agpj.exe b[2J"},
		{"\u3164\u115f evil.\u034fexample \uffa0", 40, "evil.example"},
		{"bad\xff\xfeutf8 \ufffd", 40, "badutf8 \ufffd"},
		{"1234567890", 10, "1234567890"},
		{"12345678901", 10, "123456789…"},
		{"12345678 01", 10, "12345678…"},
		{"ééééééééééé", 10, "ééééééééé…"},
		{"x", 0, ""},
	} {
		assert.Equal(t, c.want, intel.Clean(c.in, c.most), "%q", c.in)
	}
}

func TestCleanBoundsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "in")
		most := rapid.IntRange(0, 30).Draw(t, "most")
		out := intel.Clean(in, most)
		if n := utf8.RuneCountInString(out); n > most || !utf8.ValidString(out) || strings.TrimSpace(out) != out {
			t.Fatalf("%q: %d characters", out, n)
		}
		for _, r := range out {
			if unicode.In(r, unicode.C) {
				t.Fatalf("%q has %U", out, r)
			}
		}
		if again := intel.Clean(out, most); again != out {
			t.Fatalf("%q becomes %q", out, again)
		}
	})
}
