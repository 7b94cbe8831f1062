// Virustotal is the function Virustotal of template.yml.
//
// in → out: tasks from its queue, a key in VIRUSTOTAL_SECRET_ARN or VIRUSTOTAL_API_KEY → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Intel("VIRUSTOTAL")
	if err != nil {
		return awslambda.Unfit(err)
	}
	inspector, err := virustotal.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
