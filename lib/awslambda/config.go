package awslambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config is the configuration of the clients of AWS in the function: the credentials of its role, its region, and time-outs
// that leave time for another attempt. It is read once, when it is first needed.
func Config(ctx context.Context) (aws.Config, error) { return sharedConfig(ctx) }
