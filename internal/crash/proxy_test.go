package crash

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fate is what becomes of a call, and of the process whose call it is.
type fate int

const (
	passes     fate = iota
	unsent          // the process is killed, and the service never sees the call
	unanswered      // the service has done what was asked for, and the process is killed before it hears of it
)

func (f fate) String() string { return [...]string{"passes", "unsent", "unanswered"}[f] }

// judge says what becomes of a call; witness is told of those that the service has done.
type (
	judge   func(c call) fate
	witness func(c call)
)

// proxy stands between the functions and the engine. It changes nothing of a call, so that its signature stays good.
type proxy struct {
	engine  *url.URL
	names   map[string]string // of resources, by their physical names
	to      http.RoundTripper
	judge   judge
	witness witness

	mu     sync.Mutex
	failed []error // calls that it could not pass on
}

// serveProxy listens at an address until the test ends.
func serveProxy(t *testing.T, address string, p *proxy) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, ofProcess{}, sync.OnceValues(func() (*process, error) { return processOf(conn) }))
	}}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

type ofProcess struct{}

// throughTLS trusts the engine's certificate and keeps to HTTP/1.1, as AWS does.
func throughTLS(t *testing.T, bundle string) http.RoundTripper {
	t.Helper()
	pem, err := os.ReadFile(bundle)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem), bundle)
	return &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}},
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxIdleConnsPerHost: 64, DisableCompression: true, IdleConnTimeout: 2 * time.Second,
	}
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // its process is gone
	}
	who, err := r.Context().Value(ofProcess{}).(func() (*process, error))()
	if err != nil {
		p.unknown(r, err)
	}
	c := readCall(r, body, p.names)
	c.function = p.names[who.function]
	what := passes
	if c.function != "" {
		what = p.judge(c)
	}
	if what == unsent {
		p.end(r, who)
	}
	answer, content, err := p.pass(r, body)
	if err != nil {
		p.fail(fmt.Errorf("%s of %s: %w", c.name, c.function, err))
		panic(http.ErrAbortHandler)
	}
	if answer.StatusCode < 300 {
		p.witness(c)
	}
	if what == unanswered {
		p.end(r, who)
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(content)
}

// pass has the engine do what was asked for, also where the process has died meanwhile: what is on the way arrives.
func (p *proxy) pass(r *http.Request, body []byte) (*http.Response, []byte, error) {
	out := r.Clone(context.WithoutCancel(r.Context()))
	out.URL.Scheme, out.URL.Host, out.RequestURI = p.engine.Scheme, p.engine.Host, ""
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, _ = out.GetBody()
	out.ContentLength = int64(len(body))
	answer, err := p.to.RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	content, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	return answer, content, err
}

// end kills the process, and comes back to nobody. The connection breaks when it is gone: nothing else comes from it then.
func (p *proxy) end(r *http.Request, who *process) {
	if err := who.Kill(); err != nil {
		p.fail(fmt.Errorf("kill %d: %w", who.Pid, err))
	} else {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// unknown is a call of nobody: of a process that has just died, or else it is a failure.
func (p *proxy) unknown(r *http.Request, err error) {
	select {
	case <-r.Context().Done():
	case <-time.After(5 * time.Second):
		p.fail(fmt.Errorf("%s %s: whose call: %w", r.Method, r.URL.Path, err))
	}
	panic(http.ErrAbortHandler)
}

func (p *proxy) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = append(p.failed, err)
}

func (p *proxy) failures() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}
