package explain_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func text(t *testing.T, e explain.Explanation) string {
	t.Helper()
	b, err := json.MarshalIndent(e, "", " ")
	require.NoError(t, err)
	return string(b) + "\n"
}

// TestScenarios freezes the JSON.
func TestScenarios(t *testing.T) {
	for _, name := range explaintest.Names() {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".json", text(t, explaintest.Play(t, name, nil).Explain()))
		})
	}
}
