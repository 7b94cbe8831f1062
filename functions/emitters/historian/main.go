// Historian is the function Historian of template.yml.
//
// in → out: reports from its queue → the index in PLUGIN_DATA that the inspector History looks into.
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
	emitter, err := history.NewHistorian(options)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
