// Quarantine is the function Quarantine of template.yml.
//
// in → out: reports from its queue, QUARANTINE_MODE and QUARANTINE_RULES → changes of resources, and pages on SubmissionQueue.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	memory, err := awslambda.Memory()
	if err != nil {
		return awslambda.Unfit(err)
	}
	emitter, err := quarantine.New(quarantine.Options{Config: awslambda.Config, Memory: memory, Getenv: os.Getenv})
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
