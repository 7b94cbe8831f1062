package scaffold

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

const root = "../../.."

func run(t *testing.T, c Inspector) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = c.Run(&console.Console{Out: &out, Screen: show.NewScreen(0, false)})
	return out.String(), err
}

// gotool runs the go tool in a folder, without a network.
func gotool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
}

// What is written builds, has nothing to complain about, is formatted, and its tests pass.
func TestWhatIsWrittenWorks(t *testing.T) {
	for name, types := range map[string][]string{"asset-db": {"ipaddr", "hostname"}, "any": {"*"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "plugins", name)
			out, err := run(t, Inspector{Name: name, Dir: dir, Types: types, Replace: root})
			require.NoError(t, err)
			assert.Contains(t, out, "make test")
			sums, err := os.ReadFile(root + "/go.sum") // which go mod tidy would fetch
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
			gotool(t, dir, "vet", ".")
			gotool(t, dir, "test", ".")
			formatted, err := exec.CommandContext(t.Context(), "gofmt", "-l", dir).CombinedOutput()
			require.NoError(t, err)
			assert.Empty(t, string(formatted))
		})
	}
}

// The samples are as the receptor hands them out, and decide for each type: in the tests that are written for it they must.
func TestSamplesDecideForEachType(t *testing.T) {
	for kind := range values {
		sampleDecides(t, kind)
	}
	for _, kind := range []string{responder.TypeUsername, responder.TypeHostname, responder.TypeBucket, responder.TypeProcess, responder.TypeFile,
		responder.TypeContainer, responder.TypeImage, responder.TypeJSON, "ticket"} {
		sampleDecides(t, kind)
	}
}

func sampleDecides(t *testing.T, kind string) {
	t.Helper()
	p, err := (&Inspector{Name: "x", Dir: t.TempDir() + "/x", Types: []string{kind}}).plan()
	require.NoError(t, err)
	for value, want := range map[string]responder.Severity{p.Sample: responder.Safe, p.Other: responder.Unclassified} {
		assert.Equal(t, value, entity.Normalize(responder.Attribute{Type: kind, Value: value}).Value, kind)
		r, err := embedded.Run(t.Context(), responder.Alert{Name: "n", Attrs: []responder.Attribute{
			{Type: kind, Value: value, Context: []string{responder.ContextRemote}}}},
			embedded.Options{Inspectors: []embedded.Inspector{{ID: "x", Types: p.Types, Inspector: responder.InspectorFunc(
				func(_ context.Context, task responder.Task) (page responder.Page, _ error) {
					if task.Attribute.Value == p.Sample {
						page.Signals = []responder.Signal{{Kind: "reputation", Verdict: responder.Harmless, Score: 100}}
					}
					return page, nil
				})}}})
		require.NoError(t, err)
		assert.Equal(t, want, r.Result.Severity, "%s %s: %s", kind, value, r.Result.Reason)
	}
}

func TestWhatIsThereIsNotWrittenOver(t *testing.T) {
	dir := t.TempDir()
	_, err := run(t, Inspector{Name: "mine", Dir: dir, Types: []string{"ipaddr"}})
	assert.ErrorContains(t, err, "is there already")
	code, _ := console.Code(err)
	assert.Equal(t, console.BadUsage, code)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// As shells complete it.
func TestAFolderMayEndWithASlash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plugins", "mine")
	_, err := run(t, Inspector{Name: "mine", Dir: dir + "/", Types: []string{"ipaddr"}})
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(dir, "inspect.go"))
}

func TestAFaultOfTheNameIsNoneOfTheModule(t *testing.T) {
	_, err := run(t, Inspector{Name: "a b", Types: []string{"ipaddr"}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "--module")
}

func TestNamesAndTypes(t *testing.T) {
	for _, c := range []Inspector{
		{Name: "", Types: []string{"ipaddr"}}, {Name: "A", Types: []string{"ipaddr"}}, {Name: "a/b", Types: []string{"ipaddr"}}, {Name: "..", Types: []string{"ipaddr"}},
		{Name: "-a", Types: []string{"ipaddr"}}, {Name: "a-", Types: []string{"ipaddr"}}, {Name: strings.Repeat("a", 33), Types: []string{"ipaddr"}},
		{Name: "a", Types: []string{"IP address"}}, {Name: "a", Types: []string{""}},
		{Name: "a", Types: []string{"ipaddr"}, Module: "a b"}, {Name: "a", Types: []string{"ipaddr"}, Module: "../x"}, {Name: "a", Types: []string{"ipaddr"}, Module: "x\nreplace y"},
		{Name: "a", Types: []string{"ipaddr"}, Replace: "nowhere", Module: "x"},
	} {
		c.Dir = filepath.Join(t.TempDir(), "new")
		_, err := run(t, c)
		code, _ := console.Code(err)
		assert.Equal(t, console.BadUsage, code, "%+v: %v", c, err)
		assert.NoDirExists(t, c.Dir)
	}
}

func TestAFolderInAModuleGetsNone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n"), 0o600))
	within := filepath.Join(dir, "plugins", "mine")
	_, err := run(t, Inspector{Name: "mine", Dir: within, Types: []string{"ipaddr"}})
	require.NoError(t, err)
	assert.NoFileExists(t, filepath.Join(within, "go.mod"))
	makefile, err := os.ReadFile(filepath.Join(within, "Makefile"))
	require.NoError(t, err)
	assert.NotContains(t, string(makefile), "go.sum")

	_, err = run(t, Inspector{Name: "mine", Dir: filepath.Join(dir, "own"), Types: []string{"ipaddr"}, Module: "corp.example/mine"})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "own", "go.mod"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "module corp.example/mine\n")

	_, err = run(t, Inspector{Name: "mine", Dir: filepath.Join(dir, "other"), Types: []string{"ipaddr"}, Replace: root})
	assert.ErrorContains(t, err, "--replace")
}

func TestTheVersionThatIsRequired(t *testing.T) {
	info := func(path, version string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: path, Version: version}}
	}
	assert.Equal(t, "v1.2.3", released(info(ours, "v1.2.3"), true))
	for _, i := range []*debug.BuildInfo{info(ours, "(devel)"), info(ours, "v0.0.0-20260314021704-0123456789ab"), info(ours, "v1.2.3+dirty"), info("x", "v1.2.3")} {
		assert.Empty(t, released(i, true), i.Main.Version)
	}
	assert.Empty(t, released(nil, false))
}

// All templates say the one name, and leave no mark of their own.
func TestNothingIsLeftOfTheTemplates(t *testing.T) {
	p, err := (&Inspector{Name: "asset-db", Dir: t.TempDir() + "/x", Types: []string{"ipaddr", "domain"}}).plan()
	require.NoError(t, err)
	files, err := p.files()
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.name)
		assert.NotRegexp(t, "«|»|<no value>", string(f.text), f.name)
	}
	assert.ElementsMatch(t, []string{".gitignore", "Makefile", "README.md", "go.mod", "inspect.go", "inspect_test.go", "main.go", "template.yml"}, names)
}
