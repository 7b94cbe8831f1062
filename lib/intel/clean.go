package intel

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes of what a service says a text that can be shown on one line: at most so many characters (with … where some
// were cut off), each of at most four bytes; valid; white space is one space; nothing that controls a terminal or hides text.
func Clean(s string, most int) string {
	var b strings.Builder
	n, gap := 0, false
	for i, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			gap = n > 0
			continue
		case isHidden(s[i:], r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			n, gap = n+1, false
		}
		b.WriteRune(r)
		if n++; n > most {
			break
		}
	}
	if n <= most {
		return b.String()
	}
	if most < 1 {
		return ""
	}
	short := []rune(b.String())[:most-1]
	return strings.TrimSpace(string(short)) + "…"
}

// isHidden: what is not valid, or not meant to be seen.
func isHidden(rest string, r rune) bool {
	if r == utf8.RuneError {
		_, size := utf8.DecodeRuneInString(rest)
		return size == 1
	}
	return unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point)
}
