package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/inspect"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// inspecting is the command line of inspect. It takes the name of a stack from its flag alone: to look into something from
// one's own computer needs none.
type inspecting struct {
	inspect.Command
	Stack  string `placeholder:"NAME" help:"Use what this stack remembers: answers, quotas, former reports."`
	Region string `placeholder:"REGION" help:"The region of the stack, and of awscontext; if not given, that of the AWS configuration."`
}

// Run is the command.
func (c *inspecting) Run(ctx context.Context, con *console.Console) error {
	c.Home = c.Region
	if c.Stack != "" {
		t := target{c.Stack, c.Region}
		cfg, err := t.config(ctx)
		if err != nil {
			return err
		}
		if c.Memory, err = t.memory(ctx, cfg); err != nil {
			return err
		}
	}
	return c.Command.Run(ctx, con)
}

// memory is what the plugins of the stack remember.
func (t target) memory(ctx context.Context, cfg aws.Config) (responder.Memory, error) {
	table, err := resources{cloudformation.NewFromConfig(cfg), t.Stack}.id(ctx, pluginDataTable)
	if err != nil {
		return nil, err
	}
	return dynamo.NewMemory(dynamodb.NewFromConfig(cfg), table), nil
}
