package extract

import (
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// normalDomain is a domain in its one spelling.
func normalDomain(name string) string {
	return entity.Normalize(responder.Attribute{Type: responder.TypeDomain, Value: name}).Value
}
