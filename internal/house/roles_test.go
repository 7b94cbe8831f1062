package house_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each function has a test of its role beside its main function, which starts it as Lambda does; the stages have another one in
// internal/inprocess, by all that they do in its scenarios.
func TestEachRoleIsTested(t *testing.T) {
	scenarios, err := os.ReadFile(root + "internal/inprocess/privilege_test.go")
	require.NoError(t, err)
	for _, function := range theStack(t).of("AWS::Serverless::Function") {
		_, isStage := works[function]
		assert.Equal(t, isStage, strings.Contains(string(scenarios), `"`+function+`": bus.`), "%s: scenarios", function)
		found, err := filepath.Glob(root + "functions/*/" + word(function) + "/role_test.go")
		require.NoError(t, err)
		if isStage {
			found = []string{root + "functions/" + word(function) + "/role_test.go"}
		}
		require.Len(t, found, 1, "%s: no test of its role", function)
		test, err := os.ReadFile(found[0])
		require.NoError(t, err)
		assert.Regexp(t, `template(\.yml")?, "`+function+`", start,`, string(test), "%s: no test of its role", function)
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
