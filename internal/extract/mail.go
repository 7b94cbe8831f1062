package extract

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// mail takes an e-mail address, which may have something in front of it: mailto:. What goes on behind a colon is a path on
// a host (git@example.com:path), and a message's id is an address of nobody.
func (s *scanner) mail(i, end int) bool {
	at := i + strings.IndexByte(s.text[i:end], '@')
	start, stop := at, at+1
	for start > i && (isWord(s.text[start-1]) || strings.IndexByte("._%+-", s.text[start-1]) >= 0) {
		start--
	}
	for stop < end && (isWord(s.text[stop]) || s.text[stop] == '.' || s.text[stop] == '-') {
		stop++
	}
	local, host := strings.TrimLeft(s.text[start:at], ".-%+"), strings.TrimRight(s.text[at+1:stop], ".-")
	if local == "" || len(local) > 64 || stop+1 < end && s.text[stop] == ':' && isWord(s.text[stop+1]) || stop < end && strings.IndexByte("@/", s.text[stop]) >= 0 {
		return false
	}
	name, ok := domainOf(host, true)
	if !ok {
		return false
	}
	if before := s.before(start); !isReference(name) && !strings.Contains(before, "message-id") && !strings.Contains(before, "in-reply-to") {
		s.add(responder.TypeEmail, local+"@"+name, s.hint.label("e-mail address"), mailSide(s.hint)...)
	}
	return true
}

// mailSide: an e-mail address opens no connection, and what is called the source of an alert is no attacker.
func mailSide(h hint) []string {
	if slices.Contains(h.role, responder.ContextLocal) {
		return []string{responder.ContextLocal}
	}
	return nil
}
