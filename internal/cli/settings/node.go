package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/mapping"
)

// The bounds of a file.
const (
	maxFile    = 256 << 10 // bytes
	maxEntries = 1000      // of a list or table
	maxFaults  = 50        // that are told
)

// document reads the one YAML document of a file. JSON is YAML too. It is nil where the file is empty.
func document(text []byte) (*yaml.Node, error) {
	if len(text) > maxFile {
		return nil, mapping.Fault{Line: 1, Column: 1, Text: fmt.Sprintf("%d bytes, expected at most %d", len(text), maxFile)}
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 0:
		return nil, nil
	case err != nil:
		return nil, syntax(err)
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, mapping.Fault{Line: max(more.Line, 1), Column: max(more.Column, 1), Text: "a second document, expected one"}
	case !errors.Is(err, io.EOF):
		return nil, syntax(err)
	}
	return doc.Content[0], nil
}

// syntax is an error of the YAML library, which names the line in its text, and no column.
func syntax(err error) mapping.Fault {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	f := mapping.Fault{Line: 1, Column: 1, Text: "YAML: " + text}
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			f.Line, f.Text = n, "YAML: "+what
		}
	}
	return f
}

// reader reads nodes, and remembers what is wrong with them.
type reader struct{ faults []mapping.Fault }

func (r *reader) fault(n *yaml.Node, field, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, mapping.Fault{Line: n.Line, Column: n.Column, Field: field, Text: fmt.Sprintf(format, args...)})
	}
}

// err is all faults, in the order of the file.
func (r *reader) err() error {
	slices.SortStableFunc(r.faults, func(a, b mapping.Fault) int { return 1<<16*(a.Line-b.Line) + a.Column - b.Column })
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// pair is one line of a table.
type pair struct{ key, value *yaml.Node }

// of follows an alias.
func of(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// table are the entries of a table, each name once. Nothing is a table without entries.
func (r *reader) table(n *yaml.Node, field string, known []string, hint func(name string) string) (out []pair) {
	n = of(n)
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fault(n, field, "%s, expected a table with %s", kind(n), strings.Join(known, " "))
		return nil
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && i < 2*maxEntries; i += 2 {
		key, value := of(n.Content[i]), of(n.Content[i+1])
		at := sub(field, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fault(key, field, "%s as a name, expected one of %s", kind(key), strings.Join(known, " "))
		case seen[key.Value]:
			r.fault(key, at, "is there twice")
		case !slices.Contains(known, key.Value):
			r.fault(key, at, "%s", hint(key.Value))
		default:
			seen[key.Value] = true
			out = append(out, pair{key, value})
		}
	}
	return out
}

// text is a text that is not empty.
func (r *reader) text(n *yaml.Node, field, expected string) string {
	if n = of(n); n.Kind != yaml.ScalarNode || isNull(n) || strings.TrimSpace(n.Value) == "" {
		r.fault(n, field, "%s, expected %s", kind(n), expected)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// texts are the elements of a list; a single one is a list of one.
func (r *reader) texts(n *yaml.Node, field, expected string) (out []string) {
	n = of(n)
	if n.Kind != yaml.SequenceNode {
		return []string{r.text(n, field, expected)}
	}
	if len(n.Content) > maxEntries {
		r.fault(n, field, "%d entries, expected at most %d", len(n.Content), maxEntries)
		return nil
	}
	for i, e := range n.Content {
		out = append(out, r.text(e, fmt.Sprintf("%s[%d]", field, i), expected))
	}
	return out
}

func sub(field, name string) string {
	name = cut(name, 80)
	if field == "" {
		return name
	}
	return field + "." + name
}

// kind is what a node is, for people.
func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a table"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return strconv.Quote(cut(n.Value, 40))
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
