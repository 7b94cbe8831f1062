package extract

import "strings"

// refang writes indicators as they were before somebody made them harmless: hxxp, [.], (dot), [at], [:]// and their like.
// marks are the places of the dots that were written so, in the new text: what has one is meant as an indicator.
func refang(text string) (clean string, marks []int) {
	if !strings.ContainsAny(text, "[({]") && !hasScheme(text) {
		return text, nil
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if plain, n := bracketed(text[i:]); n > 0 {
			if plain != ":" && plain != "://" && plain != "/" { // "evil [.] example" has spaces around it
				out, n = closeGap(out, text, i, n)
			}
			if plain == "." {
				marks = append(marks, len(out))
			}
			out = append(out, plain...)
			i += n
			continue
		}
		if isHalf(text, i) {
			marks, i = append(marks, len(out)), i+2
			out = append(out, '.')
			continue
		}
		if n := scheme(text, i); n > 0 {
			out = append(out, "http"...)
			i += n
			continue
		}
		out = append(out, text[i])
		i++
	}
	return string(out), marks
}

func hasScheme(text string) bool {
	for i := 0; i < len(text); {
		n := strings.IndexAny(text[i:], "xX*")
		if n < 0 {
			return false
		}
		if i += n; i > 0 && scheme(text, i-1) > 0 {
			return true
		}
		i++
	}
	return false
}

// scheme gives the length of a defanged "http" at i.
func scheme(text string, i int) int {
	if i+8 > len(text) || i > 0 && isLetter(text[i-1]) {
		return 0
	}
	if word := text[i : i+4]; !strings.EqualFold(word, "hxxp") && !strings.EqualFold(word, "h**p") {
		return 0
	}
	rest := strings.TrimLeft(text[i+4:i+6], "sS")
	if rest == "" || rest[0] != ':' && rest[0] != '[' && rest[0] != '(' {
		return 0
	}
	return len("hxxp")
}

// bracketed gives what stands in brackets at the beginning of a text, if it is a part of an indicator, and its length with
// them.
func bracketed(text string) (plain string, n int) {
	if len(text) < 3 {
		return "", 0
	}
	closing := byte(0)
	switch text[0] {
	case '[':
		closing = ']'
	case '(':
		closing = ')'
	case '{':
		closing = '}'
	default:
		return "", 0
	}
	end := strings.IndexByte(text[:min(len(text), 7)], closing)
	if end < 0 {
		return "", 0
	}
	switch inner := strings.ToLower(strings.TrimSpace(text[1:end])); inner {
	case ".", ":", "://", "/", "@":
		return inner, end + 1
	case "dot":
		return ".", end + 1
	case "at":
		return "@", end + 1
	}
	return "", 0
}

// isHalf knows a dot with one bracket: evil[.example and evil.]example. What is closed behind the word is an option: name[.txt].
func isHalf(text string, i int) bool {
	if i == 0 || i+2 >= len(text) || !isWord(text[i-1]) || !isWord(text[i+2]) {
		return false
	}
	switch text[i : i+2] {
	case "[.":
		rest := strings.TrimLeftFunc(text[i+2:min(len(text), i+66)], func(r rune) bool { return r > ' ' && r < 0x80 && (isWord(byte(r)) || r == '-' || r == '.') })
		return rest == "" || rest[0] != ']'
	case ".]":
		near := text[max(0, i-64):i]
		open := strings.LastIndexByte(near, '[')
		return open < 0 || strings.LastIndexByte(near, ']') > open || strings.HasPrefix(near[open:], "[.")
	}
	return false
}

// closeGap drops one space before and behind a bracket, if it has both.
func closeGap(out []byte, text string, i, n int) ([]byte, int) {
	if len(out) > 1 && out[len(out)-1] == ' ' && isWord(out[len(out)-2]) && i+n+1 < len(text) && text[i+n] == ' ' && isWord(text[i+n+1]) {
		return out[:len(out)-1], n + 1
	}
	return out, n
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c >= 0x80 }
