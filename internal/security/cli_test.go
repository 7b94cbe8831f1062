package security

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/local"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// typed runs alertresponder local on a terminal of so many columns, with logs.
func typed(t *testing.T, output string, columns int, color bool, files ...string) (out, logs string) {
	t.Helper()
	list := filepath.Join(t.TempDir(), "list \u202e.txt")
	require.NoError(t, os.WriteFile(list, []byte("198.51.100.66 # \x1b[31m\u202e <!channel>\n"), 0o600))
	var stdout, stderr bytes.Buffer
	con := &console.Console{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Screen: show.NewScreen(columns, color), Verbose: true}
	c := local.Command{Files: files, Output: output, Watchlist: []string{list}}
	require.NoError(t, c.Run(t.Context(), con))
	return stdout.String(), stderr.String()
}

// sgr are the colours of the tool itself.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestHostileAlertInATerminal(t *testing.T) {
	for _, name := range []string{"hostile.json", "hostile.txt"} {
		for _, columns := range []int{0, 40, 200} {
			nothingFetched(t)
			out, logs := typed(t, "text", columns, false, "testdata/"+name)
			assertTame(t, out)
			assertLogs(t, logs, marker)
			assert.NotContains(t, out, "http://", "links are defanged")
			assert.NotContains(t, out, "https://")
			assert.NotContains(t, out, "169.254.169.254")
			assert.Less(t, len(out), 64<<10)
			colored, _ := typed(t, "text", columns, true, "testdata/"+name)
			assertTame(t, sgr.ReplaceAllString(colored, ""))
		}
	}
}

func TestHostileAlertAsJSON(t *testing.T) {
	for _, name := range []string{"hostile.json", "hostile.txt"} {
		out, _ := typed(t, "json", 0, false, "testdata/"+name)
		assertTame(t, out)
		require.Equal(t, 1, strings.Count(out, "\n"), "one report a line")
		var r responder.Report
		require.NoError(t, json.Unmarshal([]byte(out), &r))
		assert.Contains(t, r.Alert.Raw, marker, "the original is there")
		assert.Contains(t, r.Alert.Raw, "\u202e", "as it was")
	}
}

// What a person is told of an error is as safe as what is told of a report.
func TestHostileErrorsInATerminal(t *testing.T) {
	var stderr bytes.Buffer
	con := &console.Console{Err: &stderr, Screen: show.NewScreen(0, false)}
	_, err := con.Read("no such file \x1b[2J\u202e\u009b")
	require.Error(t, err)
	con.Complain(err)
	assertTame(t, stderr.String())
	assert.Contains(t, stderr.String(), "no such file")
}
