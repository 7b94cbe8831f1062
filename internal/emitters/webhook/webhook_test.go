package webhook

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const (
	token  = "t0ken-of-the-path"
	secret = "s3cret-0123456789"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// receiver is the other end.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  [][]byte
	headers []http.Header
}

// receive has each request answered by f, after it was noted.
func receive(t *testing.T, f func(w http.ResponseWriter, r *http.Request)) *receiver {
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.bodies, r.headers = append(r.bodies, body), append(r.headers, q.Header)
		r.mu.Unlock()
		f(w, q)
	}))
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.Start()
	t.Cleanup(r.Close)
	return r
}

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "the body says "+secret)
	}
}

func known(context.Context) (string, error) { return secret, nil }

func newEmitter(t *testing.T, url string, s responder.Secret) responder.Emitter {
	t.Helper()
	e, err := New(Options{URL: url + "/" + token + "?key=" + token, Secret: s, Unsigned: s == nil, Now: func() time.Time { return start }})
	require.NoError(t, err)
	return e
}

func emit(t *testing.T, e responder.Emitter) (responder.Receipt, error) {
	t.Helper()
	r, err := e.Emit(t.Context(), respondertest.Report(), nil)
	respondertest.NoSecret(t, secret, r, err)
	respondertest.NoSecret(t, token, r, err)
	return r, err
}

func TestWhatIsSent(t *testing.T) {
	s := receive(t, status(202, "X-Request-Id", "id-7"))
	receipt, err := emit(t, newEmitter(t, s.URL, known))
	require.NoError(t, err)
	assert.Equal(t, responder.Receipt{"status": "202", "seq": "5", "id": "id-7"}, receipt)
	report := respondertest.Report()
	want, err := json.Marshal(report)
	require.NoError(t, err)
	require.Len(t, s.bodies, 1)
	assert.Equal(t, string(want), string(s.bodies[0]), "byte by byte")

	h := s.headers[0]
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	assert.Equal(t, report.ReportID, h.Get("X-AlertResponder-Report"))
	assert.Equal(t, "5", h.Get("X-AlertResponder-Seq"))
	assert.Equal(t, "published", h.Get("X-AlertResponder-Status"))
	assert.Equal(t, report.ReportID+"/5", h.Get("Idempotency-Key"))
	assert.Regexp(t, `^AlertResponder/\S+$`, h.Get("User-Agent"))

	// The signature, by what Verify documents and not by what Sign does.
	digest := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(digest, "%d.%s", start.Unix(), want)
	assert.Equal(t, fmt.Sprintf("t=1777863721,v1=%x", digest.Sum(nil)), h.Get(SignatureHeader))
	assert.NoError(t, Verify(h.Get(SignatureHeader), s.bodies[0], secret, start, time.Minute))
}

func TestUnsigned(t *testing.T) {
	s := receive(t, status(200))
	_, err := emit(t, newEmitter(t, s.URL, nil))
	require.NoError(t, err)
	assert.Empty(t, s.headers[0].Values(SignatureHeader))
}

func TestStatuses(t *testing.T) {
	const plain, permanent = -1, -2
	later := start.Add(90 * time.Second).Format(http.TimeFormat)
	for _, c := range []struct {
		status int
		after  string
		want   time.Duration
	}{
		{200, "", 0}, {201, "", 0}, {204, "", 0}, {299, "60", 0},
		{300, "", permanent}, {301, "", permanent}, {304, "", permanent}, {307, "60", permanent},
		{400, "", permanent}, {404, "60", permanent}, {409, "", permanent}, {410, "", permanent}, {413, "", permanent}, {422, "", permanent},
		{401, "", 5 * time.Minute}, {403, "60", 5 * time.Minute},
		{408, "", plain}, {425, "", plain}, {429, "", plain}, {500, "", plain}, {502, "", plain}, {503, "", plain}, {504, "", plain},
		{429, "30", 30 * time.Second}, {503, later, 90 * time.Second}, {503, "0", plain}, {503, "-5", plain}, {503, "soon", plain},
		{503, start.Add(-time.Hour).Format(http.TimeFormat), plain}, {429, "99999999999999999", 12 * time.Hour}, {429, "999999999999999999999999", plain},
		{503, start.AddDate(9, 0, 0).Format(http.TimeFormat), 12 * time.Hour},
	} {
		s := receive(t, status(c.status, "Retry-After", c.after))
		receipt, err := emit(t, newEmitter(t, s.URL, known))
		what := fmt.Sprintf("%d %q", c.status, c.after)
		delay, waits := responder.RetryDelay(err)
		switch c.want {
		case 0:
			assert.NoError(t, err, what)
			assert.Equal(t, fmt.Sprint(c.status), receipt["status"])
			continue
		case plain:
			assert.False(t, waits || responder.IsPermanent(err), what)
		case permanent:
			assert.True(t, responder.IsPermanent(err), what)
		default:
			assert.True(t, waits && !responder.IsPermanent(err), what)
			assert.Equal(t, c.want, delay, what)
		}
		assert.EqualError(t, err, fmt.Sprintf("%s: answered %d", strings.TrimPrefix(s.URL, "http://"), c.status))
		assert.Nil(t, receipt)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := receive(t, status(200))
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{other.URL, "http://[::1/" + token, ""} {
			s := receive(t, status(code, "Location", location))
			_, err := emit(t, newEmitter(t, s.URL, known))
			assert.Error(t, err)
			assert.Len(t, s.bodies, 1)
		}
	}
	assert.Empty(t, other.bodies)
	followed := receive(t, status(307, "Location", other.URL))
	e, err := New(Options{URL: followed.URL, Unsigned: true, Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}})
	require.NoError(t, err)
	_, err = emit(t, e)
	assert.True(t, responder.IsPermanent(err))
	assert.Empty(t, other.bodies, "whatever the client says")
}

// A secret that was changed is read again after a refusal.
func TestRotation(t *testing.T) {
	current := "new-" + secret
	s := receive(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, body)
		if Verify(r.Header.Get(SignatureHeader), body, current, start, 0) != nil {
			w.WriteHeader(401)
		}
	})
	held, reads := secret, 0
	e := newEmitter(t, s.URL, func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			held, reads = current, reads+1
		}
		return held, nil
	})
	_, err := emit(t, e)
	require.NoError(t, err)
	assert.Len(t, s.bodies, 2)
	assert.Equal(t, s.bodies[0], s.bodies[1])
	_, err = emit(t, e)
	require.NoError(t, err)
	assert.Len(t, s.bodies, 3, "from now on it is known")

	current = "not known to us yet"
	held = secret
	e = newEmitter(t, s.URL, func(ctx context.Context) (string, error) { return secret, nil })
	_, err = emit(t, e)
	delay, _ := responder.RetryDelay(err)
	assert.Equal(t, 5*time.Minute, delay)
	assert.Len(t, s.bodies, 5, "once more, and not more often")
	assert.Equal(t, 1, reads)
}

func TestSecretsThatCannotBeHad(t *testing.T) {
	s := receive(t, status(200))
	_, err := emit(t, newEmitter(t, s.URL, func(context.Context) (string, error) { return "", errors.New("access denied") }))
	assert.ErrorContains(t, err, "secret: access denied")
	assert.False(t, responder.IsPermanent(err))
	_, err = emit(t, newEmitter(t, s.URL, func(context.Context) (string, error) { return "", nil }))
	assert.ErrorContains(t, err, "secret: the value is empty")
	assert.Empty(t, s.bodies, "nothing goes out unsigned")
}

func TestFaultsOfTheOptions(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"", "url: cannot be read"}, {"://" + token, "url: cannot be read"}, {"/" + token, "url: cannot be read"},
		{"ftp://a.example/" + token, "url: cannot be read"}, {"https:///" + token, "url: cannot be read"}, {"https://a.example:x/" + token, "url: cannot be read"},
		{"https://user:" + token + "@a.example/", "url: has a user"}, {"http://a.example/" + token, `url: http to "a.example", expected https`},
		{"http://169.254.169.254/" + token, "expected https"}, {"http://localhost.a.example/", "expected https"},
		{"https://a.example/", ""}, {" https://a.example?x ", ""}, {"http://localhost:1/", ""}, {"http://127.1.2.3/", ""}, {"http://[::1]:80/", ""},
	} {
		_, err := New(Options{URL: c.url, Unsigned: true})
		if c.want == "" {
			assert.NoError(t, err, c.url)
			continue
		}
		assert.ErrorContains(t, err, c.want, c.url)
		assert.NotContains(t, err.Error(), token)
	}
	_, err := New(Options{URL: "http://a.example/", Unsigned: true, AllowPlain: true})
	assert.NoError(t, err)
	_, err = New(Options{})
	assert.ErrorContains(t, err, "url: cannot be read")
	assert.ErrorContains(t, err, "secret: missing", "all at once")
}

func TestFromEnv(t *testing.T) {
	t.Setenv(urlVariable, "")
	e, err := FromEnv(nil, errors.New("environment variable X: empty"))
	assert.Nil(t, e)
	assert.EqualError(t, err, "environment variable X: empty\nenvironment variable WEBHOOK_URL: webhook: url: cannot be read, expected https://host/path")
	t.Setenv(urlVariable, "https://a.example/")
	e, err = FromEnv(known, nil)
	assert.NoError(t, err)
	assert.NotNil(t, e)
	e, err = FromEnv(nil, errors.New("environment variable X: empty"))
	assert.Nil(t, e)
	assert.EqualError(t, err, "environment variable X: empty")
}

// pipe is a client whose connections lead to handle, within the test's bubble.
func pipe(handle func(net.Conn)) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go handle(theirs)
		return ours, nil
	}}}
}

// asked reads a request, and then whatever comes: a client does not take an answer to what it has not asked yet.
func asked(c net.Conn) {
	r := bufio.NewReader(c)
	if q, err := http.ReadRequest(r); err == nil {
		_, _ = io.Copy(io.Discard, q.Body)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
}

func TestAReceiverThatHangs(t *testing.T) {
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Options{URL: "http://localhost/" + token, Unsigned: true, Client: pipe(hang)})
		require.NoError(t, err)
		begun := time.Now()
		_, err = emit(t, e)
		assert.EqualError(t, err, "localhost: context deadline exceeded")
		assert.Equal(t, timeout, time.Since(begun))
		assert.False(t, responder.IsPermanent(err))

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begun = time.Now()
		_, err = e.Emit(ctx, respondertest.Report(), nil)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 3*time.Second, time.Since(begun), "the context's end is earlier")
	})
	synctest.Test(t, func(t *testing.T) { // the answer is there, but its body has no end
		e, err := New(Options{URL: "http://localhost/", Unsigned: true, Client: pipe(func(c net.Conn) {
			asked(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nx")
		})})
		require.NoError(t, err)
		receipt, err := emit(t, e)
		assert.NoError(t, err)
		assert.Equal(t, "200", receipt["status"])
	})
}

func TestFailuresOfTheNetwork(t *testing.T) {
	answers := func(text string) *http.Client {
		return pipe(func(c net.Conn) {
			asked(c)
			_, _ = io.WriteString(c, text)
			_ = c.Close()
		})
	}
	fail := func(message string) *http.Client {
		return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New(message) })}
	}
	for _, c := range []struct {
		client *http.Client
		want   string
	}{
		{answers("HTTP/1.1 " + token + "\r\n\r\n"), "no answer that could be read"},
		{fail("cannot get /" + token), "no answer that could be read"},
		{nil, "connection refused"},
	} {
		s := receive(t, status(200))
		s.Close()
		e, err := New(Options{URL: s.URL + "/" + token, Unsigned: true, Client: c.client})
		require.NoError(t, err)
		_, err = emit(t, e)
		assert.ErrorContains(t, err, c.want)
		assert.False(t, responder.IsPermanent(err))
		_, waits := responder.RetryDelay(err)
		assert.False(t, waits)
	}
	hangUp := receive(t, func(w http.ResponseWriter, _ *http.Request) {
		c, _, _ := http.NewResponseController(w).Hijack()
		_ = c.Close()
	})
	_, err := emit(t, newEmitter(t, hangUp.URL, known))
	assert.ErrorIs(t, err, io.EOF)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err = emit(t, newEmitter(t, s.URL, known))
	assert.ErrorContains(t, err, "failed to verify certificate")
	_, err = emit(t, newEmitter(t, strings.Replace(receive(t, status(200)).URL, "http:", "https:", 1), known))
	assert.ErrorContains(t, err, "HTTP response to HTTPS client")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestHostileReports(t *testing.T) {
	s := receive(t, status(200, "X-Request-Id", strings.Repeat("i", 9000)+"\u00e9"))
	e := newEmitter(t, s.URL, known)
	for i, r := range respondertest.Reports() {
		for _, text := range respondertest.Hostile() {
			r.ReportID, r.Status = text, responder.Status(text)
			receipt, err := e.Emit(t.Context(), r, nil)
			require.NoError(t, err, "%d %q", i, text)
			require.Len(t, receipt["id"], 128)
			last := len(s.bodies) - 1
			require.NoError(t, Verify(s.headers[last].Get(SignatureHeader), s.bodies[last], secret, start, 0))
			var got responder.Report
			require.NoError(t, json.Unmarshal(s.bodies[last], &got))
			require.Len(t, s.headers[last].Values("X-AlertResponder-Report"), 1)
			require.Empty(t, s.headers[last].Get("Host"))
		}
		if i > 10 {
			break
		}
	}
	r := respondertest.Report()
	r.Alert.Severity = math.NaN()
	_, err := e.Emit(t.Context(), r, nil)
	assert.True(t, responder.IsPermanent(err), "it is no JSON: %v", err)
}

func TestContract(t *testing.T) {
	s := receive(t, status(200, "X-Request-Id", strings.Repeat("i", 9000)))
	respondertest.TestEmitter(t, newEmitter(t, s.URL, known))
	s.Close() // what was cancelled may still be under way
	for i, body := range s.bodies {
		assert.True(t, len(body) == 0 || bytes.HasPrefix(body, []byte("{")), i)
	}
	respondertest.TestEmitter(t, newEmitter(t, receive(t, status(404)).URL, known))
}
