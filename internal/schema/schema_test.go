package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/schema"
)

var update = flag.Bool("update", false, "write docs/schema")

const docs = "../docs/schema"

// The generator reads the comments of the types from the folder it runs in.
func inLib(t *testing.T) { t.Chdir("../../lib") }

func TestDocumentsAreUpToDate(t *testing.T) {
	inLib(t)
	for name := range schema.Messages {
		got, err := schema.Of(name)
		require.NoError(t, err)
		path := filepath.Join(docs, name+".schema.json")
		if *update {
			require.NoError(t, os.WriteFile(path, got, 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s: go test ./internal/schema -update", name)
	}
}

func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(docs, name+".schema.json"))
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(name, doc))
	s, err := c.Compile(name)
	require.NoError(t, err)
	return s
}

func value(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return v
}

// What is on the wire fits the schemas.
func TestGoldenFilesAreValid(t *testing.T) {
	inLib(t)
	for golden, name := range map[string]string{"alert": "alert", "task": "task", "submission": "submission", "page": "page",
		"notice": "report", "verdict": "report", "result": "result"} {
		text, err := os.ReadFile(filepath.Join("testdata", golden+".json"))
		require.NoError(t, err)
		assert.NoError(t, compiled(t, name).Validate(value(t, text)), golden)
	}
}

func TestSchemas(t *testing.T) {
	inLib(t)
	for name, messages := range map[string]map[string]bool{
		"alert": {
			`{}`: true, `{"name":"n","rule":"r","key":"k","description":"d","timestamp":{"init":1.5,"last":2},"attrs":null}`: true,
			`{"name":"n","of_a_later_release":1}`: true, `{"state":"resolved"}`: true,
			`{"state":"open"}`: false, `{"name":1}`: false, `{"attrs":{}}`: false, `{"attrs":[{"type":1}]}`: false, `[]`: false,
		},
		"page":       {`{"outcome":"found"}`: true, `{"outcome":"fine"}`: false, `{"signals":[{"verdict":"bad"}]}`: false},
		"submission": {`{"pages":null,"done":true}`: true, `{"done":"yes"}`: false},
		"report":     {`{"content":{"opponent_hosts":null}}`: true, `{"status":"old"}`: false, `{"opened_at":"2026-05-04T03:02:01Z"}`: true, `{"opened_at":true}`: false},
		"result":     {`{"severity":"urgent","reason":"x"}`: true, `{"severity":"high"}`: false},
		"task":       {`{"attributes":[{"type":"ipaddr","value":"192.0.2.1"}]}`: true, `{"origin":7}`: false},
	} {
		s := compiled(t, name)
		for text, valid := range messages {
			require.True(t, json.Valid([]byte(text)), text)
			assert.Equal(t, valid, s.Validate(value(t, []byte(text))) == nil, "%s %s", name, text)
		}
	}
}
