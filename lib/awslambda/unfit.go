package awslambda

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/logging"
)

// Unfit is the handler of a plugin that cannot be made since its own configuration is at fault. The error is logged
// once, at the start, and each invocation fails with it: no message is lost, and the queue's alarm rings.
func Unfit(err error) lambda.Handler { return unfit(logging.FromEnv(), err) }
