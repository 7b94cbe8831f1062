// Webhook is the function Webhook of template.yml.
//
// in → out: reports from its queue, a secret in WEBHOOK_SECRET_ARN or WEBHOOK_SECRET → POSTs to WEBHOOK_URL.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/emitters/webhook"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	emitter, err := webhook.FromEnv(awslambda.SecretOrEnv("WEBHOOK_SECRET_ARN", "WEBHOOK_SECRET"))
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Emitter(emitter, awslambda.Options{})
}
