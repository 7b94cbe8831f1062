// Receptor is the function Receptor of template.yml.
//
// in → out: alerts from AlertQueue → reports opened or joined, tasks, notices, the deadline.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/onaws/inspectors"
	"github.com/m-mizutani/AlertResponder/internal/onaws/mappings"
	"github.com/m-mizutani/AlertResponder/internal/onaws/messages"
	"github.com/m-mizutani/AlertResponder/internal/onaws/tables"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	return onaws.Stage(pipeline.Ports.Receptor,
		tables.Core,
		inspectors.Listed,
		mappings.Given,
		onaws.Rules,
		messages.To(
			[]string{bus.TaskNotification, bus.ReportNotification},
			[]string{bus.AlertQueue, bus.InspectionQueue, bus.ReviewQueue},
		))
}
