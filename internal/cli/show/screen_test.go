package show

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// letters are a text without what is between its words.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("│╭╮╰╯├┤┬┴┼─", r) {
			return -1
		}
		return r
	}, text)
}

// words are a text as it comes from outside: short and long words, wide ones, and runs of dashes.
func words() *rapid.Generator[string] {
	word := rapid.OneOf(rapid.StringMatching(`[a-z]{1,12}`), rapid.StringMatching(`[a-z]{0,3}-{1,60}[a-z]{0,3}`), rapid.StringMatching(`[x.]{40,90}`), rapid.StringMatching(`[日本語]{1,30}`))
	return rapid.Map(rapid.SliceOfN(word, 0, 12), func(list []string) string { return strings.Join(list, " ") })
}

// No line is wider than the screen, no colour goes on behind one, and nothing is lost.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewScreen(rapid.IntRange(minWidth, maxWidth).Draw(t, "width"), true)
		indent := rapid.IntRange(0, minWidth/2).Draw(t, "indent")
		text := words().Draw(t, "text")
		got := s.Wrap(s.Red(text), indent)
		for n, line := range strings.Split(got, "\n") {
			if n > 0 {
				require.True(t, strings.HasPrefix(line, strings.Repeat(" ", indent)), "%q", line)
				line = line[indent:]
			}
			require.LessOrEqual(t, lipgloss.Width(line), s.width-indent, "%q", line)
			require.False(t, strings.Contains(line, "\x1b[31m") && !strings.HasSuffix(strings.TrimRight(line, " "), "\x1b[m"), "%q", line)
		}
		assert.Equal(t, letters(text), letters(sequence.ReplaceAllString(got, "")))
	})
	assert.Equal(t, "aaaa bbbb\n--", wrap("aaaa bbbb --", 9))
	assert.Equal(t, "  aaaa\n  bbbb", wrap("  aaaa\n  bbbb", 9), "a line keeps its own indent")
}

// A table is whole, also one that is a little too wide: with its borders, and all that is in it.
func TestTablesAreWhole(t *testing.T) {
	s := NewScreen(40, false)
	for n := 1; n < 120; n++ {
		word := strings.Repeat("y", n)
		text := s.Table([]string{"a", "b", "c"}, [][]string{{"xx", "some " + word[n/2:], word[:n/2] + " z"}}, plainCells)
		for _, line := range strings.Split(text, "\n") {
			assert.LessOrEqual(t, lipgloss.Width(line), 40, "%d: %q", n, line)
			assert.True(t, strings.HasSuffix(line, "╮") || strings.HasSuffix(line, "┤") || strings.HasSuffix(line, "│") || strings.HasSuffix(line, "╯"), "%d: %q", n, line)
		}
		assert.Equal(t, n, strings.Count(text, "y"), "%s", text)
	}
}

// Whatever is in its cells is to be seen.
func TestTablesHideNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewScreen(rapid.IntRange(minWidth, maxWidth).Draw(t, "width"), true)
		one, two := words().Draw(t, "one"), words().Draw(t, "two")
		text := s.Table([]string{"a", "b"}, [][]string{{s.Dim(one), "1"}, {"2", s.Red(two)}}, plainCells)
		assert.LessOrEqual(t, lipgloss.Width(text), s.width)
		shown := strings.Split(letters(sequence.ReplaceAllString(text, "")), "")
		want := strings.Split(letters("a b 1 2"+one+two), "")
		slices.Sort(shown)
		slices.Sort(want)
		assert.Equal(t, want, shown, "%s", text)
	})
}
