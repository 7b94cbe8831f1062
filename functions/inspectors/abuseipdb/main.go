// Abuseipdb is the function Abuseipdb of template.yml.
//
// in → out: tasks from its queue, a key in ABUSEIPDB_SECRET_ARN or ABUSEIPDB_API_KEY → pages on SubmissionQueue.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/abuseipdb"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	settings, err := awslambda.Intel("ABUSEIPDB")
	if err != nil {
		return awslambda.Unfit(err)
	}
	inspector, err := abuseipdb.New(settings)
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
