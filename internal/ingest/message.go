package ingest

import (
	"encoding/json"
	"strings"
	"time"
)

// message is one message of a sender.
type message struct {
	text    string // verbatim
	doc     object // nil where the text is no JSON object
	topic   string
	subject string
	sentAt  time.Time
}

// maxMessages bounds the messages in one body. One with more is kept as a whole: no sender means that.
const maxMessages = 10_000

const bom = "\uFEFF"

// split parts a body into its messages: one, if it is one JSON value, but for a list of objects; one per line, if
// every line that is not empty is a JSON object; else one text.
func (m message) split() []message {
	text := strings.TrimPrefix(m.text, bom)
	var value any
	if !decodeInto(text, &value) {
		return m.lines(text)
	}
	for range 2 { // JSON in a JSON string
		s, ok := value.(string)
		if !ok || !decodeInto(s, &value) {
			break
		}
		m.text, text = s, s
	}
	switch v := value.(type) {
	case map[string]any:
		m.doc = v
		if list, ok := v["Findings"].([]any); ok && len(list) > 0 { // of GetFindings
			var all struct{ Findings []json.RawMessage }
			err := json.Unmarshal([]byte(text), &all)
			return m.each(list, all.Findings, err)
		}
	case []any:
		var all []json.RawMessage
		err := json.Unmarshal([]byte(text), &all)
		return m.each(v, all, err)
	}
	return []message{m}
}

// each gives the objects of a list as messages, verbatim; the whole where there is something else in it.
func (m message) each(list []any, raws []json.RawMessage, err error) []message {
	if err != nil || len(raws) != len(list) || len(list) == 0 || len(list) > maxMessages {
		return []message{m}
	}
	out := make([]message, len(list))
	for i, v := range list {
		doc, ok := v.(map[string]any)
		if !ok {
			return []message{m}
		}
		out[i] = m
		out[i].doc, out[i].text = doc, string(raws[i])
	}
	return out
}

func (m message) lines(text string) []message {
	var out []message
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		doc, ok := decode(line)
		if !ok || len(out) == maxMessages {
			return []message{m}
		}
		one := m
		one.doc, one.text = doc, line
		out = append(out, one)
	}
	if len(out) == 0 {
		return []message{m}
	}
	return out
}

// decode reads a JSON object.
func decode(text string) (object, bool) {
	var v any
	if !decodeInto(strings.TrimPrefix(text, bom), &v) {
		return nil, false
	}
	o, ok := v.(map[string]any)
	return o, ok
}

// decodeInto reads one JSON value and nothing behind it. Numbers keep their text.
func decodeInto(text string, v *any) bool {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var got any
	if dec.Decode(&got) != nil {
		return false
	}
	if _, err := dec.Token(); err == nil || dec.More() || strings.TrimSpace(text[dec.InputOffset():]) != "" {
		return false
	}
	*v = got
	return true
}
