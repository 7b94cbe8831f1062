package house_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each function that is not a stage has a test of its role beside its main function; those of the stages are in
// internal/inprocess, by all that they do in its scenarios.
func TestEachPluginsRoleIsTested(t *testing.T) {
	stages, err := os.ReadFile(root + "internal/inprocess/privilege_test.go")
	require.NoError(t, err)
	for _, function := range theStack(t).of("AWS::Serverless::Function") {
		found, err := filepath.Glob(root + "functions/*/" + word(function) + "/role_test.go")
		require.NoError(t, err)
		if len(found) == 0 {
			assert.Contains(t, string(stages), `"`+function+`": bus.`, "%s: no test of its role", function)
			continue
		}
		test, err := os.ReadFile(found[0])
		require.NoError(t, err)
		assert.Contains(t, string(test), `"`+function+`", start`, "%s: no test of its role", function)
	}
}

// word is the folder of a function.
func word(function string) string {
	var b strings.Builder
	for i, r := range function {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}
