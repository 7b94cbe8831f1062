// Securityhub is the function Securityhub of template.yml.
//
// in → out: reports from its queue, SECURITYHUB_ON → what Security Hub and GuardDuty say of the findings in them.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/emitters/securityhub"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	memory, err := awslambda.Memory()
	if err != nil {
		return awslambda.Unfit(err)
	}
	emitter, err := securityhub.New(securityhub.Options{Config: awslambda.Config, Memory: memory, Getenv: os.Getenv})
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
