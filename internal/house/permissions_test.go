package house_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The role that docs/permissions.md prints for LambdaRoleArn allows what all functions do, and nothing else.
func TestTheDocumentedRoleIsTheUnion(t *testing.T) {
	s := theStack(t)
	want := map[string]bool{}
	for _, role := range s.of("AWS::IAM::Role") {
		for _, p := range each(s.Resources[role].Properties["Policies"]) {
			collect(want, p)
		}
	}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		assert.True(t, want[action])
		delete(want, action) // are named in a sentence
	}
	doc, err := os.ReadFile(root + "docs/permissions.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	require.Len(t, blocks, 3, "the functions, the key, who redrives")
	for _, b := range blocks {
		require.True(t, json.Valid([]byte(b[1])), b[1])
	}
	var policy any
	require.NoError(t, json.Unmarshal([]byte(blocks[0][1]), &policy))
	got := map[string]bool{}
	collect(got, policy)
	assert.Equal(t, want, got)
}

// collect finds all actions in a policy.
func collect(into map[string]bool, v any) {
	switch v := v.(type) {
	case properties:
		collect(into, map[string]any(v))
	case map[string]any:
		for name, inner := range v {
			if name == "Action" {
				for _, a := range each(inner) {
					into[a.(string)] = true
				}
				continue
			}
			collect(into, inner)
		}
	case []any:
		for _, inner := range v {
			collect(into, inner)
		}
	}
}
