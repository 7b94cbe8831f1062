// Package cli is the command line tool: its grammar, and how it ends.
//
// in → out: arguments → a command that runs → an exit code.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/demo"
	"github.com/m-mizutani/AlertResponder/internal/cli/local"
	"github.com/m-mizutani/AlertResponder/internal/cli/mappings"
	"github.com/m-mizutani/AlertResponder/internal/cli/scaffold"
)

const name = "alertresponder"

const about = `An alert goes in, a verdict comes out: urgent, unclassified or safe, with reasons.

Exit codes: 0 done; 1 something that was asked for could not be had; 2 bad usage; 130 interrupted by Ctrl-C.`

// grammar is the command line. The commands that need AWS come from outside.
type grammar struct {
	NoColor bool `help:"No colours. So do NO_COLOR, TERM=dumb and a pipe."`
	Verbose bool `short:"v" help:"Log to standard error."`

	Demo       demo.Command     `cmd:"" help:"A story in the terminal: from a finding to a verdict." group:"On this computer"`
	Local      local.Command    `cmd:"" help:"Run alerts through the whole pipeline, here." group:"On this computer"`
	Mapping    mappings.Command `cmd:"" help:"Check a mapping file, for messages of senders of your own." group:"On this computer"`
	New        scaffold.Command `cmd:"" help:"Begin an inspector of your own." group:"On this computer"`
	Version    version          `cmd:"" help:"Print the version." group:"This tool"`
	Completion completion       `cmd:"" help:"Print a completion script for a shell." group:"This tool"`
}

// Main runs the tool, and returns the exit code.
func Main(args []string, more ...kong.Option) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	con := console.Standard()
	err := run(ctx, con, args, more)
	code, say := console.Code(err)
	if say {
		con.Complain(err)
	}
	return code
}

func run(ctx context.Context, con *console.Console, args []string, more []kong.Option) error {
	var g grammar
	k, err := kong.New(&g, append([]kong.Option{
		kong.Name(name), kong.Description(about), kong.Writers(con.Out, con.Err),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, WrapUpperBound: 110}),
		kong.Bind(con), kong.BindTo(ctx, (*context.Context)(nil)),
	}, more...)...)
	if err != nil {
		return err
	}
	chosen, err := k.Parse(helpIsAFlag(args))
	if err != nil {
		return console.Usage(fmt.Errorf("%w; try %s --help", err, tried(name, err)))
	}
	con.Verbose = g.Verbose
	con.SetColor(!g.NoColor)
	return chosen.Run()
}

// helpIsAFlag makes "report --help" of "help report": many tools have both, so both are tried.
func helpIsAFlag(args []string) []string {
	if len(args) == 0 || args[0] != "help" {
		return args
	}
	return append(slices.Clone(args[1:]), "--help")
}

// tried is the command whose help says more.
func tried(name string, err error) string {
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context.Selected() != nil {
		return p.Context.Selected().FullPath()
	}
	return name
}
