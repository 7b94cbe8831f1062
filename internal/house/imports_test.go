package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/m-mizutani/AlertResponder"

// pkg is a package of the project, without its tests.
type pkg struct {
	imports []string
	doc     []string // package comments
	files   []string
}

// packages reads all packages, by their path in the module.
func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	all := map[string]*pkg{}
	eachFile(t, func(name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), root+name, nil, parser.ParseComments)
		require.NoError(t, err)
		dir := path.Dir(name)
		if all[dir] == nil {
			all[dir] = &pkg{}
		}
		all[dir].add(name, f)
	})
	require.Greater(t, len(all), 40)
	return all
}

func (p *pkg) add(name string, f *ast.File) {
	p.files = append(p.files, name)
	if f.Doc != nil {
		p.doc = append(p.doc, f.Doc.Text())
	}
	for _, i := range f.Imports {
		imported, _ := strconv.Unquote(i.Path.Value)
		p.imports = append(p.imports, imported)
	}
}

// eachFile calls f for each Go file of the project.
func eachFile(t *testing.T, f func(name string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "build" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			relative, err := filepath.Rel(root, name)
			require.NoError(t, err)
			f(filepath.ToSlash(relative))
		}
		return nil
	})
	require.NoError(t, err)
}

// reached is all that a package imports, directly and by what it imports of the project.
func reached(all map[string]*pkg, dir string, seen map[string]bool) map[string]bool {
	for _, i := range all[dir].imports {
		if seen[i] {
			continue
		}
		seen[i] = true
		if inner, ok := strings.CutPrefix(i, module+"/"); ok && all[inner] != nil {
			reached(all, inner, seen)
		}
	}
	return seen
}

func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// The vocabulary is for everybody: it brings nothing with it.
func TestTheSDKStandsOnTheStandardLibrary(t *testing.T) {
	all := packages(t)
	for dir := range all {
		if !slices.Contains([]string{"lib", "lib/intel", "lib/delivery", "lib/render"}, dir) {
			continue
		}
		for _, i := range all[dir].imports {
			assert.True(t, isStandard(i) || i == module+"/lib" || dir != "lib" && i == module+"/lib/intel" || dir == "lib/render" && i == module+"/internal/defang",
				"%s imports %s", dir, i)
		}
	}
	for _, i := range all["lib/awslambda"].imports {
		assert.True(t, isStandard(i) || strings.HasPrefix(i, module) || strings.HasPrefix(i, "github.com/aws/"), "lib/awslambda imports %s", i)
	}
	for _, dir := range []string{"lib/embedded", "lib/respondertest"} {
		for i := range reached(all, dir, map[string]bool{}) {
			assert.True(t, isStandard(i) || strings.HasPrefix(i, module) || isTable(i), "%s reaches %s", dir, i)
		}
	}
}

// isTable: what names of the internet are, by tables that others keep. They speak to nobody, and do nothing at start.
func isTable(imported string) bool {
	return imported == "golang.org/x/net/publicsuffix" || imported == "golang.org/x/net/idna"
}

// Stages, and what they stand on, know no AWS package.
func TestStagesKnowNoAWS(t *testing.T) {
	all := packages(t)
	for _, dir := range []string{"explain", "receptor", "dispatcher", "submitter", "reviewer", "handout", "protocol", "ingest", "merge", "policy", "record",
		"entity", "envelope", "registry", "bus", "bus/membus", "store", "store/memory", "plugindata", "host", "pipeline", "inprocess", "clock"} {
		dir = "internal/" + dir
		require.NotNil(t, all[dir], dir)
		for i := range reached(all, dir, map[string]bool{}) {
			assert.False(t, strings.HasPrefix(i, "github.com/aws/") || strings.Contains(i, "guregu"), "%s reaches %s", dir, i)
		}
	}
}

// The flow of imports: plugins and tools stand on the pipeline, never the other way round.
func TestImportDirections(t *testing.T) {
	for dir, p := range packages(t) {
		for _, i := range p.imports {
			inner, ok := strings.CutPrefix(i, module+"/")
			if !ok {
				continue
			}
			top, _, _ := strings.Cut(inner, "/")
			assert.False(t, top == "functions" || top == "cmd", "%s imports the program %s", dir, inner)
			if strings.HasPrefix(dir, "internal/") && !strings.HasPrefix(dir, "internal/cli") {
				assert.False(t, strings.HasPrefix(inner, "internal/cli"), "%s imports %s", dir, inner)
				assert.NotEqual(t, "lib/embedded", inner, "%s imports %s", dir, inner)
			}
			if strings.HasPrefix(dir, "tester/") {
				assert.False(t, strings.HasPrefix(inner, "internal/"), "a stranger's %s imports %s", dir, inner)
			}
		}
	}
}

// Each package says what goes in and what comes out.
func TestPackageComments(t *testing.T) {
	for dir, p := range packages(t) {
		require.Len(t, p.doc, 1, "%s: package comments, expected one in one of its files", dir)
		assert.Contains(t, p.doc[0], "in → out:", dir)
	}
}

// Mains are wiring only.
func TestMainsAreShort(t *testing.T) {
	mains := 0
	eachFile(t, func(name string) {
		if path.Base(name) != "main.go" || !strings.HasPrefix(name, "functions/") && !strings.HasPrefix(name, "cmd/") {
			return
		}
		mains++
		text, err := os.ReadFile(root + name)
		require.NoError(t, err)
		_, body, _ := strings.Cut(string(text), "package main")
		assert.Less(t, strings.Count(body, "\n"), 30, name)
	})
	assert.GreaterOrEqual(t, mains, 7)
}

// No test sleeps: there is a clock, and testing/synctest.
func TestNoTestSleeps(t *testing.T) {
	eachFile(t, func(name string) {
		if !strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/house/") {
			return
		}
		text, err := os.ReadFile(root + name)
		require.NoError(t, err)
		bubble := strings.Contains(string(text), "testing/synctest") // where sleeping takes no time
		assert.False(t, strings.Contains(string(text), "time.Sleep(") && !bubble, name)
	})
}

// Files hold one idea: what is longer than this holds two.
func TestFilesAreShort(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range p.files {
			text, err := os.ReadFile(root + name)
			require.NoError(t, err)
			assert.LessOrEqual(t, strings.Count(string(text), "\n"), 400, name)
		}
	}
}
