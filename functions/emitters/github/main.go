// Github is the function Github of template.yml.
//
// in → out: reports from its queue, a token in GITHUB_SECRET_ARN or GITHUB_KEY → issues of GITHUB_REPOSITORY.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/emitters/github"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Delivery("GITHUB")
	if err != nil {
		return awslambda.Unfit(err)
	}
	emitter, err := github.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
