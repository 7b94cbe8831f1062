package watchlist

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// domain reads a name; a leading "*." or "." is allowed.
func domain(s string) ([]indicator, bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "*"), ".")
	s = strings.TrimSuffix(s, ".")
	if !isDomain(s) {
		return nil, false
	}
	s = entity.Normalize(responder.Attribute{Type: responder.TypeDomain, Value: s}).Value // as alerts have it
	return []indicator{{class: classDomain, text: s}}, true
}

// isDomain says whether a name in lower case can be one: letters also beyond ASCII, digits, - and _ (RFC 1035,
// section 2.3.4 "Size limits").
func isDomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	label := 0
	for _, r := range s {
		switch {
		case r == '.' && label > 0:
			label = 0
			continue
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			label++
		default:
			return false
		}
	}
	return label > 0
}

// email reads an address, without a name before it.
func email(s string) ([]indicator, bool) {
	s = strings.ToLower(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || strings.ContainsAny(s, "<>/") || !isDomain(s[at+1:]) {
		return nil, false
	}
	return []indicator{{class: classEmail, text: s}}, true
}

// hash reads hex digits of a length that a digest has.
func hash(s string) ([]indicator, bool) {
	s = strings.ToLower(s)
	switch len(s) {
	case 32, 40, 64, 128:
		if strings.Trim(s, "0123456789abcdef") == "" {
			return []indicator{{class: classHash, text: s}}, true
		}
	}
	return nil, false
}

// urlOf reads a URL with a host.
func urlOf(s string) ([]indicator, bool) {
	text, host := urlParts(s)
	if host == "" {
		return nil, false
	}
	return []indicator{{class: classURL, text: text}}, true
}

// urlParts gives a URL in the spelling in which it is compared, without user and fragment, and its host; "" if it
// has none.
func urlParts(s string) (text, host string) {
	u, err := url.Parse(entity.Normalize(responder.Attribute{Type: responder.TypeURL, Value: s}).Value)
	if err != nil || u.Scheme == "" {
		return s, ""
	}
	if u.User = nil; u.Path == "" {
		u.Path = "/"
	}
	return u.String(), strings.TrimSuffix(u.Hostname(), ".")
}

// refang undoes what people do to indicators so that nobody clicks on them.
func refang(s string) string {
	if len(s) > 4 && strings.EqualFold(s[:4], "hxxp") {
		s = "http" + s[4:]
	}
	if !strings.ContainsAny(s, "[({") {
		return s
	}
	return fangs.Replace(s)
}

var fangs = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".",
	"[://]", "://", "[:]", ":", "[@]", "@", "(@)", "@", "[at]", "@", "(at)", "@")
