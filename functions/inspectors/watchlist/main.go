// Watchlist is the function Watchlist of template.yml.
//
// in → out: tasks from its queue, lists in WATCHLIST_BUCKET → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist/s3"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	inspector, err := s3.FromEnv()
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
