package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Settings are what an emitter of a service is made with.
type Settings struct {
	// Key is the service's key: a token, or what the emitter says.
	Key responder.Secret
	// Getenv reads an environment variable of the function. Nil: all are empty.
	Getenv func(name string) string
	// BaseURL replaces the service's own, for tests and private deployments.
	BaseURL string
	// Transport makes the requests; the default transport of net/http if nil.
	Transport http.RoundTripper
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Env is the value of an environment variable, without spaces around it.
func (s Settings) Env(name string) string {
	if s.Getenv == nil {
		return ""
	}
	return strings.TrimSpace(s.Getenv(name))
}

// Bearer authorizes by a token in the header Authorization.
func Bearer(key responder.Secret) func(context.Context, *http.Request) error {
	return func(ctx context.Context, r *http.Request) error {
		token, err := key(ctx)
		if err != nil {
			return err
		}
		if token = strings.TrimSpace(token); token == "" {
			return errors.New("it is empty")
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// ParseOptions reads what stands in one environment variable: name=value separated by white space or semicolons, each
// name at most once. The error names all that cannot be read, and what there is.
func ParseOptions(text string, known ...string) (map[string]string, error) {
	out := map[string]string{}
	var errs []error
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ';' || r == '\n' || r == '\t' }) {
		name, value, ok := strings.Cut(part, "=")
		_, twice := out[name]
		switch {
		case !ok || !slices.Contains(known, name):
			errs = append(errs, fmt.Errorf("%.60q, expected %s", part, strings.Join(known, "=… ")+"=…"))
		case twice:
			errs = append(errs, fmt.Errorf("%.60q: given twice", name))
		default:
			out[name] = value
		}
	}
	return out, errors.Join(errs...)
}
