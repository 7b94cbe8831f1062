package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// document writes a template in YAML: its sections in block style, since what begins with a brace is taken for JSON.
func document(b *bytes.Buffer, template map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(template)) {
		if err := write(b, name); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := write(b, template[name]); err != nil {
			return err
		}
		b.WriteByte('\n')
	}
	return nil
}

// write writes a value in YAML's flow style, with short tags, which is an eighth less than JSON. Names are in order but
// for Type, which is first: in a loop no stack is made where a resource's Condition stands before it (AWS CloudFormation
// Template Reference, "Examples of Fn::ForEach in the Conditions section").
func write(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case map[string]any:
		if tag, argument, ok := short(v); ok {
			fmt.Fprintf(b, "!%s ", tag)
			return write(b, argument)
		}
		return mapping(b, v)
	case []any:
		return list(b, v)
	case string:
		if plain(v) {
			b.WriteString(v)
			return nil
		}
		if single(v) {
			b.WriteString("'" + v + "'")
			return nil
		}
	}
	return quoted(b, v)
}

// quoted writes a scalar as JSON, which YAML has in it.
func quoted(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	b.Truncate(b.Len() - 1) // the end of a line
	return err
}

// short is a function that has a short tag where it stands, with what stands behind it. No tag stands behind a tag, and what
// stands there without one is a text: no number and no truth.
func short(v map[string]any) (tag string, argument any, ok bool) {
	if len(v) != 1 {
		return "", nil, false
	}
	for name, a := range v {
		tag, argument = strings.TrimPrefix(name, "Fn::"), a
		if name == "Ref" || name == "Condition" {
			_, isText := a.(string)
			return tag, a, isText
		}
		if tag == name || !named.MatchString(tag) {
			return "", nil, false
		}
		if name == "Fn::GetAtt" {
			if _, isList := a.([]any); !isList {
				return "", nil, false
			}
			argument = attribute(a)
		}
	}
	switch inner := argument.(type) {
	case map[string]any:
		_, _, tagged := short(inner)
		return tag, argument, !tagged
	case string, []any:
		return tag, argument, true
	}
	return "", nil, false
}

var named = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// attribute is what stands behind !GetAtt: a resource and its attribute as one text, or a list.
func attribute(v any) any {
	parts, _ := v.([]any)
	if len(parts) != 2 {
		return v
	}
	resource, isText := parts[0].(string)
	name, isName := parts[1].(string)
	if !isText || !isName || strings.Contains(resource, ".") {
		return v
	}
	return resource + "." + name
}

// A colon stands in a text without quotes where something else follows (YAML 1.2.2, "7.3.3. Plain Style": ns-plain-char), as in
// all types of CloudFormation.
var bare = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./-]*(:{1,3}[A-Za-z0-9_./-]+)*$`)

// words are not texts in YAML 1.1 where they are not in quotes (YAML 1.1 types: bool, null).
var words = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// plain says whether a text needs no quotes.
func plain(text string) bool {
	return bare.MatchString(text) && !slices.Contains(words, strings.ToLower(text))
}

// single says whether a text is shorter in single quotes, in which nothing has to be escaped (YAML 1.2.2, "7.3.2. Single-Quoted
// Style").
func single(text string) bool {
	return strings.ContainsAny(text, `"\\`) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '\'' })
}

func mapping(b *bytes.Buffer, v map[string]any) error {
	names := slices.Sorted(maps.Keys(v))
	if i := slices.Index(names, "Type"); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, "Type")
	}
	b.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := write(b, name); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := write(b, v[name]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func list(b *bytes.Buffer, v []any) error {
	b.WriteByte('[')
	for i, inner := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := write(b, inner); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}
