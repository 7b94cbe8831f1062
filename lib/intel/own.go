package intel

import (
	"net/netip"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Own tells what is the organization's own, and so is never sent to a third party. The zero value knows none but what is
// so for everybody: addresses that are not of the public internet, names that are not of the public DNS.
type Own struct {
	Domains  []string // with all names below them
	Networks []netip.Prefix
}

// ParseOwn reads domains and networks separated by commas or white space, as in OWN_DOMAINS: example.com, 203.0.113.0/24.
// The error names each that is neither.
func ParseOwn(list string) (Own, error) { return Own{}, nil }

// Withhold says why an attribute must not be sent to a third party; empty: it may be. Attributes of the context local are
// withheld, addresses and hosts of URLs and e-mail addresses are looked at.
func (o Own) Withhold(a responder.Attribute) (why string) { return "" }
