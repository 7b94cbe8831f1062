// Submitter is the function Submitter of template.yml.
//
// in → out: pages from SubmissionQueue, or one page by invocation → evidence; a review when all have answered.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/onaws/inspectors"
	"github.com/m-mizutani/AlertResponder/internal/onaws/messages"
	"github.com/m-mizutani/AlertResponder/internal/onaws/tables"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	return onaws.Stage(pipeline.Ports.Submitter,
		tables.Core,
		inspectors.Listed,
		onaws.ReviewDelay,
		messages.To([]string{bus.TaskNotification}, []string{bus.ReviewQueue}))
}
