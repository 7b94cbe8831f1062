// Awscontext is the function Awscontext of template.yml.
//
// in → out: tasks from its queue, roles in other accounts in AWSCONTEXT_ROLE_ARNS → pages on SubmissionQueue.
package main

import (
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/awscontext"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func main() { lambda.Start(start()) }

func start() lambda.Handler {
	inspector, err := awscontext.New(awscontext.Options{
		Config: awslambda.Config, Roles: strings.FieldsFunc(os.Getenv("AWSCONTEXT_ROLE_ARNS"), func(r rune) bool { return r == ',' }),
	})
	if err != nil {
		return awslambda.Unfit(err)
	}
	return awslambda.Inspector(inspector, awslambda.Options{})
}
