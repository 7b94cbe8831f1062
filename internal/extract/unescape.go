package extract

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape reads what JSON escapes, wherever it stands: in a text that is no JSON as a whole.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n', 'r', 't', 'b', 'f':
			out = append(out, '\n')
		case 'u':
			r, err := strconv.ParseUint(text[i+1:min(len(text), i+5)], 16, 16)
			if err != nil {
				continue
			}
			out = utf8.AppendRune(out, rune(r))
			i += 4
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
