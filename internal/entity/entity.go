// Package entity gives attributes one spelling, so that the same entity from two senders is one.
//
// in → out: an attribute as a sender or plugin wrote it → the normalized attribute, and its hash.
package entity

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of an attribute, in bytes; what is longer is cut at a character.
const (
	MaxType     = 64
	MaxValue    = 2048
	MaxKey      = 256
	MaxContexts = 8
)

// Normalize gives an attribute its one spelling, by its type: canonical text for addresses (RFC 5952; IPv4-mapped ones as
// IPv4; a network of one address); domains in lower case, as they are in the DNS (IDNA), without a dot at the end, also in
// URLs and e-mail addresses; URLs without fragment and usual port; lower case for types, hashes, hosts, ids of
// instances, buckets. What does not parse keeps its text. Everything is bounded.
func Normalize(a responder.Attribute) responder.Attribute {
	a.Type = short(strings.ToLower, a.Type, MaxType)
	a.Value = short(func(v string) string { return normalValue(a.Type, v) }, a.Value, MaxValue)
	a.Key = short(nil, a.Key, MaxKey)
	a.Context = contexts(a.Context)
	return a
}

// short bounds a text and gives it its spelling. To cut a text can change its spelling, and the other way round:
// so it is done again until nothing changes.
func short(spell func(string) string, s string, n int) string {
	for range 8 {
		was := s
		s = strings.TrimSpace(Cut(strings.TrimSpace(s), n))
		if spell != nil {
			s = spell(s)
		}
		if s == was {
			break
		}
	}
	return Cut(s, n)
}

func contexts(in []string) []string {
	var out []string
	for _, c := range in {
		if c = short(strings.ToLower, c, MaxType); c != "" && len(out) < MaxContexts {
			out = append(out, c)
		}
	}
	return out
}

// Hash is the identity of an attribute within a report: the first 8 bytes of SHA-256 of the compact JSON
// array [type, value]. The attribute must be normalized. Key and contexts do not count.
type Hash [8]byte

// HashOf returns the identity of a normalized attribute.
func HashOf(a responder.Attribute) Hash {
	sum := sha256.Sum256(JSON(a.Type, a.Value))
	return Hash(sum[:8])
}

// JSON writes strings as a compact JSON array without HTML escaping: the text under all hashes and keys.
func JSON(parts ...string) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(parts); err != nil {
		panic(err) // a list of strings always marshals
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// ID names a text: the first 128 bits of its SHA-256 in base32 (RFC 4648, "Base 32 Encoding"), without padding.
func ID(text []byte) string {
	sum := sha256.Sum256(text)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}

// IsLocal says whether an address is of no third party's business: private, loopback, link-local, multicast, one
// that never stands for a host of the internet (IANA, "IPv4 and IPv6 Special-Purpose Address Registries"), or no
// address at all. Those for documentation are not local: samples speak of attackers with them.
func IsLocal(value string) bool {
	addr, err := netip.ParseAddr(strings.TrimSpace(value))
	if err != nil {
		return true
	}
	addr = addr.Unmap().WithZone("") // no prefix contains an address with a zone
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() ||
		addr.IsMulticast() || slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(addr) })
}

var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // this network
	netip.MustParsePrefix("100.64.0.0/10"),  // shared, RFC 6598
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),    // reserved, and broadcast
	netip.MustParsePrefix("64:ff9b:1::/48"), // translation within one's own network, RFC 8215
	netip.MustParsePrefix("fec0::/10"),      // site-local, RFC 3879
}

// Cut makes s valid UTF-8 and bounds it to n bytes, at a character.
func Cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
