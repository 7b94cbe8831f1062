// Pager is an emitter that says in a few words what happened.
//
// in → out: a report → a text for a pager.
package main

import (
	"context"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

type pager struct{ client delivery.Client }

func (p *pager) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	view := render.Options{}.View(r, prev["state"])
	_, err := p.client.Do(ctx, http.MethodPost, "/messages", map[string]string{"id": r.ReportID, "text": view.Text(1000)}, nil)
	if err != nil {
		return nil, err
	}
	return responder.Receipt{"state": view.State()}, nil
}

func main() {
	p := &pager{delivery.Client{Service: "pager", BaseURL: os.Getenv("PAGER_URL")}}
	lambda.Start(awslambda.Emitter(p, awslambda.Options{}))
}
