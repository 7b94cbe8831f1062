// Package cfn reads CloudFormation templates.
//
// in → out: a template in YAML, short tags and all → maps, lists and scalars, as the same template in JSON: as it is
// written, or with its loops carried out.
package cfn

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limit is the size in bytes up to which a template of this project is deployed without a bucket. CloudFormation
// takes 51,200 (AWS CloudFormation User Guide, Understand CloudFormation quotas: template body size in a
// request); the rest is for those who change it.
const Limit = 51_000

// Read reads a template as CloudFormation sees it: Parse and Expand.
func Read(text []byte) (map[string]any, error) {
	written, err := Parse(text)
	if err != nil {
		return nil, err
	}
	out, err := Expand(written)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return out, nil
}

// Parse makes maps, lists and scalars of a template as it is written. A short tag is the function that it stands for:
// !Ref a is {"Ref": "a"}, !GetAtt a.b is {"Fn::GetAtt": ["a", "b"]}.
func Parse(text []byte) (map[string]any, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("template: %d documents, expected one", len(doc.Content))
	}
	v, err := value(doc.Content[0])
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("template: a %T, expected a mapping", v)
	}
	return m, nil
}

// value is a node with its tag.
func value(n *yaml.Node) (any, error) {
	if n.Kind == yaml.AliasNode {
		return value(n.Alias)
	}
	v, err := plain(n)
	if err != nil || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	name := strings.TrimPrefix(n.Tag, "!")
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: v}, nil
	case "GetAtt":
		if s, ok := v.(string); ok {
			resource, attribute, _ := strings.Cut(s, ".")
			v = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + name: v}, nil
}

// plain is a node without its tag.
func plain(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return mapping(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			v, err := value(c)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	return scalar(n)
}

func mapping(n *yaml.Node) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n.Content[i].Line, key)
		}
		v, err := value(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		m[key] = v
	}
	return m, nil
}

// scalar keeps what YAML would take for a time as the text that it is.
func scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!int":
		return strconv.Atoi(n.Value)
	case "!!bool":
		return strconv.ParseBool(n.Value)
	case "!!float":
		return strconv.ParseFloat(n.Value, 64)
	case "!!null":
		return nil, nil
	}
	return n.Value, nil
}

// At is what a template holds under a path of names, or indexes of lists; nil where there is nothing.
func At(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			list, _ := v.([]any)
			if s >= len(list) {
				return nil
			}
			v = list[s]
		}
	}
	return v
}
