// Package awscontext is the inspector that looks into one's own AWS accounts.
//
// in → out: an instance, address, access key, user, role, bucket, function or ARN → what it is, whose it is, what it may
// do and what it did lately.
package awscontext

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ID names the inspector; Name is for people.
const (
	ID   = "awscontext"
	Name = "AWS"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{
	responder.TypeInstance, responder.TypeIPAddr, responder.TypeAccessKey, responder.TypeUsername, responder.TypeBucket, responder.TypeARN,
}

// Options of the inspector.
type Options struct {
	// Config gives the configuration of the SDK in the function's own account and region.
	Config func(context.Context) (aws.Config, error)
	// Roles are the ARNs of roles to assume, one for each other account that is looked into.
	Roles []string
}

// New makes the inspector.
func New(o Options) (responder.Inspector, error) {
	return responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, nil
	}), nil
}
