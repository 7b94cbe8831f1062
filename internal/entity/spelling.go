package entity

import (
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// normalValue gives a value its spelling, by its type.
func normalValue(kind, v string) string {
	switch kind {
	case responder.TypeIPAddr:
		return normalAddr(v)
	case responder.TypeDomain:
		return normalDomain(v)
	case responder.TypeHostname:
		return withoutDots(strings.ToLower(v))
	case responder.TypeFileHash:
		return normalHash(v)
	case responder.TypeEmail:
		return normalEmail(v)
	case responder.TypeURL:
		return normalURL(v)
	case responder.TypeInstance:
		return normalInstance(v)
	case responder.TypeBucket:
		return strings.ToLower(v)
	case responder.TypeCVE:
		return strings.ToUpper(v)
	}
	return v
}

func normalAddr(v string) string {
	addr, err := netip.ParseAddr(v)
	if err != nil { // one address can be written as a network, or as in a URL
		one := strings.TrimSuffix(strings.TrimPrefix(v, "["), "]")
		if prefix, perr := netip.ParsePrefix(v); perr == nil && prefix.IsSingleIP() {
			one = prefix.Addr().String()
		}
		if addr, err = netip.ParseAddr(one); err != nil {
			return strings.ToLower(v)
		}
	}
	return addr.Unmap().WithZone("").String()
}

// names is the profile by which names are looked up (Unicode Technical Standard 46, "Unicode IDNA Compatibility Processing",
// non-transitional), but for names with an underscore, which are no hosts and are looked up as well. It is made when it is
// first needed, and not at each start of a function.
var names = sync.OnceValue(func() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false), idna.VerifyDNSLength(true))
})

// maxUnicodeName bounds what is converted: 253 characters of 4 bytes.
const maxUnicodeName = 1012

// normalDomain gives a name as it is in the DNS: lower case, A-labels, no dot at the end. What is no name keeps its text.
func normalDomain(v string) string {
	v = withoutDots(strings.ToLower(v))
	if isASCII(v) || len(v) > maxUnicodeName {
		return v
	}
	name, err := names().ToASCII(v)
	if err != nil || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" { // / and : have other spellings too
		return v
	}
	return withoutDots(name)
}

// withoutDots drops the root's dot, and what else stands at the end.
func withoutDots(v string) string {
	return strings.TrimRightFunc(v, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// normalHash drops the name of the algorithm in front, of which the length tells as well.
func normalHash(v string) string {
	v = strings.ToLower(v)
	at := strings.IndexAny(v, ":=")
	if at < 0 || len(v)-at-1 != digits(v[:at]) || strings.Trim(v[at+1:], "0123456789abcdef") != "" {
		return v
	}
	return v[at+1:]
}

// digits is the length of an algorithm's hashes.
func digits(algorithm string) int {
	switch algorithm {
	case "md5":
		return 32
	case "sha1":
		return 40
	case "sha256":
		return 64
	case "sha512":
		return 128
	}
	return -1
}

// normalInstance: ids of EC2 are in lower case; a name of an instance may be anything.
func normalInstance(v string) string {
	if strings.HasPrefix(v, "I-") || strings.HasPrefix(v, "MI-") {
		return strings.ToLower(v)
	}
	return v
}

// normalEmail: hardly a mail server looks at the case of names.
func normalEmail(v string) string {
	v = strings.ToLower(v)
	at := strings.LastIndexByte(v, '@')
	if at < 0 {
		return v
	}
	return v[:at+1] + normalDomain(v[at+1:])
}

// ports are the ones that a URL need not say.
var ports = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

// normalURL spells scheme and host, and leaves what is behind them as it is, but for the fragment, which is never sent: what an
// attacker wrote there is evidence, and no two servers read a path alike.
func normalURL(v string) string {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		return v
	}
	u.Scheme, u.Fragment, u.RawFragment = strings.ToLower(u.Scheme), "", ""
	u.Host = normalHost(u.Host, ports[u.Scheme])
	if u.Host == "" {
		return v
	}
	if u.Path == "" && ports[u.Scheme] != "" {
		u.Path = "/"
	}
	return u.String()
}

// normalHost spells a host with a port, which is dropped where it is the usual one.
func normalHost(host, usual string) string {
	port := ""
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		host, port = host[:at], host[at+1:]
	}
	if port == usual {
		port = ""
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.ToLower(host)
		if addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err == nil {
			if host = addr.Unmap().WithZone("").String(); strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
		}
	} else {
		host = normalDomain(host)
	}
	if port != "" {
		host += ":" + port
	}
	return host
}
