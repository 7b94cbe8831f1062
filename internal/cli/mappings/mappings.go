// Package mappings checks mapping files on a laptop.
//
// in → out: a mapping file and messages → its faults, or which mapping read each message, its alerts, and what each
// expression gave; as text or as lines of JSON.
package mappings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/mapping"
)

// Command is the command line of mapping.
type Command struct {
	Test Test `cmd:"" help:"Check a mapping file, and read sample messages by it."`
}

// Help is the detailed help.
func (Command) Help() string {
	return `A mapping file says which messages are of a sender of your own, and which of their fields give which of an alert.
docs/mappings.md describes it.

Examples:

    alertresponder mapping test mappings.yml
    alertresponder mapping test mappings.yml sample.json`
}

// Load reads a mapping file. Its faults are said one by one; the error ends the command.
func Load(con *console.Console, file string) (*mapping.Set, error) {
	text, err := con.Read(file)
	if err != nil {
		return nil, err
	}
	set, err := mapping.Parse(text)
	if err == nil {
		return set, nil
	}
	list := mapping.Faults(err)
	for _, f := range list {
		con.Complain(errors.New(f.In(console.Name(file))))
	}
	if len(list) == 0 {
		con.Complain(fmt.Errorf("%s: %w", console.Name(file), err))
	}
	return nil, console.Exit{Code: console.BadUsage}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}

// said is what a check without samples says.
func said(file string, set *mapping.Set) string {
	return fmt.Sprintf("%s: %s: %s\n", console.Name(file), plural(len(set.Sources()), "mapping"), strings.Join(set.Sources(), ", "))
}
