package awscontext

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each start would pay for what is compiled before it is needed.
func TestNothingIsCompiledAtTheStart(t *testing.T) {
	atStart := regexp.MustCompile(`(?m)^(var \w+ = |\t+\{?\w* *=? *)regexp\.MustCompile`)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(f, "_test.go") || !atStart.Match(b), "%s: lazy(…) in place of regexp.MustCompile(…)", f)
	}
	p := lazy("^(a+)$")
	assert.True(t, p.MatchString("aa"))
	assert.Equal(t, []string{"aa", "aa"}, p.FindStringSubmatch("aa"))
}
