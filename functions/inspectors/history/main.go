// History is the function History of template.yml.
//
// in → out: tasks from its queue, the index that Historian writes in PLUGIN_DATA → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	options, err := history.FromEnv(awslambda.Memory())
	if err != nil {
		return awslambda.Unfit(err)
	}
	inspector, err := history.New(options)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
