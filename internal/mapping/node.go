package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/yamlfile"
)

// The bounds of a file.
const (
	MaxFile     = yamlfile.MaxFile // bytes
	maxMappings = 100
	maxEntries  = 100 // of a list or table in a mapping
	maxFaults   = 50  // warnings that are told
)

// What reads files in general, by short names.
var of, kind, isNull, sub, cut = yamlfile.Of, yamlfile.Kind, yamlfile.IsNull, yamlfile.Sub, yamlfile.Cut

// reader reads nodes, and remembers what is wrong with them.
type reader struct {
	yamlfile.Reader
	lines    []string
	warnings []Fault
}

func (r *reader) warn(n *yaml.Node, field, format string, args ...any) {
	if len(r.warnings) < maxFaults {
		r.warnings = append(r.warnings, Fault{Line: n.Line, Column: n.Column, Field: field, Text: fmt.Sprintf(format, args...)})
	}
}

// entry is one line of a table.
type entry struct{ key, value *yaml.Node }

// table are the entries of a table, each name once.
func (r *reader) table(n *yaml.Node, field, expected string) []entry {
	n = of(n)
	if n.Kind != yaml.MappingNode {
		r.Fault(n, field, "%s, expected %s", kind(n), expected)
		return nil
	}
	var out []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := of(n.Content[i]), of(n.Content[i+1])
		switch {
		case key.Kind != yaml.ScalarNode:
			r.Fault(key, field, "%s as a name, expected a text", kind(key))
		case seen[key.Value]:
			r.Fault(key, sub(field, key.Value), "is there twice")
		case len(out) == maxEntries:
			r.Fault(key, field, "more than %d entries", maxEntries)
			return out
		default:
			seen[key.Value] = true
			out = append(out, entry{key, value})
		}
	}
	return out
}

// fields are the entries of a table of which the names are known; one without a value is as one that is not there.
func (r *reader) fields(n *yaml.Node, field string, known ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	for _, e := range r.table(n, field, "a table with "+strings.Join(known, " ")) {
		switch {
		case !slices.Contains(known, e.key.Value):
			r.Fault(e.key, sub(field, e.key.Value), "unknown field%s", orNearest(e.key.Value, known))
		case !isNull(e.value):
			out[e.key.Value] = e.value
		}
	}
	return out
}

func nth(field string, n int) string { return fmt.Sprintf("%s[%d]", field, n) }

// text is a text, number or truth value, as it is written.
func (r *reader) text(n *yaml.Node, field, expected string) string {
	if n = of(n); n.Kind != yaml.ScalarNode || isNull(n) || n.Value == "" {
		r.Fault(n, field, "%s, expected %s", kind(n), expected)
		return ""
	}
	return n.Value
}

// list are the elements of a list; a single value is a list of one.
func (r *reader) list(n *yaml.Node, field string) []*yaml.Node {
	n = of(n)
	if n.Kind != yaml.SequenceNode {
		return []*yaml.Node{n}
	}
	if len(n.Content) == 0 {
		r.Fault(n, field, "an empty list, expected at least one value")
	}
	if len(n.Content) > maxEntries {
		r.Fault(n, field, "%d entries, expected at most %d", len(n.Content), maxEntries)
		return nil
	}
	return n.Content
}

func (r *reader) texts(n *yaml.Node, field, expected string) (out []string) {
	for i, e := range r.list(n, field) {
		out = append(out, r.text(e, nth(field, i), expected))
	}
	return out
}

func (r *reader) number(n *yaml.Node, field, expected string, low, high float64) float64 {
	n = of(n)
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || !(f >= low && f <= high) {
		r.Fault(n, field, "%s, expected %s", kind(n), expected)
		return 0
	}
	return f
}

// expression compiles an expression. Its faults are told at their own place, where the text stands in one line as it is.
func (r *reader) expression(n *yaml.Node, field string) *expression {
	n = of(n)
	text := strings.TrimSpace(r.text(n, field, "a JMESPath expression"))
	e := &expression{text: text, field: field[strings.IndexByte(field, '.')+1:], line: n.Line, col: n.Column}
	if text == "" {
		return e
	}
	tree, err := compile(text)
	if err != nil {
		var m misplaced
		at := *n
		if errors.As(err, &m) && m.offset >= 0 {
			at.Line, at.Column = r.place(n, text, m.offset)
		}
		r.Fault(&at, field, "JMESPath: %s: %s", cut(text, 80), cut(err.Error(), 300))
	}
	e.tree = tree
	return e
}

// place is where the offset in the text of a node is in the file; the beginning of the node where the text is not written
// there as it is.
func (r *reader) place(n *yaml.Node, text string, offset int) (line, column int) {
	for l := n.Line; l <= n.Line+strings.Count(text, "\n")+1 && l <= len(r.lines); l++ {
		from := 0
		if l == n.Line {
			from = offsetOf(r.lines[l-1], n.Column)
		}
		first, _, _ := strings.Cut(text, "\n")
		if i := strings.Index(r.lines[l-1][from:], first); i >= 0 && first != "" {
			down := strings.Count(text[:offset], "\n")
			begin := utf8.RuneCountInString(r.lines[l-1][:from+i]) + 1
			if down == 0 {
				return l, begin + utf8.RuneCountInString(text[:offset])
			}
			return l + down, begin + utf8.RuneCountInString(text[strings.LastIndexByte(text[:offset], '\n')+1:offset])
		}
	}
	return n.Line, n.Column
}

// offsetOf is where a column begins in a line, in bytes.
func offsetOf(line string, column int) int {
	n := 1
	for i := range line {
		if n == column {
			return i
		}
		n++
	}
	return len(line)
}
