// Package defang writes indicators so that nothing follows them: no mail program, no chat, no finger.
//
// in → out: text with addresses, names and links → the same with hxxp for http and [.] for the last dot.
package defang

import (
	"regexp"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

var (
	scheme  = regexp.MustCompile(`(?i)(h)tt(ps?)(://)`)
	numbers = regexp.MustCompile(`[0-9.]+`)
	// A dot before a letter, as in a name. Names of files look the same, and do not suffer.
	dot = regexp.MustCompile(`([\pL\pN_-])\.(\pL)`)
)

// Text defangs all that looks like an address, a name of a host or a link in a text. What was defanged stays.
func Text(s string) string {
	if !strings.ContainsAny(s, ".:") {
		return s
	}
	s = scheme.ReplaceAllString(s, "${1}xx$2$3")
	s = numbers.ReplaceAllStringFunc(s, address)
	for dot.MatchString(s) { // matches that share a letter: a.b.c
		s = dot.ReplaceAllString(s, "$1[.]$2")
	}
	return s
}

// address defangs four numbers with dots between them.
func address(s string) string {
	end := strings.TrimRight(s, ".")
	if at := strings.LastIndexByte(end, '.'); strings.Count(end, ".") == 3 && !strings.Contains(end, "..") && end[0] != '.' {
		return end[:at] + "[.]" + end[at+1:] + s[len(end):]
	}
	return s
}

// Attribute gives the value of an attribute as it is shown: that of an address, a name, a link or an e-mail
// address defanged, any other as it is.
func Attribute(a responder.Attribute) string {
	switch a.Type {
	case responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeEmail:
		return Text(a.Value)
	}
	return a.Value
}
