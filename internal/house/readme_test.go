package house_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The inspector and the emitter in the README are ones that compile and whose tests pass.
func TestTheReadmesPluginsAreReal(t *testing.T) {
	readme, err := os.ReadFile(root + "README.md")
	require.NoError(t, err)
	for _, name := range []string{"office/main.go", "office/main_test.go", "pager/main.go"} {
		code, err := os.ReadFile(root + "tester/" + name)
		require.NoError(t, err)
		assert.True(t, strings.Contains(string(readme), "```go\n"+string(code)+"```"), "tester/%s is not what the README has", name)
		assert.LessOrEqual(t, strings.Count(string(code), "\n"), 40, name)
	}
}
