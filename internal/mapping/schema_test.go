package mapping

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const schemaFile = "../../docs/schema/mapping.schema.json"

func theSchema(t *testing.T) (doc map[string]any, validate func(file string) error) {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("mapping", v))
	s, err := c.Compile("mapping")
	require.NoError(t, err)
	return v.(map[string]any), func(file string) error {
		var read any
		require.NoError(t, yaml.Unmarshal([]byte(file), &read), file)
		return s.Validate(read)
	}
}

// tables are the names of each table in the schema that has no others, as texts.
func tables(v any) (out []string) {
	switch v := v.(type) {
	case map[string]any:
		if properties, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] == false {
			out = append(out, sorted(slices.Collect(maps.Keys(properties))))
		}
		for _, inner := range v {
			out = append(out, tables(inner)...)
		}
	case []any:
		for _, inner := range v {
			out = append(out, tables(inner)...)
		}
	}
	return out
}

func sorted(names []string) string {
	return strings.Join(slices.Sorted(slices.Values(names)), " ")
}

// read are the names of each table that this package reads, as its source has them.
func read(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "fields" {
				return true
			}
			names := mappingFields
			if !call.Ellipsis.IsValid() {
				names = nil
				for _, arg := range call.Args[2:] {
					name, err := strconv.Unquote(arg.(*ast.BasicLit).Value)
					require.NoError(t, err)
					names = append(names, name)
				}
			}
			out = append(out, sorted(names))
			return true
		})
	}
	return out
}

// The schema has the names that are read, in each table, and the words that ship.
func TestTheSchemaHasWhatIsRead(t *testing.T) {
	doc, _ := theSchema(t)
	names := read(t)
	require.Len(t, names, 7)
	assert.ElementsMatch(t, names, tables(doc))
	words := func(name string) (out []string) {
		for _, v := range doc["definitions"].(map[string]any)[name].(map[string]any)["enum"].([]any) {
			out = append(out, v.(string))
		}
		return out
	}
	assert.Equal(t, kinds, words("type"))
	assert.Equal(t, contexts, words("context"))
}

// What is read fits the schema, what is refused for its fields does not.
func TestTheSchemaSaysWhatIsRead(t *testing.T) {
	_, validate := theSchema(t)
	page, err := os.ReadFile("../../docs/mappings.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(page))
	require.NotNil(t, example)
	const good = "version: 1\nmappings: [{source: a, match: {v: x}, key: id"
	for file, valid := range map[string]bool{
		example[1]:  true,
		good + "}]": true,
		good + ", topic: [edr, 'arn:aws:sns:eu-west-1:111122223333:edr'], sample: test, account: a, region: r, link: l}]":                     true,
		good + ", severity: {value: s, min: 5, max: 1}, state: closed, timestamp: t}]":                                                        true,
		good + ", severity: s, timestamp: {last: t, layout: ['2006-01-02', '02.01.2006']}, attrs: [{type: ticket, value: t, context: own}]}]": true,
		"version: '1'\nmappings: [{source: a, topic: edr, key: [a, b]}]":                                                                      true,
		"version: 1\nmappings: [{source: a, match: \"type == 'x'\", key: a}]":                                                                 true,
		"version: 1\nmappings: [{source: a, match: {a: [x, 7, true], b: {prefix: x, suffix: [y], equals: z}, c: {exists: true}}, key: a}]":    true,
		"version: 2\nmappings: [{source: a, match: {v: x}, key: id}]":                                                                         false,
		"version: 1\nmappings: []":                                                false,
		"version: 1\nmappings: [{match: {v: x}, key: id}]":                        false,
		"version: 1\nmappings: [{source: a, key: id}]":                            false,
		"version: 1\nmappings: [{source: a, match: {v: x}}]":                      false,
		"version: 1\nmappings: [{source: a, match: {}, key: id}]":                 false,
		"version: 1\nmappings: [{source: a, match: {v: {exist: true}}, key: id}]": false,
		good + ", severty: x}]":                                                   false,
		good + ", name: [a]}]":                                                    false,
		good + ", severity: {words: {low: 1}}}]":                                  false,
		good + ", severity: {value: s, words: {low: 101}}}]":                      false,
		good + ", state: {value: s, resolve: x}}]":                                false,
		good + ", timestamp: {layout: '2006-01-02'}}]":                            false,
		good + ", attrs: {type: ipaddr, value: ip}}]":                             false,
		good + ", attrs: [{value: ip}]}]":                                         false,
		good + ", attrs: [{type: IP Address, value: ip}]}]":                       false,
		good + ", attrs: [{type: ipaddr, value: ip, contexts: remote}]}]":         false,
	} {
		_, err := Parse([]byte(file))
		assert.Equal(t, valid, err == nil, "%s: %v", file, err)
		err = validate(file)
		assert.Equal(t, valid, err == nil, "%s: %v", file, err)
	}
}
