package intel

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// SendableURL is a URL as it may be sent to a third party, once Own.Withhold let it pass: without user, password and
// fragment, which no server is asked for either. What cannot be read is empty.
func SendableURL(value string) string {
	u, ok := readURL(value)
	if !ok {
		return ""
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}

func readURL(value string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil || u.Hostname() == "" {
		return nil, false
	}
	return u, slices.Contains([]string{"http", "https", "ftp"}, strings.ToLower(u.Scheme))
}

// url looks at the host, and at what the rest gives away: a name of one's own, as in links made for one person, and what
// opens something to whoever has it.
func (o Own) url(value string) string {
	u, ok := readURL(value)
	if !ok {
		return "it cannot be read as a URL of the web"
	}
	if why := o.host(u.Hostname()); why != "" {
		return "its host: " + why
	}
	for _, text := range readings(u.EscapedPath() + "?" + u.RawQuery) {
		for _, d := range o.Domains {
			for _, spelling := range spellings(normalName(d)) {
				if mentions(text, spelling) {
					return "it speaks of the organization's own domain " + d
				}
			}
		}
		if o.hasOwnAddr(text) {
			return "it speaks of an address of the organization's own"
		}
		if hasSecret(text) {
			return "it has what may be a secret"
		}
	}
	return ""
}

// hasOwnAddr finds an address of one's own, or of a private network, that is no part of something else.
func (o Own) hasOwnAddr(text string) bool {
	word := func(r rune) bool {
		return r == '.' || r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return !word(r) }) {
		if o.isOwnAddr(one) {
			return true
		}
	}
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef:.", r) }) {
		if strings.Count(one, ":") > 1 && o.isOwnAddr(one) { // of version 6
			return true
		}
	}
	return false
}

func (o Own) isOwnAddr(s string) bool {
	addr, err := netip.ParseAddr(strings.TrimSuffix(s, "."))
	return err == nil && (addr.Unmap().IsPrivate() || o.network(addr).IsValid())
}

// hasSecret looks at all names with values, also in links that stand in the link.
func hasSecret(text string) bool {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("&;?#", r) }) {
		name, value, _ := strings.Cut(part, "=")
		if value != "" && (slices.Contains(secrets, name) || slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })) {
			return true
		}
	}
	return false
}

// secrets are names in queries of what opens something: signatures of links into storage, tokens, passwords; secretWords are
// parts of such names.
var (
	secrets     = []string{"sig", "auth", "authorization", "code", "pwd", "pass", "sid", "phpsessid", "jwt"}
	secretWords = []string{"token", "signature", "credential", "secret", "passw", "session", "apikey", "api_key", "api-key", "samlresponse"}
)

// mentions finds a domain that is no part of another name.
func mentions(text, domain string) bool {
	inside := func(b byte) bool { return b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' }
	for at := 0; domain != ""; {
		n := strings.Index(text[at:], domain)
		if n < 0 {
			return false
		}
		begin, end := at+n, at+n+len(domain)
		if (begin == 0 || !inside(text[begin-1])) && (end == len(text) || !inside(text[end])) {
			return true
		}
		at = begin + 1
	}
	return false
}
