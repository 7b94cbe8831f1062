// Dispatcher is the function Dispatcher of template.yml.
//
// in → out: tasks that waited in InspectionQueue → TaskNotification.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/onaws/messages"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	return onaws.Stage(pipeline.Ports.Dispatcher,
		messages.To([]string{bus.TaskNotification}, nil))
}
