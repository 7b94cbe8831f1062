package security

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
)

// testsOfTheProject are the names of all tests.
func testsOfTheProject(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != root && d.Name() != ".." {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
				names[m[1]] = true
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(names), 300)
	return names
}

// Each threat names a test, and each test that is named exists.
func TestThreatsNameTheirTests(t *testing.T) {
	doc, err := os.ReadFile(root + "docs/threat-model.md")
	require.NoError(t, err)
	all := testsOfTheProject(t)
	_, threats, ok := strings.Cut(string(doc), "\n## Threats\n")
	require.True(t, ok)
	threats, _, ok = strings.Cut(threats, "\n## ")
	require.True(t, ok)
	rows := 0
	for line := range strings.Lines(threats) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat ") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		require.Len(t, cells, 3, line)
		assert.Regexp(t, testName, cells[2], "%s: by which test", cells[0])
	}
	assert.Greater(t, rows, 25)
	for _, m := range testName.FindAllStringSubmatch(string(doc), -1) {
		assert.True(t, all[m[1]], "%s: there is no such test", m[1])
	}
}

// Each test here stands for a threat: or nobody finds it.
func TestAttacksStandInTheThreatModel(t *testing.T) {
	doc, err := os.ReadFile(root + "docs/threat-model.md")
	require.NoError(t, err)
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			if f != "docs_test.go" && m[1] != "TestMain" {
				assert.Contains(t, string(doc), "`"+m[1]+"`")
			}
		}
	}
}

// Each plugin that ships says what it sends, and where to.
func TestTheThreatModelSaysWhatLeaves(t *testing.T) {
	doc, err := os.ReadFile(root + "docs/threat-model.md")
	require.NoError(t, err)
	_, leaves, ok := strings.Cut(string(doc), "\n## What leaves the account\n")
	require.True(t, ok)
	for _, dir := range []string{"functions/inspectors", "functions/emitters"} {
		for _, name := range folders(t, dir) {
			assert.Contains(t, leaves, "\n| "+name+" | ", "what it sends")
		}
	}
}

// How to report is said, without a person's address.
func TestSecurityPolicy(t *testing.T) {
	text, err := os.ReadFile(root + "SECURITY.md")
	require.NoError(t, err)
	for _, want := range []string{"private vulnerability reporting", "Supported versions", "in scope", "docs/threat-model.md"} {
		assert.Contains(t, string(text), want)
	}
}
