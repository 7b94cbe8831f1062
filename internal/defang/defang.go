// Package defang writes indicators so that nothing follows them: no mail program, no chat, no finger.
//
// in → out: text with addresses, names and links → the same with hxxp for http and [.] for the last dot.
package defang

import (
	"regexp"
	"strings"
	"sync"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// patterns are compiled when they are first needed, and not at each start of a function.
type patterns struct{ scheme, numbers, dot *regexp.Regexp }

var compiled = sync.OnceValue(func() patterns {
	return patterns{
		scheme:  regexp.MustCompile(`(?i)(h)tt(ps?)(://)`),
		numbers: regexp.MustCompile(`[0-9.]+`),
		// A dot before a letter, as in a name. Names of files look the same, and do not suffer. Names may have three other
		// dots (RFC 3490, "Conforming requirements"). A mark behind it may be one that is not seen.
		dot: regexp.MustCompile(`([\pL\pM\pN_-])[.\x{3002}\x{FF0E}\x{FF61}]([\pL\pM])`),
	}
})

// Text defangs all that looks like an address, a name of a host or a link in a text. What was defanged stays.
func Text(s string) string {
	if !strings.ContainsAny(s, ".:\u3002\uFF0E\uFF61") {
		return s
	}
	p := compiled()
	s = p.scheme.ReplaceAllString(s, "${1}xx$2$3")
	s = p.numbers.ReplaceAllStringFunc(s, address)
	for p.dot.MatchString(s) { // matches that share a letter: a.b.c
		s = p.dot.ReplaceAllString(s, "$1[.]$2")
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
// address defanged, and of a type that is not known here. A user, a file, an instance keep their dots, unless there
// is a link in them.
func Attribute(a responder.Attribute) string {
	switch a.Type {
	case responder.TypeUsername, responder.TypeFileHash, responder.TypeInstance, responder.TypeAccessKey, responder.TypeBucket:
		if !strings.Contains(a.Value, "://") {
			return a.Value
		}
	}
	return Text(a.Value)
}
