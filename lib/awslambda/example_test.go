package awslambda_test

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

func inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	return responder.Page{}, nil // nothing found
}

// The main function of an inspector: its id and its types come from the environment.
func ExampleInspector() {
	lambda.Start(awslambda.Inspector(responder.InspectorFunc(inspect), awslambda.Options{}))
}

// ticket opens a ticket once, and updates it.
type ticket struct{ token responder.Secret }

func (t ticket) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	return responder.Receipt{"ticket": "T-1"}, nil
}

// An emitter with a secret. Where the secret is not configured, each invocation says so, and no message is lost.
func ExampleEmitter() {
	token, err := awslambda.SecretOrEnv("TOKEN_SECRET_ARN", "TOKEN")
	if err != nil {
		lambda.Start(awslambda.Unfit(err))
	}
	lambda.Start(awslambda.Emitter(ticket{token}, awslambda.Options{}))
}
