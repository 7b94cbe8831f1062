package watchlist

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// class is how an indicator is compared.
type class uint8

const (
	classOther   class = iota // equal text
	classNetwork              // contains the address
	classDomain               // is the domain or above it
	classURL
	classEmail
	classHash
)

// indicator is what an entry matches.
type indicator struct {
	class  class
	prefix netip.Prefix // of classNetwork
	text   string       // of the others, in the spelling in which it is compared
	shown  string       // where it is not how prefix or text is written
}

func (i indicator) String() string {
	switch {
	case i.shown != "":
		return i.shown
	case i.class == classNetwork && i.prefix.IsSingleIP():
		return i.prefix.Addr().String()
	case i.class == classNetwork:
		return i.prefix.String()
	}
	return i.text
}

// otherNames of attribute types, in the column type, without - and _.
var otherNames = map[string]string{
	"ip": responder.TypeIPAddr, "ipv4": responder.TypeIPAddr, "ipv6": responder.TypeIPAddr, "cidr": responder.TypeIPAddr,
	"ipaddress": responder.TypeIPAddr, "ipv4addr": responder.TypeIPAddr, "ipv6addr": responder.TypeIPAddr,
	"hostname": responder.TypeDomain, "host": responder.TypeDomain, "fqdn": responder.TypeDomain,
	"domainname": responder.TypeDomain, "uri": responder.TypeURL, "emailaddr": responder.TypeEmail,
	"emailaddress": responder.TypeEmail, "hash": responder.TypeFileHash, "md5": responder.TypeFileHash,
	"sha1": responder.TypeFileHash, "sha256": responder.TypeFileHash, "sha512": responder.TypeFileHash,
	"user": responder.TypeUsername, "any": "", "*": "",
}

func attributeType(s string) string {
	s = strings.ToLower(s)
	if t, ok := otherNames[strings.NewReplacer("-", "", "_", "").Replace(s)]; ok {
		return t
	}
	return entity.Cut(s, entity.MaxType)
}

// hasLook says whether a value of the type can be told by its looks.
func hasLook(kind string) bool {
	switch kind {
	case responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeEmail, responder.TypeFileHash:
		return true
	}
	return false
}

// isName says whether a value of the type is a mere name, whatever it looks like.
func isName(kind string) bool {
	switch kind {
	case responder.TypeUsername, responder.TypeInstance, responder.TypeAccessKey, responder.TypeBucket, responder.TypeJSON:
		return true
	}
	return false
}

// readIndicators reads an indicator of a list, of which the attribute type may be known. A range of addresses is
// several.
func readIndicators(text, kind string) ([]indicator, error) {
	switch {
	case text == "":
		return nil, errors.New("indicator: empty")
	case len(text) > entity.MaxValue:
		return nil, fmt.Errorf("indicator: %.40q…, expected %d bytes at most", text, entity.MaxValue)
	case strings.ContainsFunc(text, unicode.IsControl):
		return nil, fmt.Errorf("indicator: %.40q, expected text without control characters", text)
	}
	plain := refang(text)
	switch kind {
	case "":
		if i, err := guess(plain); err != nil || len(i) > 0 {
			return i, err
		}
	case responder.TypeIPAddr:
		return expect(text, "an address, a network or a range of addresses")(networks(plain), true)
	case responder.TypeDomain:
		return expect(text, "a domain")(domain(plain))
	case responder.TypeURL:
		return expect(text, "a URL with a host")(urlOf(plain))
	case responder.TypeEmail:
		return expect(text, "an e-mail address")(email(plain))
	case responder.TypeFileHash:
		return expect(text, "an MD5, SHA-1, SHA-256 or SHA-512 in hex")(hash(plain))
	default: // of a type that is not known here, what looks like an address is to be found as one
		if i, err := guess(plain); err == nil && len(i) > 0 && !isName(kind) {
			return i, nil
		}
	}
	return []indicator{{text: text}}, nil
}

func expect(text, what string) func([]indicator, bool) ([]indicator, error) {
	return func(i []indicator, ok bool) ([]indicator, error) {
		if !ok || len(i) == 0 {
			return nil, fmt.Errorf("indicator: %.40q, expected %s", text, what)
		}
		return i, nil
	}
}

// guess reads an indicator by its looks; none if it is just a text.
func guess(s string) ([]indicator, error) {
	if i := networks(s); len(i) > 0 {
		return i, nil
	}
	if likeAddress(s) {
		return nil, fmt.Errorf("indicator: %.40q, expected an address, a network or a range of addresses", s)
	}
	if strings.Contains(s, "://") {
		return expect(s, "a URL with a host")(urlOf(s))
	}
	for _, read := range []func(string) ([]indicator, bool){hash, email} {
		if i, ok := read(s); ok {
			return i, nil
		}
	}
	if i, ok := domain(s); ok && strings.Contains(i[0].text, ".") {
		return i, nil
	}
	return nil, nil
}

// likeAddress says whether a text would be an address if it were right.
func likeAddress(s string) bool {
	if _, err := net.ParseMAC(s); err == nil {
		return false
	}
	v4 := strings.Trim(s, "0123456789./:-") == "" && strings.Contains(s, ".")
	v6 := strings.Trim(s, "0123456789abcdefABCDEF:./-") == "" && strings.Count(s, ":") > 1
	return v4 || v6
}
