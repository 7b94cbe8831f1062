package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
)

// The bounds of what is decoded, however small it is in JSON. A text or a number is none of these; each but the first has a
// comma before it.
const (
	maxObjects = 60_000  // objects and lists in an alert or an answer: more than a submission may have
	maxEntries = 500_000 // these and commas, likewise, and in a list of a verdict: more than there is room for in a message
	maxSaid    = 20_000  // likewise, in what the policy said
)

// cut bounds a text. The whole one, of which the beginning would be a part, does not stay in memory.
func cut(s string, n int) string { return strings.Clone(entity.Cut(s, n)) }

// parts counts the objects and lists in a JSON text, and its commas, without decoding it. Two bytes of JSON take hundreds
// of bytes of memory.
func parts(text []byte) (objects, commas int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			objects++
		case c == ',':
			commas++
		}
	}
	return objects, commas
}

// crowded says that a JSON text would take too much memory when it is decoded.
func crowded(text []byte, most int) (why string) {
	objects, commas := parts(text)
	return tooMany(objects+commas, most)
}

func tooMany(n, most int) (why string) {
	if n > most {
		return fmt.Sprintf("%d objects, lists and commas in it, more than are read here (%d)", n, most)
	}
	return ""
}

// crowdedRow says it of an alert or an answer.
func crowdedRow(row Row) (why string) {
	objects, commas := parts(row.Data)
	if objects > maxObjects {
		return fmt.Sprintf("%d objects and lists in it, more than are read here (%d)", objects, maxObjects)
	}
	return tooMany(objects+commas, maxEntries)
}

// section is a part of a verdict that is left raw until it was looked at; no text if it is larger than it ever is.
type section struct {
	text []byte
	size int
}

// UnmarshalJSON keeps it.
func (s *section) UnmarshalJSON(text []byte) error {
	if *s = (section{size: len(text)}); s.size <= maxLists {
		s.text = bytes.Clone(text)
	}
	return nil
}

func (s section) crowded(name string, most int) (why string) {
	if s.size > maxLists {
		return fmt.Sprintf("%s: %d bytes, more than are read here", name, s.size)
	}
	if why = crowded(s.text, most); why != "" {
		why = name + ": " + why
	}
	return why
}

// none says that there is nothing in it.
func (s section) none() bool { return s.size == 0 || string(s.text) == "null" }

// each decodes a list, an entry at a time.
func each[T any](name string, list section, see func(T)) (why string) {
	if why = list.crowded(name, maxEntries); why != "" || list.none() {
		return why
	}
	d := json.NewDecoder(bytes.NewReader(list.text))
	if first, err := d.Token(); err != nil || first != json.Delim('[') {
		return name + ": not a list"
	}
	for d.More() {
		var entry T
		if err := d.Decode(&entry); err != nil {
			return name + ": " + err.Error()
		}
		see(entry)
	}
	return ""
}
