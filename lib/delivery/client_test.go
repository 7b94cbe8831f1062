package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestWhatIsSent(t *testing.T) {
	var got []*http.Request
	var bodies []string
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, bodies = append(got, r), append(bodies, string(body))
		w.Header().Set("X-Id", "7")
		_, _ = io.WriteString(w, `{"id":"x","more":1}`)
	})
	s.Start()
	c := client(s.URL)
	c.Header = http.Header{"Accept": {"application/vnd.x+json"}}
	was := maps.Clone(c.Header)
	var out struct{ ID string }
	a, err := c.Do(t.Context(), http.MethodPost, "/things?q=1", map[string]string{"a": "<b>é"}, &out)
	require.NoError(t, err)
	assert.Equal(t, "x", out.ID)
	assert.Equal(t, []any{200, "7", `{"id":"x","more":1}`}, []any{a.Status, a.Header.Get("X-Id"), string(a.Body)})
	_, err = c.Do(t.Context(), http.MethodGet, "", nil, nil)
	require.NoError(t, err)
	assert.Equal(t, was, c.Header, "the header is for all requests")

	for i, want := range []struct{ method, url, kind string }{{"POST", "/things?q=1", "application/json; charset=utf-8"}, {"GET", "/", ""}} {
		h := got[i].Header
		assert.Equal(t, want.method+" "+want.url, got[i].Method+" "+got[i].URL.String())
		assert.Equal(t, []string{want.kind, "application/vnd.x+json", "Bearer " + secret},
			[]string{h.Get("Content-Type"), h.Get("Accept"), h.Get("Authorization")})
		assert.Regexp(t, `^AlertResponder/\S+$`, h.Get("User-Agent"))
	}
	assert.JSONEq(t, `{"a":"<b>é"}`, bodies[0])
	assert.Empty(t, bodies[1])

	_, err = c.Do(t.Context(), http.MethodPost, "/", func() {}, nil)
	assert.True(t, responder.IsPermanent(err), "it is no JSON")
	assert.Len(t, got, 2)
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
		{301, "", delivery.ErrRefused, permanent}, {304, "", delivery.ErrRefused, permanent}, {400, "60", delivery.ErrRefused, permanent},
		{403, "", delivery.ErrRefused, permanent}, {404, "", delivery.ErrRefused, permanent}, {422, "", delivery.ErrRefused, permanent},
		{401, "", delivery.ErrKey, 5 * time.Minute}, {401, "60", delivery.ErrKey, 5 * time.Minute},
		{408, "", delivery.ErrUnavailable, retry}, {425, "", delivery.ErrUnavailable, retry}, {500, "", delivery.ErrUnavailable, retry},
		{503, "soon", delivery.ErrUnavailable, retry}, {502, "0", delivery.ErrUnavailable, retry}, {503, "-5", delivery.ErrUnavailable, retry},
		{503, "30", delivery.ErrUnavailable, 30 * time.Second}, {503, later, delivery.ErrUnavailable, 90 * time.Second},
		{503, noon.Add(-time.Hour).Format(http.TimeFormat), delivery.ErrUnavailable, retry},
		{429, "", delivery.ErrBusy, time.Minute}, {429, "30", delivery.ErrBusy, 30 * time.Second}, {429, later, delivery.ErrBusy, 90 * time.Second},
		{429, "nonsense", delivery.ErrBusy, time.Minute}, {429, "99999999999999999", delivery.ErrBusy, 12 * time.Hour},
	} {
		what := fmt.Sprintf("%d %q", c.status, c.after)
		s, _ := serve(t, answer(c.status, secret, "Retry-After", c.after))
		s.Start()
		cl := client(s.URL)
		cl.Now = func() time.Time { return noon }
		a, err := post(t, cl)
		assert.EqualError(t, err, fmt.Sprintf("svc: %s: it answered %d", c.kind, c.status))
		assert.ErrorIs(t, err, c.kind, what)
		assert.Equal(t, c.status, a.Status, "the answer comes with the error")
		d, waits := responder.RetryDelay(err)
		assert.Equal(t, c.want == permanent, responder.IsPermanent(err), what)
		assert.Equal(t, c.want > 0, waits, what)
		assert.Equal(t, max(c.want, 0), d, what)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other, asked := serve(t, answer(200, "{}"))
	other.Start()
	for _, code := range []int{301, 302, 303, 307, 308} {
		s, first := serve(t, answer(code, "", "Location", other.URL))
		s.Start()
		_, err := post(t, client(s.URL))
		assert.Error(t, err)
		assert.Len(t, first(), 1)
	}
	assert.Empty(t, asked())
}

// A key that was refused is read again, and asked with once more.
func TestTheKeyIsReadAgain(t *testing.T) {
	good := "new-" + secret
	s, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+good {
			w.WriteHeader(401)
		}
		_, _ = io.WriteString(w, `{"id":"x"}`)
	})
	s.Start()
	held, reads := secret, 0
	c := client(s.URL)
	c.Authorize = delivery.Bearer(func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			held, reads = good, reads+1
		}
		return held, nil
	})
	for range 2 {
		_, err := post(t, c)
		require.NoError(t, err)
	}
	assert.Len(t, asked(), 3, "from then on it is known")
	assert.Equal(t, 1, reads)

	c.Authorize = delivery.Bearer(func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			return "", errors.New("access denied")
		}
		return secret, nil
	})
	_, err := post(t, c)
	assert.EqualError(t, err, "svc: key: access denied")
	assert.False(t, responder.IsPermanent(err))
	assert.Len(t, asked(), 4)

	c.Judge = func(a delivery.Answer) error { return delivery.KeyError("it says so in its own way") }
	c.Authorize = delivery.Bearer(known)
	_, err = post(t, c)
	assert.ErrorIs(t, err, delivery.ErrKey)
	assert.Len(t, asked(), 6, "once more, and not more often")
	c.Authorize = nil
	_, err = post(t, c)
	assert.ErrorIs(t, err, delivery.ErrKey)
	assert.Len(t, asked(), 7, "there is nothing to read again")
}

func TestBearer(t *testing.T) {
	s, asked := serve(t, answer(200, `{"id":"x"}`))
	s.Start()
	for _, key := range []string{"", " \n", secret + "\r\nX-Evil: 1", secret + "\n" + secret, "a b" + secret, secret + "é", secret + "\x7f", secret + strings.Repeat("x", 4<<10)} {
		c := client(s.URL)
		reads := 0
		c.Authorize = delivery.Bearer(func(context.Context) (string, error) { reads++; return key, nil })
		_, err := post(t, c)
		assert.ErrorIs(t, err, delivery.ErrKey, "%q", key)
		assert.ErrorContains(t, err, "svc: key: ")
		assert.Equal(t, 2, reads, "it may have been mended")
		d, _ := responder.RetryDelay(err)
		assert.Equal(t, 5*time.Minute, d)
	}
	assert.Empty(t, asked())
	c := client(s.URL)
	c.Authorize = delivery.Bearer(func(context.Context) (string, error) { return " " + secret + "\n", nil })
	_, err := post(t, c)
	assert.NoError(t, err, "white space around it is not of it")
}

// The body can be read by who signs it.
func TestAuthorizeMaySign(t *testing.T) {
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, fmt.Sprint(len(body)), r.Header.Get("X-Length"))
		assert.Equal(t, "7", string(body))
	})
	s.Start()
	c := client(s.URL)
	c.Authorize = func(_ context.Context, r *http.Request) error {
		body, err := r.GetBody()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(body)
		r.Header.Set("X-Length", fmt.Sprint(len(text)))
		return err
	}
	_, err := c.Do(t.Context(), http.MethodPost, "", json.RawMessage("7"), nil)
	assert.NoError(t, err)
}

// A service that hangs takes the time-out, or what is left of the context's.
func TestTimeouts(t *testing.T) {
	for name, after := range map[string]string{"no answer": "", "half a header": "HTTP/1.1 200 OK\r\n", "half a body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"} {
		for _, limit := range []time.Duration{0, 3 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				c := client("https://a.example")
				c.Transport = spoken(func(conn net.Conn) {
					_, _ = io.WriteString(conn, after)
					_, _ = io.Copy(io.Discard, conn)
				})
				ctx, want := t.Context(), delivery.Timeout
				if limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, limit)
					defer cancel()
					want = limit
				}
				begun := time.Now()
				_, err := c.Do(ctx, http.MethodPost, "/things", "x", nil)
				assert.Equal(t, want, time.Since(begun), name)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorIs(t, err, delivery.ErrUnavailable)
				assert.True(t, delivery.InDoubt(err))
				c.Transport.(*http.Transport).CloseIdleConnections()
			})
		}
	}
}

// A connection that hangs before there is one leaves nothing in doubt.
func TestTimeoutsOfConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, over := client("https://a.example"), make(chan struct{})
		defer close(over)
		c.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			<-over
			return nil, errors.New("too late")
		}}
		_, err := c.Do(t.Context(), http.MethodPost, "/things", "x", nil)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.False(t, delivery.InDoubt(err))
	})
}

func TestManyAtOnce(t *testing.T) {
	s, asked := serve(t, answer(200, `{"id":"x"}`))
	s.Start()
	c := client(s.URL)
	c.Header = http.Header{"Accept": {"a"}}
	c.Authorize = func(_ context.Context, r *http.Request) error { r.Header.Add("Accept", "b"); return nil }
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := c.Do(t.Context(), http.MethodPost, "/", 1, nil)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Len(t, asked(), 20)
	assert.Equal(t, http.Header{"Accept": {"a"}}, c.Header)
}

// endless is a body without an end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) { e.read += len(b); return len(b), nil }
func (e *endless) Close() error               { return nil }

type gives struct{ body io.ReadCloser }

func (g gives) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: g.body}, nil
}

func TestAnswersAreCapped(t *testing.T) {
	body := &endless{}
	c := client("https://a.example")
	c.Transport = gives{body}
	a, err := post(t, c)
	assert.EqualError(t, err, "svc: the service's answer cannot be read: more than 4194304 bytes")
	assert.Len(t, a.Body, delivery.MaxBody)
	assert.LessOrEqual(t, body.read, delivery.MaxBody+1)
}

func TestNothingIsQuoted(t *testing.T) {
	c := client("https://a.example")
	c.Transport = roundTrip(func() error { return fmt.Errorf("proxy %s said no", secret) })
	_, err := post(t, c)
	assert.EqualError(t, err, "svc: the service cannot be reached: no answer that could be read")
	respondertest.NoSecret(t, secret, err)
}
