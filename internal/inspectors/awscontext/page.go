package awscontext

import (
	"cmp"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

const (
	maxText = 200 // bytes of a text: tags, descriptions and names are written by anybody who may
	maxList = 20  // entries of a list
)

// close completes a page with what was not allowed.
func (l *look) close(p responder.Page) responder.Page {
	if len(l.notSeen) == 0 {
		return p
	}
	slices.Sort(l.notSeen)
	p.Error = "not allowed in account " + l.account.id + ": " + strings.Join(slices.Compact(l.notSeen), ", ")
	if !p.HasContent() {
		p.Outcome, p.Title = responder.Failed, cmp.Or(p.Title, Name)
	}
	return p
}

// text makes a text of AWS fit to be shown.
func text(s string) string { return intel.Clean(s, maxText) }

// several cuts a list, and says how many more there are.
func several(list []string, more string) []string {
	if len(list) <= maxList {
		return list
	}
	return append(slices.Clone(list[:maxList]), more)
}
