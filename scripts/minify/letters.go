package main

import (
	"maps"
	"slices"
	"strings"
)

// lettered is the template with a letter for each identifier of its loops. The template stays as it is.
func lettered(template map[string]any) map[string]any {
	l := letters{of: map[string]string{}}
	l.find(template)
	l.shadowed(template)
	var placeholders []string
	for i, name := range slices.Sorted(maps.Keys(l.of)) {
		letter := string(rune('A' + i))
		if i == 26 || part(template, "Parameters")[letter] != nil || part(template, "Resources")[letter] != nil {
			return template
		}
		l.of[name] = letter
		placeholders = append(placeholders, "${"+name+"}", "${"+letter+"}")
	}
	l.texts = strings.NewReplacer(placeholders...)
	out, _ := l.value(template).(map[string]any)
	return out
}

// letters are the identifiers of loops, each with its letter.
type letters struct {
	of    map[string]string
	texts *strings.Replacer // what is put in by Fn::Sub
}

const loop = "Fn::ForEach::"

func (l letters) find(v any) {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			l.find(inner)
		}
	case map[string]any:
		for name, inner := range v {
			if parts, ok := inner.([]any); ok && strings.HasPrefix(name, loop) && len(parts) == 3 {
				if identifier, ok := parts[0].(string); ok {
					l.of[identifier] = ""
				}
			}
			l.find(inner)
		}
	}
}

// shadowed are the identifiers that somewhere are variables of an Fn::Sub, too: they keep their names.
func (l letters) shadowed(v any) {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			l.shadowed(inner)
		}
	case map[string]any:
		if parts, ok := v["Fn::Sub"].([]any); ok && len(parts) == 2 {
			for name := range part(parts[1]) {
				delete(l.of, name)
			}
		}
		for _, inner := range v {
			l.shadowed(inner)
		}
	}
}

// value is v with the letters: in texts as ${Identifier}, by Ref, and where a loop begins.
func (l letters) value(v any) any {
	switch v := v.(type) {
	case string:
		return l.texts.Replace(v)
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = l.value(inner)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			made := l.value(inner)
			if text, ok := inner.(string); ok && name == "Ref" && l.of[text] != "" {
				made = l.of[text]
			}
			if parts, ok := made.([]any); ok && strings.HasPrefix(name, loop) && len(parts) == 3 {
				if identifier, ok := parts[0].(string); ok && l.of[identifier] != "" {
					parts[0] = l.of[identifier]
				}
			}
			out[l.texts.Replace(name)] = made
		}
		return out
	}
	return v
}
