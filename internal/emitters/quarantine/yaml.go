package quarantine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of what is read.
const (
	maxRulesText = 64 << 10 // bytes
	maxEntries   = 200      // of one list
	maxFaults    = 20       // that are told
)

// reader reads nodes of YAML, and remembers what is wrong with them, by line and field.
type reader struct{ faults []error }

func (r *reader) fault(n *yaml.Node, field, format string, args ...any) {
	if field != "" {
		field += ": "
	}
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Errorf("line %d: %s%s", n.Line, field, fmt.Sprintf(format, args...)))
	}
}

// document is the one document of a text, nil where there is none.
func document(text string) (*yaml.Node, error) {
	if len(text) > maxRulesText {
		return nil, fmt.Errorf("%d bytes, expected at most %d", len(text), maxRulesText)
	}
	d := yaml.NewDecoder(strings.NewReader(text))
	var doc, more yaml.Node
	if err := d.Decode(&doc); err != nil {
		if strings.TrimSpace(text) == "" || err.Error() == "EOF" {
			return nil, nil
		}
		return nil, fmt.Errorf("%.200s", err.Error())
	}
	if d.Decode(&more) == nil {
		return nil, errors.New("more than one document, expected one")
	}
	if len(doc.Content) != 1 || isNull(doc.Content[0]) {
		return nil, nil
	}
	return doc.Content[0], nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// spelled is a node as it is told in a fault.
func spelled(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a table"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if isNull(n) {
		return "nothing"
	}
	return fmt.Sprintf("%.80q", n.Value)
}

func sub(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

func nth(field string, n int) string { return fmt.Sprintf("%s[%d]", field, n) }

// table are the fields of a table, each of which is known and there once. A field without a value is a fault: somebody meant
// something.
func (r *reader) table(n *yaml.Node, field string, known ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		r.fault(n, field, "%s, expected a table of %s", spelled(n), strings.Join(known, " "))
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := sub(field, fmt.Sprintf("%.40s", key.Value))
		switch {
		case !slices.Contains(known, key.Value):
			r.fault(key, name, "unknown, expected one of %s", strings.Join(known, " "))
		case out[key.Value] != nil:
			r.fault(key, name, "is there twice")
		case isNull(value):
			r.fault(key, name, "has no value: leave it out, or give one")
		default:
			out[key.Value] = value
		}
	}
	return out
}

// list are the entries of a list that is not empty.
func (r *reader) list(n *yaml.Node, field, expected string) []*yaml.Node {
	switch {
	case n.Kind != yaml.SequenceNode:
		r.fault(n, field, "%s, expected a list of %s", spelled(n), expected)
	case len(n.Content) == 0:
		r.fault(n, field, "an empty list, expected %s", expected)
	case len(n.Content) > maxEntries:
		r.fault(n, field, "%d entries, expected at most %d", len(n.Content), maxEntries)
	default:
		return n.Content
	}
	return nil
}

// texts are the entries of a list of texts, each of which ok takes (nil: all are).
func (r *reader) texts(n *yaml.Node, field, expected string, ok func(string) bool) (out []string) {
	for i, e := range r.list(n, field, expected) {
		if s, is := r.text(e, nth(field, i), expected); is {
			if ok != nil && !ok(s) {
				r.fault(e, nth(field, i), "%s, expected %s", spelled(e), expected)
				continue
			}
			out = append(out, s)
		}
	}
	return out
}

// text is a text. A number is none: 012345678901 would lose its zero, and its quotation marks say what is meant.
func (r *reader) text(n *yaml.Node, field, expected string) (string, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		r.fault(n, field, "the number %.40s, expected %s: put it into quotation marks", n.Value, expected)
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || strings.TrimSpace(n.Value) == "" {
		r.fault(n, field, "%s, expected %s", spelled(n), expected)
		return "", false
	}
	return n.Value, true
}

func (r *reader) flag(n *yaml.Node, field string) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		r.fault(n, field, "%s, expected true or false", spelled(n))
		return false
	}
	return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
}

func (r *reader) number(n *yaml.Node, field string, low, high int) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || v < low || v > high {
		r.fault(n, field, "%s, expected a number from %d to %d", spelled(n), low, high)
		return low
	}
	return v
}
