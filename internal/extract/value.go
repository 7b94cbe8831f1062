package extract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// walk looks at a decoded value, with the names on the way to it, and what they say.
func (f *finding) walk(v any, path []string, h hint, deep int) {
	if f.more--; f.more < 0 || deep > maxDeep || f.full() {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		f.object(v, path, deep)
	case []any:
		for _, inner := range v {
			f.walk(inner, path, h, deep+1)
		}
	case string:
		f.string(v, path, h, deep)
	}
}

func (f *finding) object(o map[string]any, path []string, deep int) {
	if len(o) > f.more {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		switch o[name].(type) {
		case string, []any, map[string]any:
		default: // a number is no entity
			f.more--
			continue
		}
		inner := append(slices.Clip(path), name)
		if h := hintOf(inner); h.kind != isNoise && !isTenant(o, name) {
			f.walk(o[name], inner, h, deep+1)
		}
	}
}

// isTenant: an account with a name and an id is a customer's, at the sender or in a cloud, and no user's.
func isTenant(o map[string]any, name string) bool {
	account, ok := strings.CutSuffix(strings.ToLower(name), "name")
	if !ok || strings.TrimRight(account, "_-. ") != "account" {
		return false
	}
	for _, id := range []string{"id", "Id", "ID"} {
		if o[name[:len(account)]+id] != nil {
			return true
		}
	}
	return false
}

// maxInner bounds a JSON text within a JSON value: a decoded one takes many times its size.
const maxInner = 64 << 10

// string looks at a text, with what its name says of it.
func (f *finding) string(text string, path []string, h hint, deep int) {
	if inner := strings.TrimSpace(text); len(inner) > 1 && len(inner) <= maxInner && (inner[0] == '{' || inner[0] == '[') && bound.Cost(inner) < 50*maxInner {
		var v any
		if json.Unmarshal([]byte(inner), &v) == nil {
			f.left -= len(inner)
			f.walk(v, path, h, deep+8)
			return
		}
	}
	switch h.kind {
	case isUser:
		f.named(responder.TypeUsername, text, h, userRole(path)...)
	case isHost:
		f.host(text, h)
	case isBucket:
		f.named(responder.TypeBucket, text, h, responder.ContextLocal, responder.ContextObject)
	case isFile:
		f.named(responder.TypeFile, text, h, responder.ContextFile)
	case isID:
		h.role = nil
		f.text(text, h)
	default:
		f.text(text, h)
	}
}

// named takes a whole value.
func (f *finding) named(kind, value string, h hint, context ...string) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > 1024 || strings.ContainsAny(value, "\r\n\x00") || slices.Contains(nobody, strings.ToLower(value)) || !strings.ContainsFunc(value, unicode.IsLetter) && !strings.ContainsFunc(value, unicode.IsDigit) {
		return
	}
	if kind != responder.TypeFile && len(strings.Fields(value)) > 3 { // a sentence
		f.text(value, h)
		return
	}
	f.left -= len(value)
	f.add(kind, value, h.label(kind), context...)
}

// nobody is written where there is none.
var nobody = []string{"none", "null", "nil", "n/a", "na", "unknown", "undefined", "false", "true", "0", "(null)", "<nil>"}

// host takes an address, or the name of a machine of one's own.
func (f *finding) host(text string, h hint) {
	before := len(f.list)
	if f.text(text, hint{kind: noDomain, name: h.name, role: h.role}); len(f.list) > before || strings.ContainsAny(text, " /:@") || strings.Trim(text, digits+".") == "" {
		return
	}
	f.named(responder.TypeHostname, text, h, responder.ContextLocal)
}

// userRole: who acts is the subject, who is acted upon the object.
func userRole(path []string) []string {
	part := responder.ContextSubject
	for _, name := range path[max(0, len(path)-2):] {
		if has(wordsOf(name), "target", "dst", "dest", "destination", "dstuser", "victim", "affected") {
			part = responder.ContextObject
		}
	}
	return []string{responder.ContextLocal, part}
}
