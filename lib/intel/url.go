package intel

import (
	"net/url"
	"slices"
	"strings"
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
	rest := strings.ToLower(unescaped(u.EscapedPath() + "?" + u.RawQuery))
	for _, d := range o.Domains {
		if mentions(rest, normalName(d)) {
			return "it speaks of the organization's own domain " + d
		}
	}
	for part := range strings.FieldsFuncSeq(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, secret, _ := strings.Cut(part, "=")
		if secret != "" && slices.Contains(secrets, strings.ToLower(unescaped(name))) {
			return "its query has what may be a secret"
		}
	}
	return ""
}

// secrets are names in queries of what opens something: signatures of links into storage, tokens, passwords.
var secrets = []string{"x-amz-signature", "x-amz-security-token", "x-amz-credential", "x-goog-signature", "signature", "sig", "token", "access_token", "refresh_token",
	"id_token", "auth_token", "auth", "authorization", "jwt", "code", "samlresponse", "password", "passwd", "pwd", "pass", "secret", "client_secret", "apikey",
	"api_key", "api-key", "session", "sessionid", "session_id", "sid", "jsessionid", "phpsessid"}

func unescaped(s string) string {
	for range 3 { // links stand in links
		once, err := url.QueryUnescape(s)
		if err != nil || once == s {
			break
		}
		s = once
	}
	return s
}

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
