package intel_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const secret = "k3y-0123456789"

// says is what the services of these tests answer.
type says struct {
	Score int      `json:"score"`
	Names []string `json:"names,omitempty"`
}

// service is one that is told what to answer.
type service struct {
	*httptest.Server
	mu   sync.Mutex
	keys []string // of the requests
	urls []string
}

func serve(t *testing.T, f http.HandlerFunc) *service {
	s := &service{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.keys, s.urls = append(s.keys, r.Header.Get("X-Key")), append(s.urls, r.Method+" "+r.URL.String())
		s.mu.Unlock()
		f(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *service) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.urls)
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

const good = `{"score":7,"names":["a"],"more":"is not kept"}`

func hour(string, bool) time.Duration { return time.Hour }

func known(context.Context) (string, error) { return " " + secret + "\n", nil }

// client of a service; change it before it is asked.
func client(s *service, m responder.Memory, c *clock) *intel.Client {
	out := &intel.Client{Service: "svc", Header: "X-Key", Keep: hour, Settings: intel.Settings{Key: known, Memory: m, Now: c.Now}}
	if s != nil {
		out.Settings.BaseURL = s.URL
	}
	return out
}

// get asks, and sees to it that the key stands nowhere.
func get(t *testing.T, c *intel.Client) (says, bool, error) {
	t.Helper()
	var out says
	found, err := c.Get(t.Context(), &out, "/ip/%s", "192.0.2.7")
	respondertest.NoSecret(t, secret, out, err)
	return out, found, err
}

func TestWhatIsAsked(t *testing.T) {
	var got []*http.Request
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		got = append(got, r)
		_, _ = io.WriteString(w, good)
	})
	c := client(s, nil, &clock{now: noon})
	c.Extra = http.Header{"X-Tool": {"AlertResponder"}}
	var out says
	_, err := c.Get(t.Context(), &out, "/a%2Fb/%s/x", "../a?b#c d%", "q", "é&=", "r", "")
	require.NoError(t, err)
	_, err = c.PostForm(t.Context(), &out, "/form", url.Values{"a": {"b&c"}})
	require.NoError(t, err)
	_, err = c.PostJSON(t.Context(), nil, "/json", map[string]string{"a": "b"})
	require.NoError(t, err)
	assert.Equal(t, []string{"GET /a%2Fb/..%2Fa%3Fb%23c%20d%25/x?q=%C3%A9%26%3D&r=", "POST /form", "POST /json"}, s.urls)
	for i, want := range []struct{ kind, body string }{{"", ""}, {"application/x-www-form-urlencoded", "a=b%26c"}, {"application/json", `{"a":"b"}`}} {
		body, _ := io.ReadAll(got[i].Body)
		assert.Equal(t, want.body, string(body))
		h := got[i].Header
		assert.Equal(t, []string{want.kind, secret, "application/json", "AlertResponder"},
			[]string{h.Get("Content-Type"), h.Get("X-Key"), h.Get("Accept"), h.Get("X-Tool")})
		assert.Regexp(t, `^AlertResponder/\S+$`, h.Get("User-Agent"))
		assert.NotContains(t, h, "Idempotency-Key")
	}

	for _, bad := range []struct {
		path string
		args []string
	}{{"/%s", nil}, {"/%s", []string{""}}, {"/%s", []string{".."}}, {"/%s/%s", []string{"a", "."}}, {"/", []string{"q"}}} {
		_, err := c.Get(t.Context(), &out, bad.path, bad.args...)
		assert.True(t, responder.IsPermanent(err), "%v %v", bad, err)
	}
	_, err = c.Get(t.Context(), out, "/")
	assert.True(t, responder.IsPermanent(err), "not a pointer")
	_, err = c.PostJSON(t.Context(), &out, "/", func() {})
	assert.True(t, responder.IsPermanent(err))
	assert.Equal(t, 3, s.asked())
}

func TestStatuses(t *testing.T) {
	const retry, permanent = -1, -2
	later := noon.Add(90 * time.Second).Format(http.TimeFormat)
	for _, c := range []struct {
		status int
		after  string
		kind   error
		want   time.Duration
	}{
		{301, "", intel.ErrRefused, permanent}, {304, "", intel.ErrRefused, permanent}, {400, "", intel.ErrRefused, permanent}, {422, "9", intel.ErrRefused, permanent},
		{401, "", intel.ErrKey, permanent}, {403, "60", intel.ErrKey, permanent},
		{408, "", intel.ErrUnavailable, retry}, {425, "", intel.ErrUnavailable, retry}, {500, "", intel.ErrUnavailable, retry}, {503, "soon", intel.ErrUnavailable, retry},
		{502, "0", intel.ErrUnavailable, retry}, {503, "-5", intel.ErrUnavailable, retry}, {503, noon.Add(-time.Hour).Format(http.TimeFormat), intel.ErrUnavailable, retry},
		{503, "30", intel.ErrUnavailable, 30 * time.Second}, {503, later, intel.ErrUnavailable, 90 * time.Second},
		{429, "", intel.ErrQuota, time.Minute}, {429, "30", intel.ErrQuota, 30 * time.Second}, {429, later, intel.ErrQuota, 90 * time.Second}, {429, "nonsense", intel.ErrQuota, time.Minute},
		{429, "99999999999999999", intel.ErrQuota, 12 * time.Hour}, {429, "999999999999999999999999", intel.ErrQuota, time.Minute}, {503, noon.AddDate(9, 0, 0).Format(http.TimeFormat), intel.ErrUnavailable, 12 * time.Hour},
	} {
		what := fmt.Sprintf("%d %q", c.status, c.after)
		_, found, err := get(t, client(serve(t, status(c.status, good+secret, "Retry-After", c.after)), nil, &clock{now: noon}))
		assert.False(t, found, what)
		assert.ErrorIs(t, err, c.kind, what)
		assert.EqualError(t, err, fmt.Sprintf("svc: %s: it answered %d", c.kind, c.status))
		d, waits := responder.RetryDelay(err)
		assert.Equal(t, c.want == permanent, responder.IsPermanent(err), what)
		assert.Equal(t, c.want > 0, waits, what)
		assert.Equal(t, max(c.want, 0), d, what)
	}
	_, found, err := get(t, client(serve(t, status(404, `{"error":"not found"}`)), nil, &clock{now: noon}))
	assert.NoError(t, err)
	assert.False(t, found, "unknown is an answer")
	_, _, err = get(t, client(serve(t, status(404, "<html>", "Content-Type", "text/html; charset=utf-8")), nil, &clock{now: noon}))
	assert.ErrorIs(t, err, intel.ErrAnswer, "a page of a gateway is none")
	assert.False(t, responder.IsPermanent(err))
}

// A hit is one call, a miss three; what stands in the Memory is what was decoded.
func TestCallsOfTheMemory(t *testing.T) {
	m, at, s := newCounted(), &clock{now: noon}, serve(t, status(200, good))
	quota := func() *intel.Quota {
		return &intel.Quota{Service: "svc", Limits: []intel.Limit{{Per: intel.Day, Most: 2}}, Memory: m, Now: at.Now}
	}
	c := client(s, m, at)
	c.Quota = quota()
	want := says{Score: 7, Names: []string{"a"}}
	ask := func(c *intel.Client, calls ...string) {
		t.Helper()
		out, found, err := get(t, c)
		require.NoError(t, err)
		assert.True(t, found)
		assert.Equal(t, want, out)
		assert.Equal(t, calls, m.reset())
	}
	ask(c, "Load", "Swap", "Store")
	for range 5 {
		ask(c, "Load")
	}
	another := client(s, m, at)
	another.Quota = quota()
	ask(another, "Load")
	assert.Equal(t, 1, s.asked())
	for key, value := range m.values(t) {
		assert.NotContains(t, value, "is not kept")
		assert.NotContains(t, value, secret)
		assert.Regexp(t, `^svc#(answer#[0-9a-f]{32}|quota)$`, key)
	}

	at.add(time.Hour - 1)
	ask(c, "Load")
	at.add(1)
	ask(c, "Load", "Swap", "Store")
	at.add(time.Hour)
	_, _, err := get(t, c)
	assert.ErrorIs(t, err, intel.ErrQuota)
	assert.Equal(t, []string{"Load", "Swap"}, m.reset())
	assert.Equal(t, 2, s.asked(), "nobody asks without a quota")
	var other struct{ Score int }
	_, err = c.Get(t.Context(), &other, "/ip/%s", "192.0.2.7")
	assert.ErrorIs(t, err, intel.ErrQuota, "what is decoded otherwise is another answer")
}

func TestNegativeAnswersAreRemembered(t *testing.T) {
	m, at, s := newCounted(), &clock{now: noon}, serve(t, status(404, ""))
	c := client(s, m, at)
	c.Keep = func(path string, found bool) time.Duration {
		if found || path != "/ip/192.0.2.7" {
			return 0
		}
		return time.Minute
	}
	for range 3 {
		_, found, err := get(t, c)
		require.NoError(t, err)
		assert.False(t, found)
	}
	assert.Equal(t, 1, s.asked())
	at.add(time.Minute)
	_, _, err := get(t, c)
	require.NoError(t, err)
	assert.Equal(t, 2, s.asked())
	m.reset()
	c = client(s, m, at)
	c.Keep = nil
	_, _, err = get(t, c)
	require.NoError(t, err)
	assert.Empty(t, m.reset(), "neither looked for nor kept")
}

// broken is a Memory that fails.
type broken struct{ responder.Memory }

var errMemory = errors.New("throttled")

func (broken) Load(context.Context, string) (responder.Entry, error) {
	return responder.Entry{}, errMemory
}
func (broken) Store(context.Context, string, []byte, time.Time) error { return errMemory }
func (broken) Swap(context.Context, string, int64, []byte, time.Time) (responder.Entry, bool, error) {
	return responder.Entry{}, false, errMemory
}

func TestTheMemoryFails(t *testing.T) {
	at, s := &clock{now: noon}, serve(t, status(200, good))
	for range 2 {
		out, found, err := get(t, client(s, broken{}, at))
		require.NoError(t, err, "a cache that fails is none")
		assert.True(t, found)
		assert.Equal(t, 7, out.Score)
	}
	assert.Equal(t, 2, s.asked())
	c := client(s, broken{}, at)
	c.Quota = &intel.Quota{Service: "svc", Limits: free, Memory: broken{}, Now: at.Now}
	_, _, err := get(t, c)
	assert.ErrorIs(t, err, errMemory)
	assert.False(t, responder.IsPermanent(err))
	assert.Equal(t, 2, s.asked(), "nobody asks without a quota")
	m := newCounted()
	c = client(s, m, at)
	_, _, err = get(t, c)
	require.NoError(t, err)
	for key := range m.values(t) {
		require.NoError(t, m.Store(t.Context(), key, []byte("{"), at.Now().Add(time.Hour)))
	}
	_, found, err := get(t, c)
	require.NoError(t, err)
	assert.True(t, found, "what cannot be read is asked for")
	assert.Equal(t, 4, s.asked())
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	for name, body := range map[string]string{
		"page": "<html>" + secret, "empty": "", "cut": `{"score":7,"names":["a"`, "array": "[]", "other types": `{"score":"7"}`, "two": `{}{}`,
		"deep": strings.Repeat("[", 20000),
	} {
		out, found, err := get(t, client(serve(t, status(200, body)), nil, &clock{now: noon}))
		assert.ErrorIs(t, err, intel.ErrAnswer, name)
		assert.False(t, found || responder.IsPermanent(err), "%s: a gateway may have said it", name)
		assert.Equal(t, says{}, out, name)
	}
	_, _, err := get(t, client(serve(t, status(200, `{"x":[`+strings.Repeat("{},", 300_000)+`{}]}`)), nil, &clock{now: noon}))
	assert.ErrorContains(t, err, "more than 200000 values")
	assert.True(t, responder.IsPermanent(err))
	for name, body := range map[string]string{"twice": `{"score":1,"score":7}`, "null": "null", "space": " \n" + good + "\n"} {
		_, found, err := get(t, client(serve(t, status(200, body)), nil, &clock{now: noon}))
		assert.NoError(t, err, name)
		assert.True(t, found, name)
	}
}

// endless is an answer of which what is read is counted.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.read.Add(int64(len(b)))
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}
func (e *endless) Close() error { return nil }

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnswersThatAreTooLarge(t *testing.T) {
	body := &endless{}
	c := client(nil, nil, &clock{now: noon})
	c.BaseURL = "https://svc.example"
	c.Settings.Transport = transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: body, Header: http.Header{}, Request: r}, nil
	})
	_, _, err := get(t, c)
	assert.EqualError(t, err, "svc: the service's answer cannot be read: more than 4194304 bytes")
	assert.True(t, responder.IsPermanent(err), "it is as large the next time")
	assert.LessOrEqual(t, body.read.Load(), int64(intel.MaxBody+1<<20))

	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<20))
	require.NoError(t, z.Close())
	require.Less(t, bomb.Len(), 1<<20)
	_, _, err = get(t, client(serve(t, status(200, bomb.String(), "Content-Encoding", "gzip")), nil, &clock{now: noon}))
	assert.ErrorContains(t, err, "more than 4194304 bytes")
	assert.True(t, responder.IsPermanent(err))

	_, _, err = get(t, client(serve(t, status(200, good, "X-Large", strings.Repeat("x", 1<<20))), nil, &clock{now: noon}))
	assert.ErrorIs(t, err, intel.ErrUnavailable)

	m, s := newCounted(), serve(t, status(200, `{"names":["`+strings.Repeat("x", 64<<10)+`"]}`))
	c = client(s, m, &clock{now: noon})
	for range 2 {
		out, _, err := get(t, c)
		require.NoError(t, err)
		assert.Len(t, out.Names[0], 64<<10)
	}
	assert.Equal(t, []string{"Load", "Load"}, m.reset(), "too large to be kept")
}

func TestConnectionsBreak(t *testing.T) {
	hijack := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, text)
				_ = conn.Close()
			}
		}
	}
	for name, f := range map[string]http.HandlerFunc{
		"closed": hijack(""), "no HTTP": hijack("SSH-2.0-" + secret + "\r\n\r\n"), "cut": hijack("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
		"chunk": hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "no gzip": status(200, good, "Content-Encoding", "gzip"),
	} {
		_, _, err := get(t, client(serve(t, f), nil, &clock{now: noon}))
		assert.ErrorIs(t, err, intel.ErrUnavailable, name)
		assert.False(t, responder.IsPermanent(err), name)
		assert.NotContains(t, err.Error(), "192.0.2.7", "%s: the URL is not quoted", name)
	}
	s := serve(t, status(200, good))
	s.Close()
	_, _, err := get(t, client(s, nil, &clock{now: noon}))
	assert.ErrorIs(t, err, intel.ErrUnavailable)
	assert.ErrorContains(t, err, "connection refused")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := serve(t, status(200, good))
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{other.URL, "/again", "http://[::1/" + secret, ""} {
			s := serve(t, status(code, "", "Location", location))
			_, found, err := get(t, client(s, nil, &clock{now: noon}))
			assert.Error(t, err, "a location that is none cannot be reached")
			assert.True(t, errors.Is(err, intel.ErrRefused) || strings.HasSuffix(location, secret), err)
			assert.False(t, found)
			assert.Equal(t, 1, s.asked())
		}
	}
	assert.Zero(t, other.asked())
}
