package ingest

import (
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/extract"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// extracted adds what can be found in a text, or in a decoded JSON value of which nobody knows the shape. All of it has the
// context extracted: it is less certain than what a field says.
func (e *entities) extracted(v any) {
	var found []responder.Attribute
	switch v := v.(type) {
	case string:
		found = extract.Text(v)
	case object:
		found = extract.Value(map[string]any(v))
	default:
		found = extract.Value(v)
	}
	for _, a := range found {
		if a.Type != responder.TypeARN {
			e.add(a.Type, a.Value, a.Key, a.Context...)
			continue
		}
		before := len(e.list)
		e.arn(a.Value, "")
		for i := range e.list[before:] {
			typed := &e.list[before+i]
			typed.Context = append(typed.Context, responder.ContextExtracted)
		}
	}
}

// further adds what a text has beyond what is known: what a field said is no less certain because a text says it too.
func (e *entities) further(text string) {
	known := map[entity.Hash]bool{}
	for _, a := range e.list {
		known[entity.HashOf(entity.Normalize(a))] = true
	}
	found := &entities{}
	found.extracted(text)
	for _, a := range found.list {
		if !known[entity.HashOf(entity.Normalize(a))] {
			e.add(a.Type, a.Value, a.Key, a.Context...)
		}
	}
}
