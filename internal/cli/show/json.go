package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
)

// JSON is a value as one line of JSON, with its line end. Characters that a terminal would obey are escaped;
// what a reader of JSON gets is the same.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escape(b.Bytes()), nil
}

// escape writes unsafe characters as \u…. Beyond ASCII, they can only stand inside of strings; and inside of
// ASCII, the encoder has escaped all but DEL.
func escape(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for _, r := range string(line) {
		switch {
		case r < 0x7f || !unsafe(r):
			out = append(out, string(r)...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
