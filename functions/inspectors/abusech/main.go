// Abusech is the function Abusech of template.yml.
//
// in → out: tasks from its queue, a key in ABUSECH_SECRET_ARN or ABUSECH_API_KEY → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/abusech"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Intel("ABUSECH")
	if err != nil {
		return awslambda.Unfit(err)
	}
	inspector, err := abusech.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
