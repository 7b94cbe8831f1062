package stack

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/table"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
)

// explainReport is the command line of explain.
type explainReport struct {
	target
	ID     string `arg:"" name:"id" help:"The report's id."`
	Output string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json (otherwise)."`
}

// Help is the detailed help.
func (explainReport) Help() string {
	return `Says why a report says what it says: why its alerts are one report, and what was new in each; which inspector was asked
for what, what it answered, who failed, is missing or awaited; each verdict, with the evidence that was new in it,
its rules and its signals; and whether the last verdict has all evidence. It works also for a report without a verdict, and
for one whose place another report has taken.

Of an answer, shown is when it was sent the last time, and which verdict was the first to have it. An answer of an older
release has no time: if such a one was sent again, the verdict may have what it said before. A row that cannot be read is
named, and the rest is explained without it.

In JSON, the fields are: live (current, replaced, gone, unreadable), incident, alerts, asked, waves, verdicts, present,
timeline, unread. Fields are added, never renamed.

Examples:

    alertresponder explain --stack alertresponder 3XJ5…-mq3k2w00
    alertresponder explain --stack alertresponder -o json 3XJ5…-mq3k2w00 | jq '.asked[] | select(.status == "missing")'

Exit codes: 0 explained; 1 no such report, or it could not be read; 2 bad usage.`
}

// Run is the command.
func (c *explainReport) Run(ctx context.Context, con *console.Console) error {
	fingerprint, _, err := protocol.ParseReportID(c.ID)
	if err != nil {
		return console.Usage(err)
	}
	t, err := c.rows(ctx)
	if err != nil {
		return err
	}
	e, err := t.explain(ctx, con, c.ID, fingerprint)
	if err != nil {
		return err
	}
	return c.write(con, e)
}

func (c *explainReport) write(con *console.Console, e explain.Explanation) error {
	text := []byte(con.Screen.Explanation(e))
	if con.JSON(c.Output) {
		var err error
		if text, err = show.JSON(e); err != nil {
			return err
		}
	}
	_, err := con.Out.Write(text)
	return err
}

// explained are the tables that an explanation is made of.
type explained struct {
	items interface {
		Get(ctx context.Context, fingerprint string) (protocol.Item, error)
	}
	rows table.Table
	now  func() time.Time
}

// rows are the tables of the stack, to be read row by row.
func (t target) rows(ctx context.Context) (explained, error) {
	if t.Stack == "" {
		return explained{}, errNoStack
	}
	cfg, err := t.config(ctx)
	if err != nil {
		return explained{}, err
	}
	r := resources{cloudformation.NewFromConfig(cfg), t.Stack}
	var names dynamo.Tables
	if names.AlertMap, err = r.id(ctx, alertMapTable); err != nil {
		return explained{}, err
	}
	if names.ReportData, err = r.id(ctx, reportDataTable); err != nil {
		return explained{}, err
	}
	return explainedBy(dynamodb.NewFromConfig(cfg), names), nil
}

func explainedBy(client *dynamodb.Client, names dynamo.Tables) explained {
	return explained{dynamo.New(client, names, longest), table.Table{Client: client, Name: names.ReportData}, time.Now}
}

// explain reads the item first, so that no verdict that it names is missing among the rows.
func (t explained) explain(ctx context.Context, con *console.Console, id, fingerprint string) (explain.Explanation, error) {
	defer con.Progress("")
	con.Progress("reading who is awaited")
	live, err := t.live(ctx, fingerprint)
	if err != nil {
		return explain.Explanation{}, err
	}
	now := t.now()
	reading := t.rows.Read(ctx, id)
	e := explain.Explain(id, live, counting(reading.Rows, con), now)
	switch {
	case reading.Err() != nil:
		return e, reading.Err()
	case e.Found():
		return e, nil
	case e.Live == explain.Unreadable:
		return e, fmt.Errorf("nothing but a row that cannot be read: %s", live.Problem)
	case e.Live == explain.Replaced:
		return e, fmt.Errorf("%w; the present one of the same incident is %s", errNoReport, e.ReplacedBy)
	}
	return e, errNoReport
}

// live is the item of a fingerprint. One that is there and cannot be read is told of, and no reason to say nothing.
func (t explained) live(ctx context.Context, fingerprint string) (explain.Live, error) {
	item, err := t.items.Get(ctx, fingerprint)
	var failed *smithy.OperationError
	switch {
	case err == nil:
		return explain.Live{Item: item}, nil
	case ctx.Err() != nil || errors.As(err, &failed):
		return explain.Live{}, err
	}
	return explain.Live{Problem: err.Error()}, nil
}

// counting shows how many rows were read.
func counting(rows iter.Seq[explain.Row], con *console.Console) iter.Seq[explain.Row] {
	return func(yield func(explain.Row) bool) {
		n := 0
		for row := range rows {
			if n++; n%20 == 1 {
				con.Progress(fmt.Sprintf("reading what is stored, row %d", n))
			}
			if !yield(row) {
				return
			}
		}
	}
}
