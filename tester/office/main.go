// Office is an inspector that knows one's own addresses.
//
// in → out: an address → harmless, if it is of the office.
package main

import (
	"context"
	"net/netip"

	"github.com/aws/aws-lambda-go/lambda"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda"
)

var office = netip.MustParsePrefix("203.0.113.0/24")

func inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	addr, err := netip.ParseAddr(task.Attribute.Value)
	if err != nil || !office.Contains(addr) {
		return responder.Page{}, nil // nothing found
	}
	return responder.Page{Title: "Our own office", Signals: []responder.Signal{{
		Kind: "office", Verdict: responder.Harmless, Score: 100, Source: "office", Summary: "an address of our office",
	}}}, nil
}

func main() {
	lambda.Start(awslambda.Inspector(responder.InspectorFunc(inspect), awslambda.Options{}))
}
