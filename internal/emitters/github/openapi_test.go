package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// With AR_PRISM, the address of a Stoplight Prism that is a proxy for AR_PRISM_UPSTREAM, each request of this package's tests
// is shown to it, with what the fake answered: it says where the two are not as GitHub's OpenAPI description has them. What
// the emitter gets is the fake's answer itself, since a proxy would not pass on what is rude. With AR_PRISM_HOME the
// repository is that of a GitHub Enterprise Server. engines/openapi.sh runs it.
var prism *validator

// home is where the repository of the tests is; empty: on GitHub.
var home = os.Getenv("AR_PRISM_HOME")

// wire gives the way to a fake.
func wire(f *fake) http.RoundTripper {
	if prism == nil {
		return f
	}
	return &shown{f}
}

func TestMain(m *testing.M) {
	if at := os.Getenv("AR_PRISM"); at != "" {
		prism = newValidator(at, os.Getenv("AR_PRISM_UPSTREAM"))
	}
	code := m.Run()
	if prism != nil {
		fmt.Printf("%d requests and %d answers of the fake validated, of %d kinds\n", prism.requests, prism.answers, len(prism.kinds))
	}
	os.Exit(code)
}

// validator is Prism, and the server behind it, which answers what it is told to.
type validator struct {
	at string

	mu                sync.Mutex
	status            int // of the next answer
	body              []byte
	requests, answers int
	kinds             map[string]int // of requests and answers: how often
	times             map[string]int // the same in one test
}

func newValidator(at, upstream string) *validator {
	l, err := net.Listen("tcp", upstream)
	if err != nil {
		panic(err)
	}
	v := &validator{at: strings.TrimSuffix(at, "/"), kinds: map[string]int{}, times: map[string]int{}}
	go func() { _ = http.Serve(l, http.HandlerFunc(v.replay)) }()
	return v
}

// replay answers what was answered before; nobody else asks at the same time.
func (v *validator) replay(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(v.status)
	_, _ = w.Write(v.body)
}

// violation is what Prism finds.
type violation struct {
	Location []string
	Message  string
}

func (v violation) in(where string) bool { return v.Location[0] == where }

// isUndocumentedStatus: the description names few of the statuses that the documentation has for all requests, as 401.
func (v violation) isUndocumentedStatus() bool {
	return v.in("response") && strings.HasPrefix(v.Message, "Unable to match the returned status code")
}

// see shows Prism a request and its answer.
func (v *validator) see(t *testing.T, x exchange) (found []violation) {
	v.status, v.body = x.status, x.out
	r, err := http.NewRequest(x.method, v.at+x.path, bytes.NewReader(x.in))
	require.NoError(t, err)
	r.Header = x.header.Clone()
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode != x.status { // Prism did not let it through
		return []violation{{[]string{"request"}, fmt.Sprintf("%d: %.500s", resp.StatusCode, text)}}
	}
	if said := resp.Header.Get("Sl-Violations"); said != "" && json.Unmarshal([]byte(said), &found) != nil {
		found = []violation{{[]string{"request"}, said}} // too many for a header
	}
	return found
}

// shown is the way to a fake where all that passes is shown to Prism.
type shown struct{ fake *fake }

const enough = 5 // of a kind, in one test

var variable = regexp.MustCompile(`/repos/[^/]+/[^/?]+|/[0-9]+`)

// RoundTrip implements http.RoundTripper.
func (s *shown) RoundTrip(r *http.Request) (*http.Response, error) {
	var in []byte
	if r.Body != nil {
		in, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(in))
	}
	resp, err := s.fake.RoundTrip(r)
	if r.Context().Err() != nil {
		return resp, err
	}
	x := exchange{method: r.Method, header: r.Header, in: in, status: http.StatusNoContent}
	base, _ := url.Parse(s.fake.base)
	x.path = strings.TrimPrefix(r.URL.RequestURI(), base.Path)
	if x.documented = err == nil && resp.Header.Get("X-Documented") != ""; x.documented {
		x.out, _ = io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(x.out))
		x.status = resp.StatusCode
	}
	x.kind = fmt.Sprint(r.Method, " ", variable.ReplaceAllString(strings.TrimPrefix(r.URL.Path, base.Path), "/…"), " ", x.status)
	// Where a repository is that was renamed, GitHub says itself (301); the description has no such path.
	if x.kind != "GET /repositories/… 200" {
		prism.judge(s.fake.t, x)
	}
	return resp, err
}

// exchange is a request, and what was answered.
type exchange struct {
	method, path string
	header       http.Header
	in           []byte
	status       int
	out          []byte
	documented   bool // the answer is one as GitHub gives it; else the test is rude
	kind         string
}

// judge fails the test where a request or an answer is not as described.
func (v *validator) judge(t *testing.T, x exchange) {
	test, _, _ := strings.Cut(t.Name(), "/")
	v.mu.Lock()
	defer v.mu.Unlock()
	v.times[test+x.kind]++
	if v.times[test+x.kind] > enough {
		return
	}
	v.kinds[x.kind]++
	v.requests++
	if x.documented {
		v.answers++
	}
	for _, found := range v.see(t, x) {
		if found.in("request") || x.documented && !found.isUndocumentedStatus() {
			assert.Fail(t, "not as GitHub describes it", "%s %s, answered %d: %v: %s", x.method, x.path, x.status, found.Location, found.Message)
		}
	}
	if v.kinds[x.kind] == 1 {
		v.control(t, x)
	}
}

// control: of each kind, what is certainly wrong is found. Prism lets through what it has no working schema of.
func (v *validator) control(t *testing.T, x exchange) {
	wrong := []byte(`"a text"`)
	if x.in != nil {
		y := x
		y.in = wrong
		assert.True(t, slices.ContainsFunc(v.see(t, y), func(f violation) bool { return f.in("request") }), "the body of %s is not validated", x.kind)
	}
	if x.documented {
		x.out = wrong
		assert.True(t, slices.ContainsFunc(v.see(t, x), func(f violation) bool { return f.in("response") }), "the answer to %s is not validated", x.kind)
	}
}

// Prism finds what is wrong: else all the other tests would say nothing.
func TestOpenAPI(t *testing.T) {
	if prism == nil {
		t.Skip("AR_PRISM is not set: nothing is validated against GitHub's OpenAPI description; engines/openapi.sh does that")
	}
	prism.mu.Lock()
	defer prism.mu.Unlock()
	see := func(method, path, in string, status int, out string) string {
		h := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/vnd.github+json"}}
		return fmt.Sprint(prism.see(t, exchange{method: method, path: path, header: h, in: []byte(in), status: status, out: []byte(out)}))
	}
	for _, c := range []struct{ method, path, body, want string }{
		{"PATCH", "/repos/acme/security/issues/1", `{"state": "shut"}`, "body state"},
		{"PATCH", "/repos/acme/security/issues/1", `{"state": "closed", "state_reason": "foo"}`, "body state_reason"},
		{"PATCH", "/repos/acme/security/issues/1", `{"labels": [1]}`, "body labels 0"},
		{"POST", "/repos/acme/security/issues", `{"body": "no title"}`, "'title'"},
		{"POST", "/repos/acme/security/issues", `{"title": "x", "labels": 7}`, "body labels"},
		{"POST", "/repos/acme/security/issues", `{"title": "x", "assignees": "alice"}`, "body assignees"},
		{"POST", "/repos/acme/security/issues/1/comments", `{}`, "'body'"},
		{"POST", "/app/installations/1/access_tokens", `{"permissions": {"issues": "all"}}`, "body permissions issues"},
		{"GET", "/repos/acme/security/issues?state=any", "", "query state"},
		{"GET", "/repos/acme/security/issues/one", "", "issue_number"},
		{"GET", "/repos/acme/security/tissues", "", "route not found"},
	} {
		found := see(c.method, c.path, c.body, 204, "")
		assert.Contains(t, found, "[request", "%s %s %s", c.method, c.path, c.body)
		assert.Contains(t, found, c.want, "%s %s %s", c.method, c.path, c.body)
	}
	good, err := json.Marshal(newFake(t).account("x"))
	require.NoError(t, err)
	assert.Equal(t, "[]", see("GET", "/user", "", 200, string(good)))
	assert.Contains(t, see("GET", "/user", "", 200, `{"login": "x"}`), "avatar_url")
}
