// Package schema makes the JSON Schemas of the messages on the wire, of the same types that write and read
// them.
//
// in → out: the types of package responder → docs/schema/<message>.schema.json.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Messages are the messages by the names of their schemas.
var Messages = map[string]any{
	"alert":      responder.Alert{},
	"task":       responder.TaskMessage{},
	"submission": responder.Submission{},
	"page":       responder.Page{},
	"report":     responder.Report{},
	"result":     responder.Result{},
}

// words are the texts of which only some are valid, besides none at all.
var words = map[reflect.Type][]any{
	reflect.TypeFor[responder.Severity]():      {responder.Urgent, responder.Unclassified, responder.Safe, ""},
	reflect.TypeFor[responder.State]():         {responder.Firing, responder.Resolved, ""},
	reflect.TypeFor[responder.Status]():        {responder.StatusNew, responder.StatusOngoing, responder.StatusPublished, ""},
	reflect.TypeFor[responder.Outcome]():       {responder.Found, responder.Nothing, responder.Failed, responder.Skipped, responder.Missing, ""},
	reflect.TypeFor[responder.SignalVerdict](): {responder.Malicious, responder.Suspicious, responder.Harmless, responder.UnknownSignal, ""},
}

// Of makes the schema of a message, as indented JSON. Readers ignore what they do not know and do with what is
// missing, so unknown fields are allowed and none is required; a list or object may be null.
func Of(name string) ([]byte, error) {
	message, ok := Messages[name]
	if !ok {
		return nil, fmt.Errorf("schema: no message %q", name)
	}
	r := jsonschema.Reflector{AllowAdditionalProperties: true, RequiredFromJSONSchemaTags: true, Anonymous: true, Mapper: mapped}
	if err := r.AddGoComments("github.com/m-mizutani/AlertResponder/lib", "."); err != nil {
		return nil, fmt.Errorf("schema %s: comments: %w", name, err)
	}
	s := r.Reflect(message)
	s.Title = "AlertResponder: " + name
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	return nullable(text)
}

// mapped are the types that are written in a way of their own.
func mapped(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[responder.Time]() {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "string", Format: "date-time"}, {Type: "number", Description: "epoch seconds, in older messages"}, {Type: "null"},
		}}
	}
	if list, ok := words[t]; ok {
		return &jsonschema.Schema{Type: "string", Enum: list}
	}
	return nil
}

// nullable allows null for each list and object, and writes the schema for people.
func nullable(text []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	allowNull(v)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

func allowNull(v any) {
	switch v := v.(type) {
	case map[string]any:
		if kind, ok := v["type"].(string); ok && (kind == "array" || kind == "object") {
			v["type"] = []any{kind, "null"}
		}
		if text, ok := v["description"].(string); ok {
			v["description"] = strings.Join(strings.Fields(text), " ")
		}
		for _, inner := range v {
			allowNull(inner)
		}
	case []any:
		for _, inner := range v {
			allowNull(inner)
		}
	}
}
