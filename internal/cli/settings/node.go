package settings

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/yamlfile"
)

// maxEntries of a list or table.
const maxEntries = 1000

// What reads files in general, by short names.
var of, kind, isNull, sub, cut = yamlfile.Of, yamlfile.Kind, yamlfile.IsNull, yamlfile.Sub, yamlfile.Cut

// reader reads nodes, and remembers what is wrong with them.
type reader struct{ yamlfile.Reader }

// pair is one line of a table.
type pair struct{ key, value *yaml.Node }

// table are the entries of a table, each name once. Nothing is a table without entries.
func (r *reader) table(n *yaml.Node, field string, known []string, hint func(name string) string) (out []pair) {
	n = of(n)
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.Fault(n, field, "%s, expected a table with %s", kind(n), strings.Join(known, " "))
		return nil
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && i < 2*maxEntries; i += 2 {
		key, value := of(n.Content[i]), of(n.Content[i+1])
		at := sub(field, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			r.Fault(key, field, "%s as a name, expected one of %s", kind(key), strings.Join(known, " "))
		case seen[key.Value]:
			r.Fault(key, at, "is there twice")
		case !slices.Contains(known, key.Value):
			r.Fault(key, at, "%s", hint(key.Value))
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
		r.Fault(n, field, "%s, expected %s", kind(n), expected)
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
		r.Fault(n, field, "%d entries, expected at most %d", len(n.Content), maxEntries)
		return nil
	}
	for i, e := range n.Content {
		out = append(out, r.text(e, fmt.Sprintf("%s[%d]", field, i), expected))
	}
	return out
}
