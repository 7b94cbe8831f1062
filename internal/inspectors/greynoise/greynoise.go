// Package greynoise is the inspector that asks GreyNoise (community API).
//
// in → out: an address → whether it scans the whole internet, or belongs to a service that everybody uses.
package greynoise

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "greynoise"
	Name = "GreyNoise"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr}

// New makes the inspector.
func New(s intel.Settings) (responder.Inspector, error) {
	return responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, nil
	}), nil
}
