package extract

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// link takes a URL of which "://" stands at colon, and the host in it.
func (s *scanner) link(i, colon int) int {
	start := colon
	for start > i && (isLetter(s.text[start-1]) || isDigit(s.text[start-1])) {
		start--
	}
	end := s.endOfLink(colon + 3)
	raw := trimLink(strings.ReplaceAll(s.text[start:end], "&amp;", "&"))
	scheme := strings.ToLower(s.text[start:colon])
	if s.isSelfLink(start) {
		return end
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" { // a port that is none, %zz: the host still stands there
		host := raw[min(len(raw), colon+3-start):]
		u = &url.URL{Host: host[:len(host)-len(strings.TrimLeftFunc(host, func(r rune) bool { return !strings.ContainsRune("/?#", r) }))]}
		scheme = "" // not a URL that others could read
	}
	if scheme == "s3" {
		s.add(responder.TypeBucket, u.Host, s.hint.label("bucket"))
		return end
	}
	s.target(u, scheme)
	s.encoded(raw)
	return end
}

// encoded takes the URLs that stand in parameters of another, as redirectors and filters of mail write them.
func (s *scanner) encoded(raw string) (found bool) {
	for n := 0; n+9 < len(raw); n++ {
		if raw[n] != '%' || !strings.EqualFold(raw[n:n+9], "%3a%2f%2f") {
			continue
		}
		start := n
		for start > 0 && isLetter(raw[start-1]) {
			start--
		}
		inner, _, _ := strings.Cut(raw[start:], "&")
		plain, err := url.QueryUnescape(inner)
		if err != nil {
			continue
		}
		if u, err := url.Parse(trimLink(plain)); err == nil && u.Host != "" {
			s.target(u, u.Scheme)
			found = true
		}
		n = start + len(inner)
	}
	return found
}

// target adds a URL that leads to a host of the internet, or an address, and that one.
func (s *scanner) target(u *url.URL, scheme string) {
	host := strings.ToLower(u.Hostname())
	addr, err := netip.ParseAddr(host)
	name, ok := "", false
	if err != nil {
		if name, ok = domainOf(host, true); !ok || isReference(name) {
			return
		}
	}
	if slices.Contains(links, scheme) {
		if u.User != nil {
			u.User = url.User(u.User.Username()) // no password
		}
		s.add(responder.TypeURL, u.String(), s.hint.label("URL"), s.hint.side(err == nil && entity.IsLocal(host))...)
	}
	if err == nil {
		s.address(addr)
		return
	}
	s.name(name)
}

// links are the schemes of URLs that one can look into. Of the others only the host is taken.
var links = []string{"http", "https", "ftp", "ftps", "ws", "wss", "ldap", "ldaps", "rmi", "tftp", "smb"}

// endOfLink: at what is in no URL, or between two of them.
func (s *scanner) endOfLink(i int) int {
	host := true
	for i < len(s.text) {
		c := s.text[i]
		host = host && strings.IndexByte("/?#", c) < 0
		switch {
		case c <= ' ' || c == 0x7f || strings.IndexByte("\"'`<>|\\^", c) >= 0:
			return i
		case (c == ',' || c == ';') && (strings.HasPrefix(s.text[i+1:], "http") || strings.HasPrefix(s.text[i+1:], "ftp:")):
			return i
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s.text[i:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return i
			}
			if isWide(r) && isWord(s.text[i-1]) && s.text[i-1] < utf8.RuneSelf && (host || unicode.In(r, unicode.Hiragana, unicode.Hangul)) {
				return i // the sentence goes on
			}
			i += size
			continue
		}
		i++
	}
	return i
}

// trimLink drops the punctuation behind a URL, and brackets that were opened in front of it.
func trimLink(raw string) string {
	for raw != "" {
		last := raw[len(raw)-1]
		switch {
		case strings.IndexByte(".,;:!?*_~", last) >= 0:
		case last == ')' && strings.Count(raw, "(") < strings.Count(raw, ")"):
		case last == ']' && strings.Count(raw, "[") < strings.Count(raw, "]"):
		case last == '}' && strings.Count(raw, "{") < strings.Count(raw, "}"):
		default:
			return raw
		}
		raw = raw[:len(raw)-1]
	}
	return raw
}

// isSelfLink knows by the words in front of a URL that it leads to what people shall read.
func (s *scanner) isSelfLink(i int) bool {
	if s.hint.kind == isDomain {
		return false
	}
	for _, word := range s.words(i, 3) {
		if slices.Contains([]string{"runbook", "playbook", "documentation", "docs", "reference", "references", "unsubscribe", "dashboard", "console", "wiki", "ticket",
			"jira", "silence", "logo", "avatar"}, word) {
			return true
		}
	}
	return false
}

// isReference knows hosts that alerts point people to: consoles, documents, and the endpoints of AWS. Nobody but their
// owner can put something there.
func isReference(name string) bool {
	if within(name, "amazonaws.com") || within(name, "amazonaws.com.cn") {
		return !slices.ContainsFunc(strings.Split(name, ".")[1:], func(label string) bool {
			return strings.HasPrefix(label, "compute") || strings.HasPrefix(label, "s3") || label == "elb" || label == "execute-api"
		})
	}
	return slices.ContainsFunc(references, func(s string) bool { return within(name, s) })
}

var references = []string{"aws.amazon.com", "aws.dev", "api.aws", "repost.aws", "console.amazonaws.cn", "amazonaws-us-gov.com", "pagerduty.com", "opsgenie.com", "datadoghq.com", "datadoghq.eu", "newrelic.com",
	"victorops.com", "security.microsoft.com", "portal.azure.com", "learn.microsoft.com", "docs.microsoft.com", "schemas.microsoft.com", "console.cloud.google.com",
	"falcon.crowdstrike.com", "docs.github.com", "attack.mitre.org", "cve.mitre.org", "cve.org", "nvd.nist.gov", "w3.org", "schema.org", "json-schema.org", "xmlsoap.org",
	"virustotal.com", "abuseipdb.com", "otx.alienvault.com", "urlscan.io", "shodan.io", "abuse.ch", "wikipedia.org", "rfc-editor.org"}
