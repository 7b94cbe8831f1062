// Historian is the function Historian of template.yml.
//
// in → out: reports from its queue → the index in PLUGIN_DATA that the inspector History looks into.
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
	emitter, err := history.NewHistorian(history.Options{Memory: memory, Keep: keep})
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
