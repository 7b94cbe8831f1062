package stack

import (
	"context"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/emit"
)

// emitting is the command line of emit.
type emitting struct {
	emit.Command
	Region string `placeholder:"REGION" help:"The region of what acts on AWS; if not given, that of the AWS configuration."`
}

// Run is the command.
func (c *emitting) Run(ctx context.Context, con *console.Console) error {
	c.Config = target{Region: c.Region}.config
	return c.Command.Run(ctx, con)
}
