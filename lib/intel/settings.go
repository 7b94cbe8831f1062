package intel

import (
	"net/http"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Settings are what an inspector of a service is made with. The zero value asks the real service without a key.
type Settings struct {
	// Key is the service's key, nil for none.
	Key responder.Secret
	// Memory holds answers and the quota of the key. Nil: one that ends with the process.
	Memory responder.Memory
	// Getenv reads an environment variable of the function: limits, domains of one's own. Nil: all are empty.
	Getenv func(name string) string
	// BaseURL replaces the service's own, for tests and private deployments.
	BaseURL string
	// Transport makes the requests; the default transport of net/http if nil.
	Transport http.RoundTripper
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Env is the value of an environment variable.
func (s Settings) Env(name string) string {
	if s.Getenv == nil {
		return ""
	}
	return s.Getenv(name)
}

// clock is Now, or the default.
func (s Settings) clock() func() time.Time {
	if s.Now == nil {
		return time.Now
	}
	return s.Now
}
