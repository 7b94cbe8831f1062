package cfn

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var placeholder = regexp.MustCompile(`([$&])\{([A-Za-z0-9]+)\}`)

// in is a text with the identifiers replaced that stand in one of these forms: $ as ${Identifier}, & as &{Identifier},
// which leaves letters and digits only.
func (b bindings) in(text, forms string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		item, bound := b[found[2:len(found)-1]]
		if !bound || !strings.Contains(forms, found[:1]) {
			return found
		}
		if found[0] == '&' {
			return odd.ReplaceAllString(item, "")
		}
		return item
	})
}

var odd = regexp.MustCompile(`[^A-Za-z0-9]`)

// unbound refuses a text with an identifier.
func (b bindings) unbound(text string) error {
	if b.in(text, "$&") != text {
		return fmt.Errorf("%q: expected Fn::Sub where an identifier is replaced", text)
	}
	return nil
}

// sub is Fn::Sub with what is known put in: a text where nothing else is to be put in.
func (e *expansion) sub(v any, b bindings) (any, error) {
	text, ok := v.(string)
	variables := map[string]any{}
	if list, _ := v.([]any); len(list) == 2 {
		text, ok = list[0].(string)
		values, isMap := list[1].(map[string]any)
		if !isMap {
			return nil, fmt.Errorf("Fn::Sub of %v: expected a text and values", v)
		}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			value, err := e.value(values[name], b)
			if err != nil {
				return nil, fmt.Errorf("Fn::Sub: %s: %w", name, err)
			}
			variables[name] = value
		}
	}
	if !ok {
		return nil, fmt.Errorf("Fn::Sub of %v: expected a text", v)
	}
	text = b.in(text, "$")
	if err := b.unbound(text); err != nil { // &{Identifier}
		return nil, err
	}
	for name, value := range variables {
		if known, isText := value.(string); isText {
			text = strings.ReplaceAll(text, "${"+name+"}", known)
			delete(variables, name)
		}
	}
	switch {
	case len(variables) > 0:
		return map[string]any{"Fn::Sub": []any{text, variables}}, nil
	case strings.Contains(text, "${"):
		return map[string]any{"Fn::Sub": text}, nil
	}
	return text, nil
}

// find is what a mapping says of names that are known; or else written, as it stands.
func (e *expansion) find(arguments []any, written map[string]any) (any, error) {
	for _, a := range arguments {
		if _, ok := a.(string); !ok {
			return written, nil
		}
	}
	if len(arguments) != 3 {
		return nil, fmt.Errorf("Fn::FindInMap of %v: expected three names", arguments)
	}
	found := At(e.template["Mappings"], arguments...)
	if found == nil {
		return nil, fmt.Errorf("Fn::FindInMap of %v: nothing is there", arguments)
	}
	return e.value(found, nil)
}
