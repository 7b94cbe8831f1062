package ingest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bound"
)

// message is one message of a sender.
type message struct {
	text       string            // verbatim
	doc        object            // nil where the text is no JSON object
	value      any               // what the text says where it is other JSON; nil where nobody has decoded it
	outer      object            // what a part of a message stood in; nil for a whole one
	topic      string            // ARN of the topic, else of the queue; empty where neither is known
	subject    string            // of the notification
	attributes map[string]string // of the delivery: some senders say there what the text does not
	sentAt     time.Time         // zero where nothing says when
	unwrapped  int               // envelopes that were taken off
}

// maxMessages bounds the messages in one body: more would not be done in a function's time. One with more is kept
// as a whole.
const maxMessages = 1_000

// maxCost bounds what it takes to decode a body. A message of 1 MiB from a real sender has some 30,000 values, which take a
// quarter of it; one that takes more is kept as a text.
const maxCost = 24 << 20

// maxForwards bounds the envelopes within each other.
const maxForwards = 5

const bom = "\uFEFF"

// place is the name of the topic or queue.
func (m message) place() string { return m.topic[strings.LastIndexByte(m.topic, ':')+1:] }

// split parts a body into its messages: one, if it is one JSON value, but for a list of objects; one per line, if
// every line that is not empty is a JSON object; else one text. There is always one.
func (m message) split() []message {
	text := strings.TrimPrefix(m.text, bom)
	var value any
	if bound.Cost(text) > maxCost {
		return []message{m}
	}
	if !decodeInto(text, &value) {
		return m.lines(text)
	}
	whole := m
	for range 2 { // JSON in a JSON string
		s, ok := value.(string)
		if !ok || bound.Cost(s) > maxCost || !decodeInto(s, &value) {
			break
		}
		m.text, text = s, s
	}
	switch v := value.(type) {
	case map[string]any:
		m.doc = v
		if inner, ok := m.forwarded(); ok {
			return inner.split()
		}
		return allOpened([]message{m})
	case []any:
		m.value = v
		return m.each(v, text)
	}
	whole.value = value
	return []message{whole}
}

// opened gives an event with its detail as an object, where that is the text of one: who builds an event by hand forgets easily
// to decode it. What has other fields is no event, and its detail a text. It takes what it costs off what is left.
func opened(doc object, left *int) object {
	s, ok := doc["detail"].(string)
	if !ok || !strings.HasPrefix(strings.TrimSpace(s), "{") || len(doc) > 1 && !isString(doc["detail-type"]) {
		return doc
	}
	if *left -= bound.Cost(s); *left < 0 {
		return doc
	}
	detail, ok := decode(s)
	if !ok {
		return doc
	}
	doc = maps.Clone(doc)
	doc["detail"] = map[string]any(detail)
	return doc
}

// allOpened does so with the messages of one body, which together cost no more than one.
func allOpened(list []message) []message {
	left := maxCost
	for i := range list {
		list[i].doc = opened(list[i].doc, &left)
	}
	return list
}

// forwarded is the message in a notification that was itself sent as a message: by a queue's reader to another topic, or by
// hand (Amazon SNS Developer Guide, "Parsing Amazon SNS message formats"). What a subscription has to confirm is none.
func (m message) forwarded() (message, bool) {
	if m.doc["Type"] != "Notification" || !isString(m.doc["TopicArn"]) || !isString(m.doc["Message"]) || m.unwrapped == maxForwards {
		return message{}, false
	}
	m.unwrapped++
	m.text, m.topic, m.subject = m.doc.text("Message"), m.doc.text("TopicArn"), or(m.doc.text("Subject"), m.subject)
	m.doc = nil
	return m, true
}

// findings gives the parts of an answer of GetFindings (Amazon GuardDuty API Reference, GetFindings); nil for any other
// message, and for what is a part itself.
func (m message) findings() []message {
	if _, ok := m.doc["Findings"].([]any); !ok || m.outer != nil || isNative(m) || isEventBridge(m.doc) {
		return nil
	}
	return m.partsAt("Findings")
}

// partsAt gives the objects of the list at a path as messages, each with its own text, verbatim, and the whole as its outer
// object; the whole where there is no such list. What is no object among them is a message of its own, so that it takes no
// other with it.
func (m message) partsAt(path ...string) []message {
	list, _ := m.doc.at(path[:len(path)-1]...).get(path[len(path)-1]).([]any)
	raw := strings.TrimPrefix(m.text, bom)
	for _, name := range path {
		if raw = field(raw, name); strings.HasPrefix(raw, `"`) {
			raw = unquoted(raw) // opened
		}
	}
	var parts []message
	if !m.gather(list, raw, 3, true, &parts) || !slices.ContainsFunc(parts, func(p message) bool { return p.doc != nil }) {
		return []message{m}
	}
	for i := range parts {
		parts[i].outer = m.doc
	}
	return allOpened(parts)
}

// each gives the objects of a list as messages; the whole where there is something else in it.
func (m message) each(list []any, text string) []message {
	if parts, ok := m.objects(list, text); ok {
		return parts
	}
	return []message{m}
}

// objects gives the objects of a list as messages, verbatim. Lists in it are taken for parts of it: who puts answers together
// may put their lists into one. What is null says nothing.
func (m message) objects(list []any, text string) (out []message, ok bool) {
	if !m.gather(list, text, 3, false, &out) || len(out) == 0 {
		return nil, false
	}
	return allOpened(out), true
}

// gather collects the elements of a list; where odd, also those that are no objects.
func (m message) gather(list []any, text string, depth int, odd bool, out *[]message) bool {
	raws := elements(text)
	if len(raws) != len(list) || depth == 0 {
		return false
	}
	for i, v := range list {
		switch v := v.(type) {
		case nil:
		case []any:
			if !m.gather(v, raws[i], depth-1, odd, out) {
				return false
			}
		case map[string]any:
			one := m
			one.doc, one.value, one.text = v, nil, raws[i]
			*out = append(*out, one)
		default:
			if !odd {
				return false
			}
			one := m
			one.doc, one.value, one.text = nil, v, raws[i]
			*out = append(*out, one)
		}
		if len(*out) > maxMessages {
			return false
		}
	}
	return true
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
	return allOpened(out)
}

// decode reads a JSON object.
func decode(text string) (object, bool) {
	var v any
	if !decodeInto(text, &v) {
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
	if strings.TrimLeft(text[dec.InputOffset():], " \t\r\n") != "" {
		return false
	}
	*v = got
	return true
}
