package awscontext

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func (l *look) accessKey(context.Context, string) (responder.Page, error) {
	return responder.Page{}, nil
}
func (l *look) user(context.Context, string) (responder.Page, error)   { return responder.Page{}, nil }
func (l *look) role(context.Context, string) (responder.Page, error)   { return responder.Page{}, nil }
func (l *look) bucket(context.Context, string) (responder.Page, error) { return responder.Page{}, nil }
func (l *look) function(context.Context, string) (responder.Page, error) {
	return responder.Page{}, nil
}

// createdBy says who called an action of an account that names a resource, by its trail; "" where that is not known.
func (l *look) createdBy(ctx context.Context, action, resource string) (string, error) {
	return "", nil
}
