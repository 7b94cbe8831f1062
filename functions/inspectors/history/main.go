// History is the function History of template.yml.
//
// in → out: tasks from its queue, the index that Historian writes in PLUGIN_DATA → pages on SubmissionQueue.
package main

import (
	"errors"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	memory, missing := awslambda.Memory()
	keep, odd := history.Days(os.Getenv("RETENTION_DAYS"))
	if err := errors.Join(missing, odd); err != nil {
		return awslambda.Unfit(err)
	}
	inspector, err := history.New(history.Options{Memory: memory, Keep: keep})
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
