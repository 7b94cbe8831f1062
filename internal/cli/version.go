package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
)

type version struct{}

// Help is the detailed help.
func (version) Help() string {
	return `The version, the commit that it was built from, and the Go version.

Example:

    alertresponder version`
}

// Run is the command.
func (version) Run(con *console.Console) error {
	_, err := fmt.Fprintf(con.Out, "%s %s\n", name, described(debug.ReadBuildInfo()))
	return err
}

func described(info *debug.BuildInfo, ok bool) string {
	if !ok {
		info = &debug.BuildInfo{}
	}
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	text := cmp.Or(info.Main.Version, "(devel)")
	rev := set["vcs.revision"]
	rev = rev[:min(len(rev), 12)]
	if !strings.Contains(text, rev) { // a pseudo-version has it already
		text += " " + rev
		if set["vcs.modified"] == "true" {
			text += "+dirty"
		}
	}
	return fmt.Sprintf("%s %s %s/%s", text, cmp.Or(info.GoVersion, runtime.Version()), runtime.GOOS, runtime.GOARCH)
}
