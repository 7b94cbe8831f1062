// Package history is the inspector that knows former reports, and the emitter that writes its index.
//
// in → out: an attribute → how often it was in reports, and what became of them; and published reports → the index, under
// history#… in the Memory.
package history

import (
	"context"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "history"
	Name = "former reports"
)

// Types are the attribute types that the inspector accepts: all.
var Types = []string{"*"}

// Options of both.
type Options struct {
	Memory responder.Memory
	// Keep is how long an entry of the index is kept after its last report.
	Keep time.Duration
	Now  func() time.Time // nil: time.Now
}

// New makes the inspector.
func New(o Options) (responder.Inspector, error) {
	return responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, nil
	}), nil
}

// NewHistorian makes the emitter that writes the index: the function Historian.
func NewHistorian(o Options) (responder.Emitter, error) {
	return responder.EmitterFunc(func(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
		return nil, nil
	}), nil
}
