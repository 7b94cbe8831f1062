package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"alertresponder": main})
}

// TestScripts runs the tool as a person or a script would: testdata/script has one file per subject.
func TestScripts(t *testing.T) {
	services := newServices()
	t.Cleanup(services.Close)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "json": jsonLine},
		Setup: func(e *testscript.Env) error {
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("SERVICES", services.URL)
			e.Setenv("THE_KEY", theKey)
			e.Setenv("AWS_CONFIG_FILE", e.WorkDir+"/none")
			e.Setenv("AWS_SHARED_CREDENTIALS_FILE", e.WorkDir+"/none")
			return os.WriteFile(filepath.Join(e.WorkDir, "large.txt"), bytes.Repeat([]byte("large\n"), 1<<18), 0o600)
		},
	})
}

// exits runs a command that must end with the exit code: exits CODE program [args...].
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program [args...]")
	}
	code := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, expected %s", code, args[0])
	}
}

// jsonLine looks into a line of JSON on standard output: json LINE path.to.0.field VALUE, with LINE of COUNT
// lines in all written LINE/COUNT. A path that ends in .len is a length; VALUE may be a part of a text after ~.
func jsonLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: json LINE/COUNT path VALUE")
	}
	var line, count int
	if _, err := fmt.Sscanf(args[0], "%d/%d", &line, &count); err != nil {
		ts.Fatalf("%q: %v", args[0], err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n")
	if len(lines) != count {
		ts.Fatalf("%d lines, expected %d", len(lines), count)
	}
	var v any
	if err := json.Unmarshal([]byte(lines[line-1]), &v); err != nil {
		ts.Fatalf("line %d: %v", line, err)
	}
	got := fmt.Sprint(at(v, strings.Split(args[1], ".")))
	if want, part := strings.CutPrefix(args[2], "~"); got != want && !(part && strings.Contains(got, want)) {
		ts.Fatalf("line %d: %s: %q, expected %q", line, args[1], got, args[2])
	}
}

// at is the value at a path, nil if there is none.
func at(v any, path []string) any {
	for _, step := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			n, err := strconv.Atoi(step)
			if step == "len" {
				return len(x)
			}
			if err != nil || n >= len(x) {
				return nil
			}
			v = x[n]
		default:
			return nil
		}
	}
	return v
}
