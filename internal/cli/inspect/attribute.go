package inspect

import (
	"errors"
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/extract"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// attribute is what to look into, as the receptor would write it.
func (c *Command) attribute(who shipped.Inspector) (responder.Attribute, error) {
	a := responder.Attribute{Type: c.Type, Value: strings.TrimSpace(c.Value), Key: "value", Context: c.Context}
	if a.Value == "" {
		return a, errors.New("value: empty")
	}
	seen, ok := guess(a.Value)
	switch {
	case ok && (c.Type == "" || c.Type == seen.Type): // also as it was before it was defanged
		a.Type, a.Value = seen.Type, seen.Value
	case c.Type == "":
		return a, fmt.Errorf("value: it cannot be seen what this is; say it by --type: %s", accepted(who))
	}
	if a = entity.Normalize(a); !who.Accepts(a.Type) {
		return a, fmt.Errorf("%s does not look into %s, but into %s; if the value is one of these, say so by --type",
			who.ID, a.Type, accepted(who))
	}
	return a, nil
}

func accepted(who shipped.Inspector) string {
	if who.Accepts("*") {
		return "any type"
	}
	return strings.Join(who.Types, " ")
}

// guess is what a value is by its looks. A text with several words is no value.
func guess(value string) (responder.Attribute, bool) {
	if a := entity.Normalize(responder.Attribute{Type: responder.TypeFileHash, Value: value}); len(a.Value) < len(value) {
		value = a.Value // sha256:…
	}
	list := extract.Text(value)
	if len(list) == 0 {
		list = extract.Text(strings.ToLower(value)) // a name in capitals looks like one of a program's parts
	}
	if len(list) == 0 || strings.ContainsAny(value, " \t\r\n") {
		return responder.Attribute{}, false
	}
	return list[0], true
}
