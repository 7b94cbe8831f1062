// Inspector is the function of the example inspector.
//
// in → out: tasks from its queue → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
	"github.com/m-mizutani/AlertResponder/tester/plugins"
)

func main() {
	lambda.Start(awslambda.Inspector(responder.InspectorFunc(plugins.Inspect), awslambda.Options{}))
}
