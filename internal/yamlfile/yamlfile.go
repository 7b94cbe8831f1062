// Package yamlfile reads files that people write in YAML, and tells what is wrong with them by line and column.
//
// in → out: the text of a file → its one document as nodes, and all faults in the order of the file.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The bounds of a file.
const (
	MaxFile   = 256 << 10 // bytes
	maxFaults = 50        // that are told
)

// Document reads the one YAML document of a file. JSON is YAML too. It is nil where the file is empty; the error is a Fault.
func Document(text []byte) (*yaml.Node, error) {
	if len(text) > MaxFile {
		return nil, Fault{1, 1, "", fmt.Sprintf("%d bytes, expected at most %d", len(text), MaxFile)}
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 0:
		return nil, nil
	case err != nil:
		return nil, syntax(err, text)
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, Fault{max(more.Line, 1), max(more.Column, 1), "", "a second document, expected one"}
	case !errors.Is(err, io.EOF):
		return nil, syntax(err, text)
	}
	return doc.Content[0], nil
}

// Reader remembers what is wrong with nodes. The zero value has found nothing.
type Reader struct{ faults []Fault }

// Fault notes what is wrong with a node, which is the value of field.
func (r *Reader) Fault(n *yaml.Node, field, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{n.Line, n.Column, field, fmt.Sprintf(format, args...)})
	}
}

// Found is how many faults there are so far.
func (r *Reader) Found() int { return len(r.faults) }

// Err is all faults, in the order of the file; nil for none.
func (r *Reader) Err() error {
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return 1<<16*(a.Line-b.Line) + a.Column - b.Column })
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// Of follows an alias.
func Of(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// Sub is the name of a field within another one; empty: within the file.
func Sub(field, name string) string {
	if field == "" {
		return Cut(name, 80)
	}
	return field + "." + Cut(name, 80)
}

// Kind is what a node is, for people.
func Kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a table"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case IsNull(n):
		return "nothing"
	}
	return strconv.Quote(Cut(n.Value, 40))
}

// Cut is a text of at most so many bytes, for a message.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// IsNull says whether a node is nothing.
func IsNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
