package security

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outside counts what leaves this process in ways that no test has provided: there is no name that it may ask for, and
// no connection that the standard client may make.
var outside struct {
	sync.Mutex
	asked []string
}

func forbidden(what string) error {
	outside.Lock()
	defer outside.Unlock()
	outside.asked = append(outside.asked, what)
	return errors.New("security: nothing may be fetched: " + what)
}

type forbiddenTransport struct{}

func (forbiddenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, forbidden(r.URL.Redacted())
}

func TestMain(m *testing.M) {
	http.DefaultTransport = forbiddenTransport{}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, forbidden("a name")
	}}
	code := m.Run()
	if builds > 0 {
		dir, _ := built()
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// nothingFetched fails the test if something was fetched since before.
func nothingFetched(t *testing.T) {
	t.Helper()
	outside.Lock()
	defer outside.Unlock()
	before := len(outside.asked)
	t.Cleanup(func() {
		outside.Lock()
		defer outside.Unlock()
		assert.Empty(t, outside.asked[before:], "fetched")
	})
}

// network is a transport that answers its hosts, and fails the test for all others.
type network struct {
	t     *testing.T
	hosts []string
	dead  []string
	lines []string          // must not be in texts of several lines
	then  http.RoundTripper // answers; nil: an empty object

	mu    sync.Mutex
	calls int
}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	if !slices.Contains(n.hosts, r.URL.Host) {
		assert.Fail(n.t, "fetched", "host %q, expected one of %q", r.URL.Host, n.hosts)
		return nil, errors.New("refused")
	}
	body := n.check(r)
	if n.then != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return n.then.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// check reads the body, and gives it.
func (n *network) check(r *http.Request) (body []byte) {
	for name, values := range r.Header {
		for _, v := range values {
			assert.Equal(n.t, -1, strings.IndexFunc(v, func(c rune) bool { return c < ' ' || c > '~' }), "header %s: %q", name, v)
		}
	}
	assert.Equal(n.t, -1, strings.IndexFunc(r.URL.String(), func(c rune) bool { return c <= ' ' || c > '~' }), "URL %q", r.URL)
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	assert.NoError(n.t, err)
	if !strings.Contains(r.Header.Get("Content-Type"), "json") {
		return body
	}
	texts, err := textsOf(body)
	assert.NoError(n.t, err, "the body is no JSON")
	for _, text := range texts {
		for _, d := range n.dead {
			assert.NotContains(n.t, text, d)
		}
		if !strings.Contains(text, "\n") {
			continue
		}
		shown := code.ReplaceAllString(text, "")
		for _, d := range n.lines {
			if i := strings.Index(shown, d); i >= 0 {
				assert.Fail(n.t, "markup", "%q in %.200q", d, shown[max(i-100, 0):])
			}
		}
	}
	return body
}

// code is what Markdown shows as it stands.
var code = regexp.MustCompile("(?s)```.*?```|``[^\n]*?[^`]``|`[^`\n]*`")

// textsOf are all strings in JSON, keys included. JSON that is not UTF-8 is an error.
func textsOf(body []byte) (texts []string, err error) {
	if !utf8.Valid(body) {
		return nil, errors.New("no UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("at %d: %w", dec.InputOffset(), err)
		}
		if s, ok := token.(string); ok {
			texts = append(texts, s)
		}
	}
}

// The guard itself: what is fetched is noticed.
func TestTheGuardNoticesAFetch(t *testing.T) {
	_, err := http.Get("http://169.254.169.254/latest/meta-data/")
	require.ErrorContains(t, err, "nothing may be fetched")
	_, err = net.DefaultResolver.LookupHost(t.Context(), "c2.attacker.example")
	require.ErrorContains(t, err, "nothing may be fetched")
	outside.Lock()
	defer outside.Unlock()
	require.GreaterOrEqual(t, len(outside.asked), 2)
	outside.asked = nil
}
