package house_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The inspector in the README is one that compiles and whose test passes.
func TestTheReadmesInspectorIsReal(t *testing.T) {
	readme, err := os.ReadFile(root + "README.md")
	require.NoError(t, err)
	for _, name := range []string{"main.go", "main_test.go"} {
		code, err := os.ReadFile(root + "tester/office/" + name)
		require.NoError(t, err)
		assert.True(t, strings.Contains(string(readme), "```go\n"+string(code)+"```"), "tester/office/%s is not what the README has", name)
		assert.LessOrEqual(t, strings.Count(string(code), "\n"), 40, name)
	}
}
