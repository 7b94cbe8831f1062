package house_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The documented deploy and test commands of the predecessors stopped on a fresh clone: what a document tells
// people to make can be made.
func TestRegression18DocumentedCommands(t *testing.T) {
	targets := map[string]string{"": "Makefile", "tester": "tester/Makefile"}
	command := regexp.MustCompile(`(?m)(?:cd ([a-z]+) && )?\bmake ([a-z-]+)\b(?:[^a-z]|$)`)
	found := 0
	for _, doc := range []string{"README.md", "CONTRIBUTING.md", ".ci/run", "main_test.go"} {
		text, err := os.ReadFile(root + doc)
		require.NoError(t, err)
		for _, code := range regexp.MustCompile("(?s)```.*?```|`[^`]+`|\\([^)]*\\)|^make .*").FindAllString(string(text), -1) {
			for _, m := range command.FindAllStringSubmatch(code, -1) {
				makefile, err := os.ReadFile(root + targets[m[1]])
				require.NoError(t, err, "%s: %s", doc, m[0])
				assert.Regexp(t, "(?m)^"+m[2]+":", string(makefile), "%s: %s", doc, m[0])
				found++
			}
		}
	}
	assert.NotZero(t, found)
}
