// Package stack is the commands that talk to a deployed stack. It alone of the tool needs AWS.
//
// in → out: a message → the stack's topic or queue; a report's id → the report in the stack's tables,
// or why it says what it says; dead letters → the queues that they come from; an inspector's name and a value → its page.
package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
)

const group = "A stack on AWS"

// Commands are those that need AWS, for cli.Main.
func Commands() []kong.Option {
	return []kong.Option{
		kong.DynamicCommand("inspect", "Ask one inspector alone, with your own key.", "On this computer", &inspecting{}),
		kong.DynamicCommand("emit", "Send one report by one emitter, or show what would be sent.", "On this computer", &emitting{}),
		kong.DynamicCommand("send", "Publish a message to a stack, as a sender would.", group, &send{}),
		kong.DynamicCommand("reports", "List a stack's reports.", group, &reports{}),
		kong.DynamicCommand("report", "Print a report of a stack, or follow it until its verdict.", group, &report{}),
		kong.DynamicCommand("explain", "Say why a report of a stack says what it says.", group, &explainReport{}),
		kong.DynamicCommand("quota", "Say what is used of the quotas of a stack's keys.", group, &quota{}),
		kong.DynamicCommand("redrive", "List a stack's dead letters, or put them back.", group, &redriving{}),
		kong.DynamicCommand("quarantine", "List what quarantine did, or put it back.", group, &quarantining{}),
	}
}

// target is which stack.
type target struct {
	Stack  string `env:"ALERTRESPONDER_STACK" placeholder:"NAME" help:"The stack's name."`
	Region string `placeholder:"REGION" help:"The stack's region; if not given, that of the AWS configuration."`
}

var errNoStack = console.Usage(errors.New("--stack: missing, expected the stack's name; or set ALERTRESPONDER_STACK"))

// config is the AWS configuration, as the aws command has it.
func (t target) config(ctx context.Context) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx, func(o *config.LoadOptions) error {
		o.Region = t.Region
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("AWS configuration: %w", err)
	}
	if c.Region == "" {
		return c, console.Usage(errors.New("--region: missing, and the AWS configuration has none"))
	}
	return c, nil
}
