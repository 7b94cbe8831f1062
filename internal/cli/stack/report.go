package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// report is the command line of report.
type report struct {
	target
	ID     string `arg:"" name:"id" help:"The report's id."`
	Watch  bool   `short:"w" help:"Wait until all evidence is in a verdict."`
	Output string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json (otherwise)."`
}

// Help is the detailed help.
func (report) Help() string {
	return `Prints the report as it is after its last verdict, with the original messages in JSON. With --watch, first
waits until everyone who was asked has answered, or the deadline has passed, and all of it is judged.

Examples:

    alertresponder report --stack alertresponder 3XJ5…-mq3k2w00
    alertresponder report --stack alertresponder --watch 3XJ5…-mq3k2w00
    alertresponder report --stack alertresponder -o json 3XJ5…-mq3k2w00 | jq .result

Exit codes: 0 printed; 1 no such report, or no verdict yet; 2 bad usage; 130 watching was ended by Ctrl-C.`
}

// Run is the command.
func (c *report) Run(ctx context.Context, con *console.Console) error {
	fingerprint, _, err := protocol.ParseReportID(c.ID)
	if err != nil {
		return console.Usage(err)
	}
	r, err := c.tables(ctx)
	if err != nil {
		return err
	}
	if c.Watch {
		w := watch{reader: r, id: c.ID, fingerprint: fingerprint, tell: con.Progress}
		if err := w.run(ctx); err != nil {
			return err
		}
	}
	return c.print(ctx, con, r, fingerprint)
}

func (c *report) print(ctx context.Context, con *console.Console, r reader, fingerprint string) error {
	found, ok, err := latest(ctx, r, c.ID)
	if err != nil {
		return err
	}
	if !ok {
		return missing(ctx, r, c.ID, fingerprint)
	}
	return c.write(con, found)
}

func (c *report) write(con *console.Console, found responder.Report) error {
	text := []byte(con.Screen.Report(found))
	if con.JSON(c.Output) {
		var err error
		if text, err = show.JSON(found); err != nil {
			return err
		}
	}
	_, err := con.Out.Write(text)
	return err
}

var errNoReport = errors.New("no such report")

// missing says why there is no verdict.
func missing(ctx context.Context, r reader, id, fingerprint string) error {
	item, err := r.Get(ctx, fingerprint)
	switch {
	case err != nil:
		return err
	case item.ReportID != id:
		return errNoReport
	}
	return fmt.Errorf("no verdict yet, %s; --watch waits for it", awaiting(item))
}
