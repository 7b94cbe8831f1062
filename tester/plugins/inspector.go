// Package plugins is an inspector and an emitter as somebody else would write them: with package responder
// and nothing else of AlertResponder.
//
// in → out: one address of an alert → what is known about it; a report → a row that a test can read.
package plugins

import (
	"context"
	"fmt"
	"net/netip"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// attackers is a network that is reserved for documentation (RFC 5737).
var attackers = netip.MustParsePrefix("198.51.100.0/24")

// Inspect knows one network of attackers. The last address in it is more than it can bear.
func Inspect(_ context.Context, task responder.Task) (responder.Page, error) {
	addr, err := netip.ParseAddr(task.Attribute.Value)
	if err != nil || !attackers.Contains(addr) {
		return responder.Page{}, nil
	}
	if addr.As4()[3] == 255 {
		return responder.Page{}, responder.Permanent(fmt.Errorf("%s: a broadcast address", addr))
	}
	return responder.Page{
		Title:         "Known attackers",
		OpponentHosts: []responder.OpponentHost{{ID: addr.String(), IPAddr: []string{addr.String()}, ASOwner: []string{"Attackers Ltd."}}},
		Signals: []responder.Signal{{
			Kind: "reputation", Verdict: responder.Malicious, Score: 90, Source: "tester",
			Summary: "in a network of known attackers",
		}},
	}, nil
}
