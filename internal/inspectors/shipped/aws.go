//go:build !demo

package shipped

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/awscontext"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func onAWS() []Inspector {
	return []Inspector{{ID: awscontext.ID, Name: awscontext.Name, Types: awscontext.Types, build: inAccounts}}
}

// inAccounts has the AWS configuration as the aws command has it.
func inAccounts(s Settings) (responder.Inspector, error) {
	return awscontext.New(awscontext.Options{Roles: s.Roles, Config: func(ctx context.Context) (aws.Config, error) {
		return config.LoadDefaultConfig(ctx, config.WithRegion(s.Region), config.WithSharedConfigProfile(s.Profile))
	}})
}
