package mapping

import (
	"errors"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var errUnless = errors.New("its condition does not hold")

// attributes gives the attributes of an alert, each once.
func (e *evaluation) attributes() (out []responder.Attribute) {
	type identity struct{ kind, value, context string }
	seen := map[identity]bool{}
	for _, a := range e.attrs {
		if !e.holds(a.when) {
			e.trace(a.value, "", nil, errUnless)
			continue
		}
		v, err := a.value.search(e.message, e.element)
		list := a.values(v)
		e.trace(a.value, strings.Join(list[:min(len(list), 20)], ", "), v, err)
		for _, value := range list {
			made := responder.Attribute{Type: a.kind, Value: value, Key: a.key, Context: contextsOf(a, value)}
			id := identity{a.kind, value, strings.Join(made.Context, " ")}
			if !seen[id] && len(out) < maxAttributes {
				seen[id] = true
				out = append(out, made)
			}
		}
	}
	return out
}

// values are the values of an attribute that an inspector could look into.
func (a attribute) values(v any) (out []string) {
	if a.kind == responder.TypeJSON {
		if s, ok := marshal(v); ok && v != nil {
			return []string{kept(s, entity.MaxValue)}
		}
		return nil
	}
	for _, s := range texts(v) {
		ok := s != "-" // how many senders write nothing
		switch a.kind {
		case responder.TypeIPAddr:
			s, ok = address(s)
		case responder.TypeFileHash:
			ok = isHash(s)
		case responder.TypeDomain:
			_, is := address(s) // of a list of indicators, each attribute takes its own
			ok = ok && !is
		}
		if ok {
			out = append(out, kept(s, entity.MaxValue))
		}
	}
	return out
}

// isHash says whether a text can be MD5, SHA-1 or one of SHA-2, in hexadecimal.
func isHash(s string) bool {
	return slices.Contains([]int{32, 40, 56, 64, 96, 128}, len(s)) && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// contextsOf is the role of a value. A private address is on one's own side, whatever the file calls it: which side a field
// speaks of often depends on the message.
func contextsOf(a attribute, value string) []string {
	if a.kind != responder.TypeIPAddr || !slices.Contains(a.context, responder.ContextRemote) || !entity.IsLocal(value) {
		return a.context
	}
	out := []string{responder.ContextLocal}
	for _, c := range a.context {
		if c != responder.ContextRemote && c != responder.ContextLocal {
			out = append(out, c)
		}
	}
	return out
}
