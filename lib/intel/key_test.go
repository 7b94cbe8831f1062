package intel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// A key that was changed is read again after a refusal; one that is wrong is not tried twice.
func TestKeys(t *testing.T) {
	accepted := "new-" + secret
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != accepted {
			w.WriteHeader(401)
			return
		}
		_, _ = io.WriteString(w, good)
	})
	m, at := newCounted(), &clock{now: noon}
	held, reads := secret, 0
	c := client(s, m, at)
	c.Quota = &intel.Quota{Service: "svc", Limits: []intel.Limit{{Per: intel.Day, Most: 3}}, Memory: m, Now: at.Now}
	c.Settings.Key = func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			held, reads = accepted, reads+1
		}
		return held, nil
	}
	_, found, err := get(t, c)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, []string{secret, accepted}, s.keys)
	u, _, err := intel.ReadUsage(t.Context(), m, "svc", at.Now())
	require.NoError(t, err)
	assert.Equal(t, 2, u.Limits[0].Used, "each request is counted")

	wrong := client(s, nil, at)
	for range 2 {
		_, _, err = get(t, wrong)
		assert.ErrorIs(t, err, intel.ErrKey)
		assert.True(t, responder.IsPermanent(err))
	}
	assert.Equal(t, []string{secret, secret}, s.keys[2:], "the same key is not tried again")

	gone := client(s, nil, at)
	gone.Settings.Key = func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			return "", errors.New("throttled")
		}
		return secret, nil
	}
	_, _, err = get(t, gone)
	assert.EqualError(t, err, "svc: key: throttled")
	assert.False(t, responder.IsPermanent(err), "it is not known that the key is wrong")
}

func TestKeysThatCannotBeSent(t *testing.T) {
	s, at := serve(t, status(200, good)), &clock{now: noon}
	for _, key := range []string{"", " \n", secret + "\nX: y", secret + "é"} {
		c := client(s, nil, at)
		c.Settings.Key = func(context.Context) (string, error) { return key, nil }
		_, _, err := get(t, c)
		assert.ErrorIs(t, err, intel.ErrKey)
		assert.True(t, responder.IsPermanent(err))
	}
	c := client(s, nil, at)
	c.Settings.Key = func(context.Context) (string, error) { return "", errors.New("access denied") }
	_, _, err := get(t, c)
	assert.EqualError(t, err, "svc: key: access denied")
	assert.False(t, responder.IsPermanent(err))
	assert.Zero(t, s.asked())

	for _, base := range []string{"http://svc.example", "http://169.254.169.254", "ftp://svc.example", "http://localhost.svc.example"} {
		c := client(nil, nil, at)
		c.Settings.BaseURL = base
		c.Settings.Transport = transport(func(*http.Request) (*http.Response, error) { t.Error("it was sent"); return nil, io.EOF })
		_, _, err := get(t, c)
		assert.ErrorIs(t, err, intel.ErrKey, base)
		assert.True(t, responder.IsPermanent(err))
	}
}

// blocked is a service that answers when the test wants it to.
type blocked struct {
	asked   int
	release chan struct{}
	status  int
}

func (b *blocked) RoundTrip(r *http.Request) (*http.Response, error) {
	b.asked++
	select {
	case <-b.release:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	status(b.status, good)(w, r)
	return w.Result(), nil
}

func blockedClient(b *blocked) *intel.Client {
	return &intel.Client{Service: "svc", BaseURL: "https://svc.example", Keep: hour, Settings: intel.Settings{Transport: b, Memory: responder.NewMemory()}}
}

func TestOneAsksForAll(t *testing.T) {
	for _, keep := range []func(string, bool) time.Duration{hour, nil} {
		synctest.Test(t, func(t *testing.T) {
			b := &blocked{release: make(chan struct{}), status: 200}
			c := blockedClient(b)
			c.Keep = keep
			var answered atomic.Int64
			for range 20 {
				go func() {
					out, found, err := get(t, c)
					assert.NoError(t, err)
					assert.True(t, found)
					assert.Equal(t, says{7, []string{"a"}}, out)
					out.Names[0] = "my own"
					answered.Add(1)
				}()
			}
			synctest.Wait()
			assert.Equal(t, 1, b.asked)
			close(b.release)
			synctest.Wait()
			assert.Equal(t, []int{1, 20}, []int{b.asked, int(answered.Load())})
		})
	}
}

// That the time of who asks is over is nothing to the others; what the service says is for all.
func TestWhoAsksGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &blocked{release: make(chan struct{}), status: 200}
		c := blockedClient(b)
		ctx, cancel := context.WithCancel(t.Context())
		ask := func(ctx context.Context) <-chan error {
			out := make(chan error, 1)
			go func() { _, err := c.Get(ctx, &says{}, "/ip/%s", "192.0.2.7"); out <- err }()
			synctest.Wait()
			return out
		}
		first, second := ask(ctx), ask(t.Context())
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		assert.ErrorIs(t, <-ask(short), context.DeadlineExceeded, "who waits has a time of his own")
		cancel()
		assert.ErrorIs(t, <-first, context.Canceled)
		synctest.Wait()
		assert.Equal(t, 2, b.asked)
		close(b.release)
		assert.NoError(t, <-second)
	})
	synctest.Test(t, func(t *testing.T) {
		b := &blocked{release: make(chan struct{}), status: 503}
		c := blockedClient(b)
		for range 5 {
			go func() {
				_, _, err := get(t, c)
				assert.ErrorIs(t, err, intel.ErrUnavailable)
			}()
		}
		synctest.Wait()
		close(b.release)
		synctest.Wait()
		assert.Equal(t, 1, b.asked)
	})
}

func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &blocked{release: make(chan struct{})}
		began := time.Now()
		_, _, err := get(t, blockedClient(b))
		assert.ErrorIs(t, err, intel.ErrUnavailable)
		assert.Equal(t, intel.Timeout, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = blockedClient(b).Get(ctx, nil, "/")
		assert.ErrorIs(t, err, context.DeadlineExceeded, "the host has to see whose time was over")
		assert.Equal(t, intel.Timeout+time.Second, time.Since(began))
	})
}

// A process that ends between request and Store leaves the question to be asked again.
func TestKilledBeforeItRemembers(t *testing.T) {
	m, at := newCounted(), &clock{now: noon}
	ctx, kill := context.WithCancel(t.Context())
	s := serve(t, status(200, good))
	c := client(s, m, at)
	c.Judge = func(a intel.Answer) (bool, error) { kill(); return intel.Usual(a) }
	_, _ = c.Get(ctx, &says{}, "/ip/%s", "192.0.2.7")
	c.Judge = nil
	out, found, err := get(t, c)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, 7, out.Score)
	assert.Equal(t, 2, s.asked())
}

// What one process is told, all know.
func TestTheServiceSaysThatItIsEnough(t *testing.T) {
	for _, limits := range [][]intel.Limit{free, nil} {
		m, at, s := responder.NewMemory(), &clock{now: noon}, serve(t, status(429, "", "Retry-After", "7200"))
		process := func() *intel.Client {
			c := client(s, m, at)
			c.Quota = &intel.Quota{Service: "svc", Name: "Service", Limits: limits, Memory: m, Now: at.Now}
			return c
		}
		one := process()
		_, _, err := get(t, one)
		d, _ := responder.RetryDelay(err)
		assert.ErrorIs(t, err, intel.ErrQuota)
		assert.Equal(t, 2*time.Hour, d)
		for _, c := range []*intel.Client{one, process()} {
			_, _, err := get(t, c)
			assert.ErrorIs(t, err, intel.ErrQuota)
			again, _ := responder.RetryDelay(err)
			assert.Greater(t, again, d, "one after the other")
			d = again
		}
		assert.Equal(t, 1, s.asked())
		u, ok, err := intel.ReadUsage(t.Context(), m, "svc", at.Now())
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, at.Now().Add(2*time.Hour), u.Until)
		s.Config.Handler = status(200, good)
		at.add(2 * time.Hour)
		_, found, err := get(t, process())
		assert.NoError(t, err)
		assert.True(t, found)
	}
}

// Without limits nothing is counted: one look a minute.
func TestNoLimitsCostNothing(t *testing.T) {
	m, at := newCounted(), &clock{now: noon}
	q := &intel.Quota{Service: "svc", Memory: m, Now: at.Now}
	for range 10 {
		require.NoError(t, q.Take(t.Context()))
	}
	assert.Equal(t, []string{"Load"}, m.reset())
	at.add(time.Minute)
	require.NoError(t, q.Take(t.Context()))
	assert.Equal(t, []string{"Load"}, m.reset())
	q = &intel.Quota{Service: "svc", Memory: broken{}, Now: at.Now}
	assert.NoError(t, q.Take(t.Context()), "there is nothing to exceed")
}

// knower says itself whether it knows something.
type knower struct{ Known bool }

func (k *knower) Found() bool { return k.Known }

func TestFinder(t *testing.T) {
	m := responder.NewMemory()
	for body, want := range map[string]bool{`{"known":true}`: true, `{"known":false}`: false} {
		s := serve(t, status(200, body))
		c := client(s, m, &clock{now: noon})
		for range 2 {
			found, err := c.Get(t.Context(), &knower{}, "/")
			require.NoError(t, err)
			assert.Equal(t, want, found)
		}
		assert.Equal(t, 1, s.asked())
	}
}

func TestErrorsHaveNoSecret(t *testing.T) {
	_, err := intel.Settings{Getenv: func(string) string { return "5" }}.Quota("svc", "Service", "SVC_LIMITS")
	assert.ErrorContains(t, err, "environment variable SVC_LIMITS: limit: \"5\"")
	q, err := intel.Settings{}.Quota("svc", "Service", "SVC_LIMITS", free...)
	require.NoError(t, err)
	assert.Equal(t, free, q.Limits)
	respondertest.NoSecret(t, secret, intel.Failure(errors.New(secret)), intel.Agent())
}
