// Greynoise is the function Greynoise of template.yml.
//
// in → out: tasks from its queue, a key in GREYNOISE_SECRET_ARN or GREYNOISE_API_KEY → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/greynoise"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Intel("GREYNOISE")
	if err != nil {
		return awslambda.Unfit(err)
	}
	inspector, err := greynoise.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
