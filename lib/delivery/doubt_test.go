package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const secret = "k3y-0123456789"

func known(context.Context) (string, error) { return secret, nil }

// serve is a service, and tells what it was asked so far.
func serve(t *testing.T, f http.HandlerFunc) (*httptest.Server, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		list = append(list, r.Method+" "+r.URL.String())
		mu.Unlock()
		f(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// post asks by POST, and sees to it that the secret stands nowhere.
func post(t *testing.T, c *delivery.Client) (delivery.Answer, error) {
	t.Helper()
	var out struct{ ID string }
	a, err := c.Do(t.Context(), http.MethodPost, "/things", map[string]string{"a": "b"}, &out)
	respondertest.NoSecret(t, secret, err, out)
	return a, err
}

func client(url string) *delivery.Client {
	return &delivery.Client{Service: "svc", BaseURL: url, Authorize: delivery.Bearer(known)}
}

// What was answered leaves in doubt, or not, whether it was done.
func TestDoubtOfAnswers(t *testing.T) {
	const page = "<html>" + secret
	html := []string{"Content-Type", "text/html; charset=utf-8"}
	for _, c := range []struct {
		name  string
		h     http.HandlerFunc
		kind  error
		doubt bool
	}{
		{"done", answer(201, `{"id":"x"}`), nil, false},
		{"a page", answer(200, page, html...), delivery.ErrAnswer, true},
		{"another type", answer(200, `{"id":7}`), delivery.ErrAnswer, true},
		{"nothing", answer(204, ""), delivery.ErrAnswer, true},
		{"too much", answer(200, `{"id":"x"}`+strings.Repeat(" ", delivery.MaxBody)), delivery.ErrAnswer, true},
		{"cut off", answer(200, `{"id":"x"}`, "Content-Length", "900"), delivery.ErrUnavailable, true},
		{"500", answer(500, secret), delivery.ErrUnavailable, true},
		{"502 of a gateway", answer(502, page, html...), delivery.ErrUnavailable, true},
		{"503, later", answer(503, "", "Retry-After", "30"), delivery.ErrUnavailable, true},
		{"503, cut off", answer(503, "x", "Content-Length", "900"), delivery.ErrUnavailable, true},
		{"never answered", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, delivery.ErrUnavailable, true},
		{"400", answer(400, secret), delivery.ErrRefused, false},
		{"400, cut off", answer(400, secret, "Content-Length", "900"), delivery.ErrRefused, false},
		{"401", answer(401, secret), delivery.ErrKey, false},
		{"403 of a gateway", answer(403, page, html...), delivery.ErrAnswer, false},
		{"404", answer(404, "{}"), delivery.ErrRefused, false},
		{"408", answer(408, ""), delivery.ErrUnavailable, false}, // it did not come whole (RFC 9110, section 15.5.9)
		{"425", answer(425, ""), delivery.ErrUnavailable, false}, // it is not processed (RFC 8470, section 5.2)
		{"429", answer(429, ""), delivery.ErrBusy, false},
		{"429, cut off", answer(429, "x", "Content-Length", "900"), delivery.ErrBusy, false},
		{"307", answer(307, "", "Location", "/elsewhere"), delivery.ErrRefused, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, asked := serve(t, c.h)
			s.Start()
			_, err := post(t, client(s.URL))
			assert.ErrorIs(t, err, c.kind)
			assert.Equal(t, c.doubt, delivery.InDoubt(err), "%v", err)
			assert.Equal(t, errors.Is(c.kind, delivery.ErrRefused), responder.IsPermanent(err))
			want := 1
			if errors.Is(c.kind, delivery.ErrKey) {
				want = 2
			}
			assert.Len(t, asked(), want)

			_, err = client(s.URL).Do(t.Context(), http.MethodGet, "", nil, &struct{ ID string }{})
			assert.False(t, delivery.InDoubt(err), "nothing was to be done: %v", err)
		})
	}
}

// What never came to the service was not done; what may have come may have been done.
func TestDoubtOfConnections(t *testing.T) {
	closed, _ := serve(t, answer(200, "{}"))
	closed.Start()
	closed.Close()
	untrusted, _ := serve(t, answer(200, "{}"))
	untrusted.StartTLS()
	plain, _ := serve(t, answer(200, "{}"))
	plain.Start()
	dials := func(err error) http.RoundTripper {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name  string
		url   string
		with  http.RoundTripper
		ctx   context.Context
		doubt bool
	}{
		{"refused", closed.URL, nil, nil, false},
		{"no trust", untrusted.URL, nil, nil, false},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), nil, nil, false},
		{"no such name", "https://a.invalid", dials(&net.DNSError{Err: "no such host", Name: "a.invalid", IsNotFound: true}), nil, false},
		{"the context was over", plain.URL, nil, late, false},
		{"accepted, and closed", "https://a.example", spoken(func(c net.Conn) { _ = c.Close() }), nil, true},
		{"half an answer", "https://a.example", spoken(func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200"); _ = c.Close() }), nil, true},
		{"a transport that tells nothing", "https://a.example", roundTrip(func() error { return errors.New(secret) }), nil, true},
		{"a transport that says that it did not dial", "https://a.example", roundTrip(func() error { return &net.OpError{Op: "dial", Err: errors.New("refused")} }), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := client(c.url)
			cl.Transport = c.with
			ctx := t.Context()
			if c.ctx != nil {
				ctx = c.ctx
			}
			_, err := cl.Do(ctx, http.MethodPost, "/things", "x", nil)
			require.ErrorIs(t, err, delivery.ErrUnavailable)
			respondertest.NoSecret(t, secret, err)
			assert.Equal(t, c.doubt, delivery.InDoubt(err), "%v", err)
			assert.False(t, responder.IsPermanent(err))
		})
	}
}

type roundTrip func() error

func (f roundTrip) RoundTrip(*http.Request) (*http.Response, error) { return nil, f() }

// spoken is a transport whose connections, after the first bytes of a request, lead to f.
func spoken(f func(net.Conn)) http.RoundTripper {
	dial := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			_, _ = theirs.Read(make([]byte, 1<<16))
			f(theirs)
		}()
		return ours, nil
	}
	return &http.Transport{DialContext: dial, DialTLSContext: dial}
}

// What a Judge says of an answer of its own stands, and what became of getting a key says nothing of the request.
func TestWhoseDoubtItIs(t *testing.T) {
	s, _ := serve(t, answer(200, `{"ok":false}`))
	s.Start()
	for _, in := range []bool{true, false} {
		c := client(s.URL)
		c.Judge = func(delivery.Answer) error {
			if in {
				return delivery.Doubt(errors.New("fatal_error"))
			}
			return errors.New("ratelimited")
		}
		_, err := post(t, c)
		assert.Equal(t, in, delivery.InDoubt(err))
	}
	broken, _ := serve(t, answer(500, ""))
	broken.Start()
	c := client(broken.URL)
	c.Judge = func(delivery.Answer) error { return errors.New("in its own words") }
	_, err := post(t, c)
	assert.True(t, delivery.InDoubt(err), "a 5xx is in doubt, whatever a Judge calls it")

	c = client(s.URL)
	c.Authorize = func(context.Context, *http.Request) error {
		return delivery.Doubt(errors.New("the token may have been made"))
	}
	_, err = post(t, c)
	assert.EqualError(t, err, "svc: key: the token may have been made")
	assert.False(t, delivery.InDoubt(err))

	assert.False(t, delivery.InDoubt(nil) || delivery.InDoubt(errors.New("x")))
	assert.NoError(t, delivery.Doubt(nil))
	wrapped := responder.RetryAfter(fmt.Errorf("x: %w", delivery.Doubt(errors.New("y"))), time.Minute)
	assert.True(t, delivery.InDoubt(wrapped))
}

// Nothing goes where others can read it on its way, nor to another host than it was meant for.
func TestWhereItGoes(t *testing.T) {
	for _, c := range []struct {
		base, path, want string
		kind             error
	}{
		{"http://a.example", "/x", `it would go to "a.example" without encryption, expected https`, delivery.ErrKey},
		{"http://169.254.169.254/", "/x", "expected https", delivery.ErrKey},
		{"http://localhost.a.example", "/x", "expected https", delivery.ErrKey},
		{"ftp://localhost/" + secret, "", "expected https", delivery.ErrKey},
		{"https:///" + secret, "", "cannot be read", delivery.ErrKey},
		{"", "/x", "cannot be read", delivery.ErrKey},
		{"https://a.example:x/" + secret, "", "cannot be read", delivery.ErrKey},
		{"https://a.example", ".evil.example/" + secret, "does not begin with a slash", delivery.ErrRefused},
		{"https://a.example", "@evil.example/", "does not begin with a slash", delivery.ErrRefused},
		{"https://a.example", "/%zz" + secret, "cannot be made", delivery.ErrRefused},
	} {
		cl := client(c.base)
		cl.Transport = roundTrip(func() error { t.Error("it was sent"); return errors.New("x") })
		cl.Authorize = func(context.Context, *http.Request) error { t.Error("the key was read"); return nil }
		_, err := cl.Do(t.Context(), http.MethodPost, c.path, secret, nil)
		assert.ErrorIs(t, err, c.kind, "%v", c)
		assert.ErrorContains(t, err, c.want)
		assert.False(t, delivery.InDoubt(err))
		respondertest.NoSecret(t, secret, err)
	}
	s, asked := serve(t, answer(200, "{}"))
	s.Start()
	base := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for _, one := range [][2]string{{base, ""}, {base + "/hook/", ""}, {base + "/api/", "/x"}, {base + "/api", "?q=1"}} {
		_, err := client(one[0]).Do(t.Context(), http.MethodPost, one[1], nil, nil)
		assert.NoError(t, err)
	}
	assert.Equal(t, []string{"POST /", "POST /hook/", "POST /api/x", "POST /api?q=1"}, asked())
}
