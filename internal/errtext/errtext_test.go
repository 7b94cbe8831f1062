package errtext

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOf(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", "token-of-the-session")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "short")
	at := func(address string) error {
		return &url.Error{Op: "Get", URL: address, Err: &net.DNSError{Err: "no such host", Name: "intel.example"}}
	}
	const said = `Get "https://intel.example": lookup intel.example: no such host`
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"another":       {errors.New("https://a.example/b is down"), "https://a.example/b is down"},
		"a query":       {at("https://intel.example/v1?apikey=hush"), said},
		"a path":        {at("https://intel.example/hush/v1"), said},
		"a user":        {at("https://me:hush@intel.example/"), said},
		"wrapped":       {fmt.Errorf("look up: %w", at("https://intel.example/?k=hush")), "look up: " + said},
		"joined":        {errors.Join(errors.New("a"), fmt.Errorf("b: %w", at("https://intel.example/?k=hush"))), "a\nb: " + said},
		"two in one":    {fmt.Errorf("%w; %w", at("https://intel.example/?k=hush"), at("https://intel.example/hush")), said + "; " + said},
		"no URL":        {&url.Error{Op: "parse", URL: "https://a.example/hush\x7f", Err: errors.New("invalid")}, `parse "(a URL)": invalid`},
		"none":          {&url.Error{Op: "Get", Err: errors.New("no")}, `Get "": no`},
		"a credential":  {errors.New("signed: x-amz-security-token:token-of-the-session, short"), "signed: x-amz-security-token:(AWS_SESSION_TOKEN), short"},
		"nothing in it": {fmt.Errorf("wraps %w", error(empty{})), "wraps empty"},
	} {
		assert.Equal(t, c.want, Of(c.err), name)
	}
}

// empty is an error that says that it wraps, and does not.
type empty struct{}

func (empty) Error() string { return "empty" }
func (empty) Unwrap() error { return nil }
