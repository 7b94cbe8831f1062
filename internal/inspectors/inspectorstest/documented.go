package inspectorstest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// Documented checks an answer of a fake against the OpenAPI document (3.0) that the service publishes: its types, and that it
// has no field that is not documented. The document is others', and so not here: the environment variable names a file with
// it, and where there is none, the test is skipped.
func Documented(t *testing.T, variable, method, path, status, answer string) {
	t.Helper()
	file := os.Getenv(variable)
	if file == "" {
		t.Skipf("%s names no OpenAPI document", variable)
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var doc any
	require.NoError(t, yaml.Unmarshal(text, &doc))
	b, err := json.Marshal(strict(doc))
	require.NoError(t, err)
	doc, err = jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	require.NoError(t, err)

	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("mem:///api.json", doc))
	pointer := "/paths/" + token(path) + "/" + method + "/responses/" + status
	if shared := at(doc, pointer+"/$ref"); shared != "" {
		pointer = strings.TrimPrefix(shared, "#")
	}
	s, err := c.Compile("mem:///api.json#" + pointer + "/content/application~1json/schema")
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(answer))
	require.NoError(t, err)
	assert.NoError(t, s.Validate(v), "%s %s %s", method, path, status)
}

// token is a name in a JSON pointer (RFC 6901, section 3).
func token(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// at is the text at a pointer; empty if there is none.
func at(doc any, pointer string) string {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, _ := doc.(map[string]any)
		doc = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	s, _ := doc.(string)
	return s
}

// strict makes schemas of OpenAPI 3.0 ones of JSON Schema ("Schema Object": nullable), which allow no other properties.
func strict(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = strict(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = strict(v[k])
		}
		if kind, ok := v["type"].(string); ok && v["nullable"] == true {
			v["type"] = []any{kind, "null"}
		}
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
	}
	return v
}
