package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmespath-community/go-jmespath/pkg/util"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of what is taken from a message: package ingest cuts further, but not before all alerts of a message are there.
const (
	maxAlerts     = 1000
	maxKept       = 8 << 10 // bytes of a text
	maxNotes      = 1 << 10
	maxRaws       = 4 << 20                    // bytes of the originals of all alerts of a message
	maxAttributes = protocol.MaxAttributes + 1 // so that the report says that some were left out
)

// Reading is what a set makes of a message.
type Reading struct {
	Source  string // of the mapping
	Alerts  []responder.Alert
	Results [][]Result // of each alert
}

// Result is what an expression gave.
type Result struct {
	Field      string `json:"field"`
	Expression string `json:"expression"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Value      string `json:"value,omitempty"` // as it is used; empty where it gave nothing
	Why        string `json:"why,omitempty"`   // it gave nothing
}

// Read gives the alerts of a message, and what each expression gave; ok is false where no mapping knows it.
func (s *Set) Read(m ingest.Message) (r Reading, ok bool) { return s.read(m, true) }

func (s *Set) read(in ingest.Message, traced bool) (Reading, bool) {
	if in.Doc == nil {
		return Reading{}, false
	}
	message := values(in.Doc)
	for i := range s.mappings {
		if m := &s.mappings[i]; m.matches(message, in.Topic) {
			return m.read(message, traced), true
		}
	}
	return Reading{}, false
}

func (m *mapping) read(message any, traced bool) Reading {
	r := Reading{Source: m.source}
	list, note := m.elements(message)
	raws := 0
	for _, element := range list {
		e := &evaluation{mapping: m, message: message, element: element, traced: traced}
		if note != "" {
			e.notes = append(e.notes, note)
		}
		a := e.alert()
		if len(list) > 1 {
			raw, _ := marshal(element)
			if raws += len(raw); raws > maxRaws { // elements that have the message in them
				raw = kept(raw, maxKept)
			}
			a.Raw = raw
		}
		r.Alerts = append(r.Alerts, a)
		r.Results = append(r.Results, e.results)
	}
	return r
}

// elements are the alerts of a message: the message itself where it is one, or where there is no list of them.
func (m *mapping) elements(message any) (list []any, note string) {
	if m.alerts == nil {
		return []any{message}, ""
	}
	v, err := m.alerts.search(message, message)
	switch v := v.(type) {
	case map[string]any:
		return []any{v}, ""
	case []any:
		if len(v) > 0 && len(v) <= maxAlerts {
			return v, ""
		}
		return []any{message}, fmt.Sprintf("alerts: %d, expected 1 to %d", len(v), maxAlerts)
	}
	return []any{message}, "alerts: " + whyNot(v, err) + ", expected a list"
}

// evaluation makes an alert of an element of a message.
type evaluation struct {
	*mapping
	message, element any
	traced           bool
	notes            []string
	results          []Result
}

func (e *evaluation) alert() responder.Alert {
	a := responder.Alert{
		Source: e.source, Name: e.needed(e.mapping.name), Rule: e.ruled(), Key: e.identity(), Description: e.text(e.description),
		Account: e.text(e.account), Region: e.text(e.region), Link: e.text(e.link),
		Severity: e.severe(), State: e.stands(), Sample: e.isSample(), Timestamp: responder.Span(e.time(e.init), e.time(e.last)),
		Attrs: e.attributes(),
	}
	if len(e.notes) > 0 {
		notes := entity.Cut("[mapping "+e.source+": "+strings.Join(e.notes, "; "), maxNotes) + "]"
		a.Description = strings.TrimSpace(entity.Cut(a.Description, maxKept-len(notes)-1) + " " + notes)
	}
	return a
}

// whyNot says why a value is not used.
func whyNot(v any, err error) string {
	if err != nil {
		return kept(err.Error(), 200)
	}
	switch v := v.(type) {
	case nil:
		return "nothing"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case string:
		return fmt.Sprintf("%q", kept(v, 40))
	case float64, bool:
		return fmt.Sprint(v)
	}
	return "no value"
}

// kept is the beginning of a text, without the rest in memory.
func kept(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.Clone(entity.Cut(s, n))
}

// trace notes what is used of an expression.
func (e *evaluation) trace(x *expression, used string, v any, err error) {
	if !e.traced {
		return
	}
	r := Result{Field: x.field, Expression: x.text, Line: x.line, Column: x.col, Value: kept(used, 400)}
	if used == "" {
		r.Why = whyNot(v, err)
	}
	e.results = append(e.results, r)
}

// single gives the text of an expression. What is there and no text is said in the description.
func (e *evaluation) single(x *expression) (string, bool) {
	v, err := x.search(e.message, e.element)
	s, ok := textOf(v)
	if !ok && err == nil && v != nil && v != "" {
		e.notes = append(e.notes, x.field+": "+whyNot(v, nil)+", expected a text")
	}
	e.trace(x, s, v, err)
	return s, ok
}

func (e *evaluation) text(x *expression) string {
	if x == nil {
		return ""
	}
	s, _ := e.single(x)
	return kept(s, maxKept)
}

// needed is a text of which the description says if it is not there.
func (e *evaluation) needed(x *expression) string {
	if x == nil {
		return ""
	}
	before := len(e.notes)
	s := e.text(x)
	if s == "" && len(e.notes) == before {
		e.notes = append(e.notes, x.field+": "+x.text+" gave nothing")
	}
	return s
}

// ruled is what found it: the sender, where the mapping has no expression for it.
func (e *evaluation) ruled() string {
	if e.rule == nil {
		return e.source
	}
	return e.needed(e.rule)
}

// identity is the alert's key, of which no part can be taken for another: the mapping's name is one, since two senders may
// call their rules and incidents alike. It is empty where a part is missing.
func (e *evaluation) identity() string {
	parts := []string{e.source}
	for _, x := range e.mapping.key {
		before := len(e.notes)
		s, ok := e.single(x)
		if !ok {
			if len(e.notes) == before {
				e.notes = append(e.notes, x.field+": "+x.text+" gave nothing")
			}
			parts = nil
		}
		if len(s) > maxPart {
			s = entity.Cut(s, maxPart) + " " + entity.ID([]byte(s))
		}
		if parts != nil {
			parts = append(parts, s)
		}
	}
	if parts == nil {
		return ""
	}
	return string(entity.JSON(parts...))
}

// maxPart bounds one part of a key; what is longer is told apart by its hash.
const maxPart = 512

func (e *evaluation) severe() float64 {
	s := e.mapping.severity
	if s == nil {
		return 0
	}
	text, ok := e.single(s.value)
	if !ok {
		return 0
	}
	if f, ok := s.words[strings.ToLower(text)]; ok {
		return f
	}
	f, ok := numberOf(text)
	if !ok {
		e.notes = append(e.notes, fmt.Sprintf("%s: %q, expected %s", s.value.field, kept(text, 40), s.expected()))
		return 0
	}
	return min(max((f-s.min)/(s.max-s.min)*100, 0), 100)
}

func (s *severity) expected() string {
	if len(s.words) == 0 {
		return "a number"
	}
	return "one of the words, or a number"
}

func (e *evaluation) stands() responder.State {
	if e.state == nil {
		return ""
	}
	text, _ := e.single(e.state.value)
	if slices.Contains(e.state.resolved, strings.ToLower(text)) {
		return responder.Resolved
	}
	return responder.Firing
}

func (e *evaluation) isSample() bool {
	return strings.EqualFold(e.text(e.mapping.sample), "true")
}

func (e *evaluation) time(x *expression) time.Time {
	if x == nil {
		return time.Time{}
	}
	v, err := x.search(e.message, e.element)
	t, ok := timeOf(v, e.layouts)
	used := ""
	if ok {
		used = t.Format(time.RFC3339Nano)
	} else if err == nil && v != nil {
		e.notes = append(e.notes, x.field+": "+whyNot(v, nil)+", expected a time")
	}
	e.trace(x, used, v, err)
	return t
}

func (e *evaluation) holds(x *expression) bool {
	if x == nil {
		return true
	}
	v, err := x.search(e.message, e.element)
	return err == nil && !util.IsFalse(v)
}
