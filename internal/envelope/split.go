package envelope

import (
	"bytes"
	"encoding/json"
	"strings"
)

// split takes apart an object of JSON that was checked, without a copy of it: an event is checked once, as a whole, and
// what is in it not again for each level that it has. It is false for what is no object.
func split(b []byte) (object, bool) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '{' {
		return nil, false
	}
	o := object{}
	for at := space(b, 1); b[at] != '}'; {
		end := valueEnd(b, at)
		name, ok := simple(b[at+1 : end-1])
		if !ok {
			_ = json.Unmarshal(b[at:end], &name) // it was checked
		}
		at = space(b, space(b, end)+1) // behind the colon
		end = valueEnd(b, at)
		o[name] = json.RawMessage(b[at:end:end])
		at = next(b, end)
	}
	return o, true
}

// elements takes apart a list of JSON that was checked. It is false for what is no list.
func elements(b []byte) (list []json.RawMessage, ok bool) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '[' {
		return nil, false
	}
	for at := space(b, 1); b[at] != ']'; {
		end := valueEnd(b, at)
		list = append(list, json.RawMessage(b[at:end:end]))
		at = next(b, end)
	}
	return list, true
}

// space is where the next character stands that is none.
func space(b []byte, at int) int {
	for b[at] == ' ' || b[at] == '\n' || b[at] == '\t' || b[at] == '\r' {
		at++
	}
	return at
}

// next is where the next member begins, or the end of what it is in.
func next(b []byte, at int) int {
	if at = space(b, at); b[at] == ',' {
		at = space(b, at+1)
	}
	return at
}

// valueEnd is where a value ends that begins at.
func valueEnd(b []byte, at int) int {
	depth := 0
	for ; ; at++ {
		switch b[at] {
		case '"':
			at = stringEnd(b, at) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			if depth > 0 || at+1 < len(b) && !ends(b[at+1]) {
				continue
			}
		}
		if depth == 0 {
			return at + 1
		}
	}
}

// ends says whether a number or a word is over where this stands.
func ends(c byte) bool { return strings.IndexByte(",]} \n\t\r", c) >= 0 }

// stringEnd is where a string ends that begins at.
func stringEnd(b []byte, at int) int {
	for at++; ; at++ {
		n := bytes.IndexByte(b[at:], '"')
		at += n
		escapes := 0
		for b[at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at + 1
		}
	}
}

// simple is the inside of a string of JSON that was checked, where it has no more than the escapes of one letter: as JSON
// within JSON, which the body of a message is.
func simple(b []byte) (string, bool) {
	first := bytes.IndexByte(b, '\\')
	for _, c := range b {
		if c >= 0x80 {
			return "", false
		}
	}
	if first < 0 {
		return string(b), true
	}
	var s strings.Builder
	s.Grow(len(b))
	for i := 0; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '\\')
		if n < 0 {
			s.Write(b[i:])
			break
		}
		s.Write(b[i : i+n])
		i += n + 1
		at := strings.IndexByte(`"\/bfnrt`, b[i])
		if at < 0 {
			return "", false
		}
		s.WriteByte("\"\\/\b\f\n\r\t"[at])
	}
	return s.String(), true
}
