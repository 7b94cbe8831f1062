package ingest

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// What a message is made of, verbatim: the texts are known to be JSON, so that it is enough to look for where a value ends.

// elements gives the texts of a list's elements; none for what is no list.
func elements(text string) (out []string) {
	eachPiece(text, '[', func(_, value string) { out = append(out, value) })
	return out
}

// field gives the text of a field, as pick does: of two the last one counts.
func field(text, name string) string {
	exact, other := "", ""
	eachPiece(text, '{', func(key, value string) {
		switch key = unquoted(key); {
		case key == name:
			exact = value
		case name != "" && key == strings.ToUpper(name[:1])+name[1:]:
			other = value
		}
	})
	return or(exact, other)
}

// eachPiece calls f for each element of a list, or field of an object, whose text begins with that bracket.
func eachPiece(text string, bracket byte, f func(key, value string)) {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != bracket {
		return
	}
	for i = skipSpace(text, i+1); i < len(text) && text[i] != ']' && text[i] != '}'; i = skipSpace(text, i) {
		key := ""
		if bracket == '{' {
			end := skipValue(text, i)
			key = text[i:end]
			i = skipSpace(text, skipSpace(text, end)+1) // the colon
		}
		end := skipValue(text, i)
		f(key, text[i:end])
		if i = skipSpace(text, end); i < len(text) && text[i] == ',' {
			i++
		}
		if end == len(text) {
			return
		}
	}
}

func skipSpace(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return min(i, len(text))
}

// skipValue gives the end of the value at i.
func skipValue(text string, i int) int {
	deep, quoted := 0, false
	for ; i < len(text); i++ {
		c := text[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				if quoted = false; deep == 0 {
					return i + 1
				}
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			deep++
		case '}', ']', ',', ' ', '\t', '\r', '\n':
			if deep == 0 {
				return i // of a number or a word
			}
			if c == '}' || c == ']' {
				if deep--; deep == 0 {
					return i + 1
				}
			}
		}
	}
	return len(text)
}

// unquoted is the text of a JSON string.
func unquoted(s string) string {
	plain := strings.Trim(s, `"`)
	if strings.IndexByte(s, '\\') >= 0 || !utf8.ValidString(s) {
		_ = json.Unmarshal([]byte(s), &plain) // known to be JSON
	}
	return plain
}
