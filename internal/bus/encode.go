package bus

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Encode writes compact JSON without HTML escaping, which a queue takes whatever is in its texts.
func Encode(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return escaped(strings.TrimSuffix(b.String(), "\n")), nil
}

// encodedSize is the length of what Encode writes.
func encodedSize(v any) (int, error) {
	var c counter
	enc := json.NewEncoder(&c)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return int(c) - len("\n"), err
}

// counter counts the bytes that escaped would make of what is written.
type counter int

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	longer := bytes.Count(b, []byte("\uFFFE")) + bytes.Count(b, []byte("\uFFFF"))
	*c += counter(len(b) + longer*(len(`\uffff`)-len("\uFFFF")))
	return len(b), nil
}

// escaped writes the noncharacters in JSON as escapes: they are valid UTF-8, and package json leaves them as
// they are, but SQS refuses a message with them. In JSON they can only stand in strings.
func escaped(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\uFFFE", `\ufffe`), "\uFFFF", `\uffff`)
}
