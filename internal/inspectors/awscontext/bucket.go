package awscontext

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func (l *look) bucket(context.Context, string) (responder.Page, error) { return responder.Page{}, nil }
func (l *look) function(context.Context, string) (responder.Page, error) {
	return responder.Page{}, nil
}
