package delivery

import (
	"context"
	"fmt"
	"net/http"
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
		token = strings.TrimSpace(token)
		if token == "" || len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return KeyError(fmt.Sprintf("it is empty, longer than %d bytes, or has what no header can carry", maxToken))
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// maxToken bounds a token, in bytes: servers take about 8 KiB of headers.
const maxToken = 4 << 10
