// Pagerduty is the function Pagerduty of template.yml.
//
// in → out: reports from its queue, a key in PAGERDUTY_SECRET_ARN or PAGERDUTY_KEY → incidents of that service.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/emitters/pagerduty"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Delivery("PAGERDUTY")
	if err != nil {
		return awslambda.Unfit(err)
	}
	emitter, err := pagerduty.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
