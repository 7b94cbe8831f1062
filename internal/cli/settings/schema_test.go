package settings

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
)

func theSchema(t *testing.T) (doc map[string]any, validate func(file string) error) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/schema/inspectors.schema.json")
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("inspectors", v))
	s, err := c.Compile("inspectors")
	require.NoError(t, err)
	return v.(map[string]any), func(file string) error {
		var read any
		require.NoError(t, yaml.Unmarshal([]byte(file), &read), file)
		return s.Validate(read)
	}
}

// properties are the names of a table in the schema.
func properties(v any) []string {
	return slices.Sorted(maps.Keys(v.(map[string]any)["properties"].(map[string]any)))
}

// The schema has the inspectors that ship and the fields that are read.
func TestTheSchemaHasWhatIsRead(t *testing.T) {
	doc, _ := theSchema(t)
	assert.ElementsMatch(t, fields, properties(doc))
	inspectors := doc["properties"].(map[string]any)["inspectors"]
	assert.ElementsMatch(t, shipped.IDs(), properties(inspectors))
	for _, i := range shipped.All() {
		table := inspectors.(map[string]any)["properties"].(map[string]any)[i.ID]
		if i.IsService() {
			assert.Equal(t, map[string]any{"$ref": "#/definitions/service"}, table, i.ID)
			table = doc["definitions"].(map[string]any)["service"]
		}
		assert.ElementsMatch(t, fieldsOf(i), properties(table), i.ID)
	}
}

// What is read fits the schema, what is refused for its fields does not; the example of the documentation is read.
func TestTheSchemaSaysWhatIsRead(t *testing.T) {
	_, validate := theSchema(t)
	page, err := os.ReadFile("../../../docs/inspectors.md")
	require.NoError(t, err)
	shown := regexp.MustCompile("(?s)```yaml\n(inspectors:.*?)```").FindStringSubmatch(string(page))
	require.NotNil(t, shown)
	for file, valid := range map[string]bool{
		example: true, shown[1]: true, "": true, "inspectors:": true, "review_delay: 60": true, "own_domains: example.com": true,
		"inspectors: {greynoise: {limits: none}}":            true,
		"inspectors: {greynoise: {key: abc}}":                false,
		"inspectors: {greynoise: {key_env: a-b}}":            false,
		"inspectors: {greynoise: {key_env: A, key_file: b}}": false,
		"inspectors: {greynoise: {url: ftp://x}}":            false,
		"inspectors: {greynoise: [a]}":                       false,
		"inspectors: {nobody: {}}":                           false,
		"inspectors: {watchlist: {}}":                        false,
		"inspectors: {watchlist: {files: {a: b}}}":           false,
		"inspectors: {history: {keep: 1}}":                   false,
		"inspectors: {awscontext: {role: x}}":                false,
		"inspector: {}":                                      false,
		"review_delay: soon":                                 false,
		"[]":                                                 false,
	} {
		_, err := Parse([]byte(file), "")
		assert.Equal(t, valid, err == nil, "%s: %v", file, err)
		err = validate(file)
		assert.Equal(t, valid, err == nil, "%s: %v", file, err)
	}
}
