package security

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// canary stands in all secrets. Where it sings, a secret has got out.
const canary = "canary4d1f0e9b7c"

// assertSilent says that no spelling of the canary is in a text.
func assertSilent(t *testing.T, where, text string) {
	t.Helper()
	for _, c := range []string{canary, strings.ToUpper(canary), base64.StdEncoding.EncodeToString([]byte(canary))[:16], url.QueryEscape(canary)} {
		if i := strings.Index(text, c); i >= 0 {
			assert.Fail(t, "a secret has got out", "%s: %q", where, text[max(i-200, 0):min(i+60, len(text))])
			return
		}
	}
}

// roundTrip is a function as a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// services are what can become of a request. All that answer say what they were asked, the secrets included.
var services = map[string]roundTrip{
	"no such host":       refusing(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "hooks.example"}}),
	"an odd certificate": refusing(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}),
	"hangs":              func(r *http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded },
	"hangs up":           refusing(io.ErrUnexpectedEOF),
	"an odd error": func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("malformed HTTP response %q to %s %v", canary, r.URL, r.Header)
	},
	"200": answering(http.StatusOK), "302": answering(http.StatusFound), "307": answering(http.StatusTemporaryRedirect),
	"400": answering(http.StatusBadRequest), "401": answering(http.StatusUnauthorized), "403": answering(http.StatusForbidden),
	"404": answering(http.StatusNotFound), "429": answering(http.StatusTooManyRequests), "500": answering(http.StatusInternalServerError),
}

func refusing(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func answering(status int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Location": {"https://elsewhere.example/" + canary}, "Retry-After": {"60"}, "Content-Type": {"application/json"}}
		body := fmt.Sprintf(`{"error": %q, "token": %q}`, fmt.Sprint(r.URL, r.Header), canary)
		return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", canary), Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// Whatever a service does, no secret gets into a log, a report, a notice, a dead letter or a receipt.
func TestSecretsOfPlugins(t *testing.T) {
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			nothingFetched(t)
			var calls atomic.Int32
			listening(t, func(log *bytes.Buffer) inprocess.Config {
				return wired(t, logging.New(log, "debug"), func(name string, hosts, _ []string) http.RoundTripper {
					return roundTrip(func(r *http.Request) (*http.Response, error) {
						calls.Add(1)
						assert.Contains(t, hosts, r.URL.Host, "%s follows", name)
						return service(r)
					})
				})
			})
			assert.NotZero(t, calls.Load())
		})
	}
}

// listening runs an alert through a pipeline, and listens everywhere.
func listening(t *testing.T, configure func(log *bytes.Buffer) inprocess.Config) {
	t.Helper()
	var logs bytes.Buffer
	c := configure(&logs)
	messages := 0
	c.Wrap.Handler = func(queue string, h host.Handler) host.Handler {
		return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
			messages++
			assertSilent(t, "a message of "+queue, string(payload))
			answer, err := h.Invoke(ctx, payload)
			assertSilent(t, "an answer from "+queue, fmt.Sprint(string(answer), err))
			return answer, err
		})
	}
	p, reports := run(t, c, []byte(`{"name": "a", "rule": "r", "key": "k", "attrs": [{"type": "ipaddr", "value": "198.51.100.66", "context": ["remote"]}]}`))
	require.Len(t, reports, 1)
	text, err := json.Marshal(reports)
	require.NoError(t, err)
	assertSilent(t, "a report", string(text))
	assertSilent(t, "the log", logs.String())
	assertSilent(t, "dead letters", strings.Join(p.DeadLetters(), "\n"))
	assert.Greater(t, messages, 3)
}

type handler func(ctx context.Context, payload []byte) ([]byte, error)

func (f handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

// A plugin that hands on what its client says, as most do, tells no secret either: the error of a request quotes its URL,
// and many services want their key there.
func TestSecretsInErrorsOfStrangers(t *testing.T) {
	fails := func(ctx context.Context) error {
		client := http.Client{Transport: refusing(errors.New("connection reset"))}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+canary+":x@intel.example/"+canary+"?apikey="+canary, nil)
		if err != nil {
			return err
		}
		_, err = client.Do(r)
		return fmt.Errorf("look up: %w", err)
	}
	for name, mark := range map[string]func(error) error{
		"for good": responder.Permanent, "again and again": func(err error) error { return err }, "panic": func(err error) error { panic(err) },
	} {
		t.Run(name, func(t *testing.T) {
			listening(t, func(log *bytes.Buffer) inprocess.Config {
				return inprocess.Config{
					Log: logging.New(log, "debug"),
					Inspectors: []inprocess.Inspector{{ID: "i", Types: []string{"*"}, Inspector: responder.InspectorFunc(
						func(ctx context.Context, _ responder.Task) (responder.Page, error) {
							return responder.Page{}, mark(fails(ctx))
						})}},
					Emitters: []inprocess.Emitter{{ID: "e", Emitter: responder.EmitterFunc(
						func(ctx context.Context, _ responder.Report, _ responder.Receipt) (responder.Receipt, error) {
							return nil, mark(fails(ctx))
						})}},
					Reviewer: responder.ReviewerFunc(func(ctx context.Context, _ responder.Report) (responder.Result, error) {
						return responder.Result{}, mark(fails(ctx))
					}),
				}
			})
		})
	}
}

// An answer of AWS to a signature that it refuses quotes what was signed, with the session's token.
func TestSecretsInErrorsOfAWS(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", canary)
	t.Setenv("AWS_SECRET_ACCESS_KEY", canary+"-key")
	quotes := errors.New("SignatureDoesNotMatch: the canonical string should have been 'POST\n/\n\nx-amz-security-token:" + canary + "\n', the key " + canary + "-key")
	listening(t, func(log *bytes.Buffer) inprocess.Config {
		return inprocess.Config{
			Log: logging.New(log, "debug"),
			Inspectors: []inprocess.Inspector{{ID: "i", Types: []string{"*"}, Inspector: responder.InspectorFunc(
				func(context.Context, responder.Task) (responder.Page, error) { return responder.Page{}, quotes })}},
			Reviewer: responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) {
				return responder.Result{}, quotes
			}),
			Wrap: inprocess.Wrap{Bus: func(b bus.Bus) bus.Bus { return &refusingOnce{Bus: b, err: quotes} }},
		}
	})
}

// refusingOnce is a bus whose first publication fails.
type refusingOnce struct {
	bus.Bus
	err error
}

func (b *refusingOnce) Publish(ctx context.Context, topic string, m bus.Message) error {
	if err := b.err; err != nil {
		b.err = nil
		return err
	}
	return b.Bus.Publish(ctx, topic, m)
}

// The ear itself: a secret in a message is heard.
func TestTheCanaryIsHeard(t *testing.T) {
	heard := &testing.T{}
	assertSilent(heard, "", "a "+canary)
	assert.True(t, heard.Failed())
}
