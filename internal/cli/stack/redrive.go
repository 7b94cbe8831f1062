package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
)

// redriving is the command line of redrive.
type redriving struct {
	target
	List   bool     `help:"Only list the queues, their dead letters and why; also the default where no queue is named."`
	All    bool     `help:"Put back the dead letters of all queues."`
	Max    *int     `placeholder:"N" help:"Put back at most so many messages, in all."`
	DryRun bool     `help:"Only say what would be put back."`
	Output string   `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one queue a line (otherwise)."`
	Queues []string `arg:"" optional:"" name:"queue" help:"A queue of dead letters by its name in the stack, or a queue whose dead letters are meant."`
}

// Help is the detailed help.
func (redriving) Help() string {
	return `A message that a function has failed at too often waits in a queue of dead letters for 14 days, and so
does what SNS could not deliver. Without arguments they are listed, and none is touched. Named queues are put back:
each message goes to the queue that it comes from, as the same alert with its own time, and is then deleted. What
cannot be put back stays, and so does what may be somebody else's, in a queue that others use too. What dies again meanwhile stays too: mend what it died of first; the log of the function
says that. The stack may also be one of plugins.

Examples:

    alertresponder redrive --stack alertresponder
    alertresponder redrive --stack alertresponder AlertDeadLetters --max 1
    alertresponder redrive --stack alertresponder --all --dry-run
    alertresponder redrive --stack alertresponder --all -o json | jq 'select(.stay > 0)'

Exit codes: 0, also where there was nothing to put back; 1 if something could not be put back, or a queue could not be
looked into; 2 bad usage.`
}

// Run is the command.
func (c *redriving) Run(ctx context.Context, con *console.Console) error {
	if err := c.check(); err != nil {
		return err
	}
	cfg, err := c.config(ctx)
	if err != nil {
		return err
	}
	queues := sqs.NewFromConfig(cfg)
	return c.run(ctx, con, redrive.Finder{Stacks: cloudformation.NewFromConfig(cfg), Topics: sns.NewFromConfig(cfg), Queues: queues}, queues)
}

func (c *redriving) check() error {
	lists := c.List || len(c.Queues) == 0 && !c.All
	switch {
	case c.Stack == "":
		return errNoStack
	case c.All && len(c.Queues) > 0:
		return console.Usage(errors.New("--all: means all queues, expected no name of one"))
	case c.Max != nil && *c.Max < 1:
		return console.Usage(fmt.Errorf("--max: %d, expected at least 1", *c.Max))
	case lists && (c.DryRun || c.Max != nil):
		return console.Usage(errors.New("--dry-run and --max are for putting back, expected --all or the name of a queue, and no --list"))
	}
	return nil
}

func (c *redriving) run(ctx context.Context, con *console.Console, f redrive.Finder, client redrive.SQS) error {
	con.Progress("looking for the queues of stack " + c.Stack)
	all, err := f.Find(ctx, c.Stack)
	con.Progress("")
	if err != nil {
		return err
	}
	chosen, err := c.choose(all)
	if err != nil {
		return err
	}
	if c.List || len(c.Queues) == 0 && !c.All {
		return c.list(ctx, con, client, chosen)
	}
	return c.putBack(ctx, con, client, chosen)
}

// choose gives the queues that are meant, or says that there is none of a name.
func (c *redriving) choose(all []redrive.Queue) (chosen []redrive.Queue, err error) {
	if len(c.Queues) == 0 {
		return all, nil
	}
	for _, name := range c.Queues {
		if !slices.ContainsFunc(all, func(q redrive.Queue) bool { return q.Is(name) }) {
			return nil, console.Usage(fmt.Errorf("%.80q: no queue of dead letters, expected %s", name, names(all)))
		}
	}
	for _, q := range all {
		if slices.ContainsFunc(c.Queues, q.Is) {
			chosen = append(chosen, q)
		}
	}
	return chosen, nil
}

func names(all []redrive.Queue) string {
	list := make([]string, len(all))
	for i, q := range all {
		list[i] = q.Name
	}
	if len(list) == 0 {
		return "none: the stack has no such queue"
	}
	return strings.Join(list, ", ")
}

// list looks into the queues in which something waits.
func (c *redriving) list(ctx context.Context, con *console.Console, client redrive.SQS, queues []redrive.Queue) error {
	var failed []error
	rows := make([]deadQueue, len(queues))
	for i, q := range queues {
		var looks []redrive.Look
		if q.Err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", q.Name, q.Err))
		} else if q.Letters > 0 {
			con.Progress("looking into " + q.Name)
			var err error
			if looks, err = redrive.LookInto(ctx, client, q); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", q.Name, err))
			}
		}
		rows[i] = listedQueue(q, looks)
	}
	con.Progress("")
	if err := c.printList(con, rows); err != nil {
		return err
	}
	return conclude(ctx, con, failed)
}

func conclude(ctx context.Context, con *console.Console, failed []error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, err := range failed {
		con.Complain(err)
	}
	if len(failed) > 0 {
		return console.Exit{Code: console.NotDone}
	}
	return nil
}

// putBack puts back queue by queue, and prints what became of each.
func (c *redriving) putBack(ctx context.Context, con *console.Console, client redrive.SQS, queues []redrive.Queue) error {
	r := &redrive.Run{SQS: client, Dry: c.DryRun, Tell: func(q redrive.Queue, done int) {
		con.Progress(fmt.Sprintf("%s: %d of about %d", q.Name, done, max(q.Letters, done)))
	}}
	if c.Max != nil {
		r.Max = *c.Max
	}
	ok, told := true, false
	for _, q := range queues {
		if ctx.Err() != nil || r.Done() {
			break
		}
		o := r.Queue(ctx, q)
		con.Progress("")
		if c.All && !con.JSON(c.Output) && o.Nothing() {
			continue
		}
		if err := c.printOutcome(con, o, r.Done()); err != nil {
			return err
		}
		ok, told = ok && o.OK(), true
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !ok:
		return console.Exit{Code: console.NotDone, Err: errors.New("not all could be put back")}
	case !told && !con.JSON(c.Output):
		_, err := fmt.Fprintln(con.Out, "no dead letters")
		return err
	}
	return nil
}
