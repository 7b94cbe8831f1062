package ingest

import (
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isNative knows alerts in AlertResponder's own format (docs/schema/alert.schema.json), of which older ones have
// only name, rule, key, description, timestamp and attrs: what is named, and two of the fields at least. A time alone
// is no second one: everything has a name and a time.
func isNative(m message) bool {
	n := 0
	for _, name := range []string{"name", "rule", "key", "description", "attrs"} {
		if _, ok := m.doc[name]; ok {
			n++
		}
	}
	if m.doc.at("timestamp") != nil {
		n++
	}
	return n >= 2 && (isString(m.doc["name"]) || isString(m.doc["rule"]))
}

func isString(v any) bool {
	s, ok := v.(string)
	return ok && s != ""
}

// reading reads a native alert field by field: an odd one is left out, and the description says so.
type reading struct {
	object
	notes []string
}

func (r *reading) note(name, expected string) {
	r.notes = append(r.notes, fmt.Sprintf("%s: %s, expected %s", name, line(marshal(r.object[name]), 80), expected))
}

// word reads a text; a number is taken for its text.
func (r *reading) word(name string) string {
	if v := r.object[name]; v != nil && textOf(v) == "" && v != "" {
		r.note(name, "a string")
	}
	return textOf(r.object[name])
}

func native(m message) responder.Alert {
	if v, ok := m.doc.number("v"); ok && (v != float64(int(v)) || responder.CheckVersion(int(v)) != nil) {
		return unparsed(m, fmt.Sprintf("schema version %v, which this release cannot read", v))
	}
	r := &reading{object: m.doc}
	a := responder.Alert{
		Name: r.word("name"), Rule: r.word("rule"), Key: r.word("key"), Description: r.word("description"),
		Source: r.word("source"), Account: r.word("account"), Region: r.word("region"), Link: r.word("link"),
		Timestamp: r.timestamp(), Attrs: r.attrs(), Severity: r.severity(), State: r.state(), Sample: r.is("sample"),
	}
	if a.Source == "" {
		a.Source = "native"
	}
	if a.Rule == "" {
		a.Rule = a.Name
	}
	if len(r.notes) > 0 {
		notes := entity.Cut("[left out: "+strings.Join(r.notes, "; ")+"]", maxDescription/4)
		a.Description = strings.TrimSpace(entity.Cut(a.Description, maxDescription-len(notes)-1) + " " + notes)
	}
	return a
}

func (r *reading) severity() float64 {
	f, ok := r.number("severity")
	if !ok && r.object["severity"] != nil {
		r.note("severity", "a number from 0 to 100")
	}
	return f
}

func (r *reading) state() responder.State {
	switch s := strings.ToLower(strings.TrimSpace(r.word("state"))); s {
	case "", string(responder.Firing):
		return responder.State(s)
	case string(responder.Resolved):
		return responder.Resolved
	}
	r.note("state", "firing or resolved")
	return responder.Firing
}

// timestamp reads {init, last}, or one time for both.
func (r *reading) timestamp() responder.Timestamp {
	if span := r.at("timestamp"); span != nil {
		return responder.Span(span.time("init"), span.time("last"))
	}
	t := r.time("timestamp")
	if t.IsZero() && r.object["timestamp"] != nil {
		r.note("timestamp", "an object with init and last")
	}
	return responder.Span(t, t)
}

func (r *reading) attrs() []responder.Attribute {
	list, ok := r.object["attrs"].([]any)
	if !ok && r.object["attrs"] != nil {
		r.note("attrs", "a list")
	}
	var out []responder.Attribute
	odd := 0
	for _, v := range list {
		inner, _ := v.(map[string]any)
		a := object(inner)
		if a.text("type") == "" || a.text("value") == "" {
			odd++
			continue
		}
		out = append(out, responder.Attribute{
			Type: a.text("type"), Value: a.text("value"), Key: a.text("key"), Context: a.texts("context"),
		})
	}
	if odd > 0 {
		r.notes = append(r.notes, fmt.Sprintf("attrs: %d without type or value", odd))
	}
	return out
}
