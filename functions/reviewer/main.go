// Reviewer is the function Reviewer of template.yml.
//
// in → out: reports from ReviewQueue → verdicts on ReportNotification.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/onaws/judge"
	"github.com/m-mizutani/AlertResponder/internal/onaws/messages"
	"github.com/m-mizutani/AlertResponder/internal/onaws/tables"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	return onaws.Stage(pipeline.Ports.Reviewer,
		tables.Core,
		judge.Policy,
		messages.To([]string{bus.ReportNotification}, []string{bus.ReviewQueue}))
}
