package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/schema"
	"github.com/m-mizutani/AlertResponder/internal/schema/schematest"
	responder "github.com/m-mizutani/AlertResponder/lib"
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
	c.AssertFormat()
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

// There is a document for each message, none is of one that is gone, and all are of the draft that they say.
func TestDocuments(t *testing.T) {
	inLib(t)
	files, err := filepath.Glob(filepath.Join(docs, "*"))
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		name, ok := strings.CutSuffix(filepath.Base(f), ".schema.json")
		assert.True(t, ok, f)
		if name == "mapping" || name == "inspectors" { // files that people write, of which more is refused: see packages mapping and settings
			continue
		}
		names = append(names, name)
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		assert.Contains(t, string(text), `"$schema": "https://json-schema.org/draft/2020-12/schema"`, f)
		assert.Contains(t, string(text), `"description": "`, f)
		assert.NotContains(t, string(text), `"additionalProperties": false`, "%s: readers ignore what they do not know", f)
		assert.NotContains(t, string(text), `"required"`, "%s: readers do with what is missing", f)
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(schema.Messages)), names)
	_, err = schema.Of("receipt")
	assert.ErrorContains(t, err, `no message "receipt"`)
}

// Whatever this release writes fits the schemas, the zero values first.
func TestWhatIsWrittenIsValid(t *testing.T) {
	inLib(t)
	t.Run("alert", func(t *testing.T) { written[responder.Alert](t, "alert") })
	t.Run("task", func(t *testing.T) { written[responder.TaskMessage](t, "task") })
	t.Run("submission", func(t *testing.T) { written[responder.Submission](t, "submission") })
	t.Run("page", func(t *testing.T) { written[responder.Page](t, "page") })
	t.Run("report", func(t *testing.T) { written[responder.Report](t, "report") })
	t.Run("result", func(t *testing.T) { written[responder.Result](t, "result") })
}

func written[T any](t *testing.T, name string) {
	s := compiled(t, name)
	check := func(t require.TestingT, v T) {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, s.Validate(doc))
	}
	check(t, *new(T))
	rapid.Check(t, func(t *rapid.T) { check(t, schematest.Values[T]().Draw(t, "value")) })
}

// What is on the wire fits the schemas.
func TestGoldenFilesAreValid(t *testing.T) {
	inLib(t)
	for golden, name := range map[string]string{"alert": "alert", "task": "task", "submission": "submission", "page": "page",
		"notice": "report", "verdict": "report", "result": "result", "old/alert": "alert", "old/alert-bare": "alert", "old/page": "page",
		"old/report": "report", "old/report-new": "report"} {
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
		"report": {`{"content":{"opponent_hosts":null}}`: true, `{"content":{"opponent_hosts":[]}}`: false,
			`{"content":{"allied_hosts":{"x":{"ipaddr":"192.0.2.1"}}}}`: false, `{"opened_at":1777863721.5}`: true, `{"opened_at":null}`: true,
			`{"seq":1.5}`: false, `{"alert_count":"7"}`: false, `{"result":{"severity":"high"}}`: false, `{"alerts":[{"state":"open"}]}`: false,
			`{"later":{"x":[null]},"content":{"later":1},"inspections":null,"signals":[]}`: true, `"x"`: false,
			`{"status":"old"}`: false, `{"opened_at":"2026-05-04T03:02:01Z"}`: true, `{"opened_at":true}`: false},
		"result": {`{"severity":"urgent","reason":"x"}`: true, `{"severity":"high"}`: false},
		"task":   {`{"attributes":[{"type":"ipaddr","value":"192.0.2.1"}]}`: true, `{"origin":7}`: false},
	} {
		s := compiled(t, name)
		for text, valid := range messages {
			require.True(t, json.Valid([]byte(text)), text)
			assert.Equal(t, valid, s.Validate(value(t, []byte(text))) == nil, "%s %s", name, text)
		}
	}
}
