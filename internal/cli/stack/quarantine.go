package stack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/quarantine"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// quarantining is the command line of quarantine.
type quarantining struct {
	List quarantineList `cmd:"" help:"List what quarantine did, the newest first."`
	Undo quarantineUndo `cmd:"" help:"Put back what quarantine did."`
}

// Help is the detailed help.
func (quarantining) Help() string {
	return `What the emitter quarantine did stands in its stack's table, with how everything was before.

Examples:

    alertresponder quarantine list --stack alertresponder
    alertresponder quarantine undo --stack alertresponder k3jq7f3a2c5b4dxy-1`
}

type quarantineList struct {
	target
	Max    int    `default:"50" placeholder:"N" help:"So many at most."`
	Output string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one action a line (otherwise)."`
}

// Help is the detailed help.
func (quarantineList) Help() string {
	return `Lists what quarantine did in the stack, the last 500 actions at most. The states: doing, it was begun and may have been
done; done; failed, it was given up; undoing, somebody puts it back, and that has not come to an end; undone. A dry-run
leaves nothing here.

Examples:

    alertresponder quarantine list --stack alertresponder
    alertresponder quarantine list --stack alertresponder -o json | jq -r 'select(.state == "done").id'

Exit codes: 0 also for none; 1 if they could not be read; 2 bad usage.`
}

// Run is the command.
func (c *quarantineList) Run(ctx context.Context, con *console.Console) error {
	if c.Max < 1 {
		return console.Usage(fmt.Errorf("--max: %d, expected at least 1", c.Max))
	}
	l, _, err := c.ledger(ctx)
	if err != nil {
		return err
	}
	return quarantine.List(ctx, con, l, c.Max, c.Output)
}

type quarantineUndo struct {
	target
	ID     string `arg:"" name:"id" help:"The action's id, as the report or the list has it."`
	DryRun bool   `help:"Only say what would be put back."`
	Force  bool   `help:"Put back also over what somebody changed since."`
	Output string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json (otherwise)."`
}

// Help is the detailed help.
func (quarantineUndo) Help() string {
	return `Puts a resource back as it was before, with your own AWS credentials: they need the permissions for that in the account
of the resource, besides those to read and write the stack's table. What somebody changed since the action is not
overwritten; it is said what that is, and --force does it. What cannot be put back is said too. Once more is harmless: who was
interrupted tries again. The report of the action does not bring it about again; another report may.

Examples:

    alertresponder quarantine undo --stack alertresponder --dry-run k3jq7f3a2c5b4dxy-1
    alertresponder quarantine undo --stack alertresponder k3jq7f3a2c5b4dxy-1
    alertresponder quarantine undo --stack alertresponder --force k3jq7f3a2c5b4dxy-1 -o json | jq '.left[]'

Exit codes: 0 it is put back, also if it was before; 1 it is not; 2 bad usage.`
}

// Run is the command.
func (c *quarantineUndo) Run(ctx context.Context, con *console.Console) error {
	if !ledger.IsID(c.ID) {
		return console.Usage(fmt.Errorf("%.80q: expected an id as the report or the list has it, such as k3jq7f3a2c5b4dxy-1", c.ID))
	}
	l, cfg, err := c.ledger(ctx)
	if err != nil {
		return err
	}
	own := func(context.Context) (aws.Config, error) { return cfg, nil }
	return quarantine.Undo(ctx, con, l, actions.New(actions.Options{Config: own}), quarantine.Undoing{
		ID: c.ID, How: actions.Undoing{Force: c.Force, Dry: c.DryRun}, Output: c.Output,
		By: func(ctx context.Context) (string, error) { return caller(ctx, cfg) },
	})
}

// caller is who the credentials are of.
func caller(ctx context.Context, cfg aws.Config) (string, error) {
	var answer struct {
		Arn string `xml:"GetCallerIdentityResult>Arn"`
	}
	err := awsapi.Client{Config: cfg, Region: cfg.Region}.Do(ctx, awsapi.STS("GetCallerIdentity"), &answer)
	if err == nil && answer.Arn == "" {
		err = errors.New("sts:GetCallerIdentity: nobody in the answer")
	}
	return answer.Arn, err
}

// ledger is the one of the stack.
func (t target) ledger(ctx context.Context) (ledger.Ledger, aws.Config, error) {
	if t.Stack == "" {
		return ledger.Ledger{}, aws.Config{}, errNoStack
	}
	cfg, err := t.config(ctx)
	if err != nil {
		return ledger.Ledger{}, cfg, err
	}
	m, err := t.memory(ctx, cfg)
	return ledger.Ledger{Memory: m, Now: time.Now}, cfg, err
}
