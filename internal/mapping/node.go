package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The bounds of a file.
const (
	MaxFile     = 256 << 10 // bytes
	maxMappings = 100
	maxEntries  = 100 // of a list or table in a mapping
	maxFaults   = 50  // that are told
)

// document reads the one YAML document of a file. JSON is YAML too.
func document(text []byte) (*yaml.Node, error) {
	if len(text) > MaxFile {
		return nil, Fault{1, 1, "", fmt.Sprintf("%d bytes, expected at most %d", len(text), MaxFile)}
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 0:
		return nil, Fault{1, 1, "", "the file is empty, expected version and mappings"}
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

// syntax is an error of the YAML library, which names the line in its text, and no column.
func syntax(err error, file []byte) Fault {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	f := Fault{Line: 1, Column: 1, Text: "YAML: " + text}
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			f.Line, f.Text = n, "YAML: "+what
		}
		text = what
	}
	if hint, ok := unbalanced[text]; ok {
		// What the parser misses it tells by where the list or table begins, and counts lines from 0.
		if f.Line > 1 || strings.HasPrefix(err.Error(), "yaml: line ") {
			f.Line++
		}
		f.Text += ": " + hint
	}
	if strings.HasSuffix(text, "cannot start any token") {
		f.Text += ": " + badStart(file, f.Line)
	}
	return f
}

// unbalanced is what people did where the YAML library misses something.
var unbalanced = map[string]string{
	"did not find expected '-' indicator": "a line of the list that begins here is indented differently",
	"did not find expected key":           "a line of the table that begins here is indented differently",
	"did not find expected ',' or ']'":    "the [ that begins here is not closed",
	"did not find expected ',' or '}'":    "the { that begins here is not closed",
}

// badStart says which character it is, as far as it can be known.
func badStart(file []byte, line int) string {
	lines := strings.Split(string(file), "\n")
	if line <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[line-1], " "), "\t") {
		return "a tab, expected spaces"
	}
	return "what begins with @, % or ` needs quotes"
}

// reader reads nodes, and remembers what is wrong with them.
type reader struct {
	lines    []string
	faults   []Fault
	warnings []Fault
}

func (r *reader) fault(n *yaml.Node, field, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{n.Line, n.Column, field, fmt.Sprintf(format, args...)})
	}
}

func (r *reader) warn(n *yaml.Node, field, format string, args ...any) {
	if len(r.warnings) < maxFaults {
		r.warnings = append(r.warnings, Fault{n.Line, n.Column, field, fmt.Sprintf(format, args...)})
	}
}

// err is all faults, in the order of the file.
func (r *reader) err() error {
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return 1<<16*(a.Line-b.Line) + a.Column - b.Column })
	errs := make([]error, len(r.faults))
	for i, f := range r.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
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
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// of follows an alias.
func of(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// entry is one line of a table.
type entry struct{ key, value *yaml.Node }

// table are the entries of a table, each name once.
func (r *reader) table(n *yaml.Node, field, expected string) []entry {
	n = of(n)
	if n.Kind != yaml.MappingNode {
		r.fault(n, field, "%s, expected %s", kind(n), expected)
		return nil
	}
	var out []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := of(n.Content[i]), of(n.Content[i+1])
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fault(key, field, "%s as a name, expected a text", kind(key))
		case seen[key.Value]:
			r.fault(key, sub(field, key.Value), "is there twice")
		case len(out) == maxEntries:
			r.fault(key, field, "more than %d entries", maxEntries)
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
			r.fault(e.key, sub(field, e.key.Value), "unknown field%s", orNearest(e.key.Value, known))
		case !isNull(e.value):
			out[e.key.Value] = e.value
		}
	}
	return out
}

func sub(field, name string) string {
	if field == "" {
		return cut(name, 80)
	}
	return field + "." + cut(name, 80)
}

func nth(field string, n int) string { return fmt.Sprintf("%s[%d]", field, n) }

// text is a text, number or truth value, as it is written.
func (r *reader) text(n *yaml.Node, field, expected string) string {
	if n = of(n); n.Kind != yaml.ScalarNode || isNull(n) || n.Value == "" {
		r.fault(n, field, "%s, expected %s", kind(n), expected)
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
		r.fault(n, field, "an empty list, expected at least one value")
	}
	if len(n.Content) > maxEntries {
		r.fault(n, field, "%d entries, expected at most %d", len(n.Content), maxEntries)
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
		r.fault(n, field, "%s, expected %s", kind(n), expected)
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
		r.fault(&at, field, "JMESPath: %s: %s", cut(text, 80), cut(err.Error(), 300))
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
