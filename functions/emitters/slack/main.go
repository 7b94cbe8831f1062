// Slack is the function Slack of template.yml.
//
// in → out: reports from its queue, a token or a webhook in SLACK_SECRET_ARN or SLACK_KEY → messages in SLACK_CHANNEL.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/emitters/slack"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Delivery("SLACK")
	if err != nil {
		return awslambda.Unfit(err)
	}
	emitter, err := slack.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
