package inspectorstest

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// until answers by one handle until so long after the start, then by another.
func (w *world) until(d time.Duration, first, then handle) {
	w.service.handle = func(n int, r *http.Request) (*http.Response, error) {
		if w.now().Sub(Start) < d {
			return first(n, r)
		}
		return then(n, r)
	}
}

// down is a service that cannot be reached in one way or another.
func down(n int, r *http.Request) (*http.Response, error) {
	switch n % 3 {
	case 0:
		return by(Answer(http.StatusServiceUnavailable, "<html>maintenance</html>"))(n, r)
	case 1:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return by(Answer(http.StatusBadGateway, ""))(n, r)
}

// downForAnHour: the verdict goes out without the service, and is corrected when it is back.
func downForAnHour(t *testing.T, c Case) {
	w := newWorld(t, c, nil)
	w.until(time.Hour, down, by(c.Good))
	w.correctedAfter()
}

// downForADay: the report says in the end that it failed.
func downForADay(t *testing.T, c Case) {
	w := newWorld(t, c, down)
	w.send()
	w.advance(deadline)
	w.incomplete()
	w.failed(w.settle(), intel.ErrUnavailable.Error())
}

// quotaForAnHour: the quota is used up. Few requests find that out, and the verdict is corrected.
func quotaForAnHour(t *testing.T, c Case) {
	w := newWorld(t, c, nil)
	w.until(time.Hour, by(c.OverQuota), by(c.Good))
	w.correctedAfter()
	refused := 0
	for _, at := range w.service.times {
		if at < time.Hour {
			refused++
		}
	}
	assert.Positive(t, refused)
	assert.LessOrEqual(t, refused, c.Polls, "it does not keep asking: %v", w.service.times)
	assert.Equal(t, c.Requests, w.service.requests()-refused)
}

// keyWrong: that is said at once. It is neither clean, nor tried for an hour.
func keyWrong(t *testing.T, c Case) {
	w := newWorld(t, c, by(c.WrongKey))
	w.send()
	w.advance(0)
	assert.Equal(t, responder.StatusPublished, w.told[len(w.told)-1].report.Status, "at once")
	w.failed(w.settle(), intel.ErrKey.Error())
	assert.LessOrEqual(t, w.service.requests(), 2*c.Requests)
}

// keyChanged: the function still has the old key.
func keyChanged(t *testing.T, c Case) {
	if c.Header == "" {
		t.Skip("the case does not say which header has the key")
	}
	w := newWorld(t, c, func(n int, r *http.Request) (*http.Response, error) {
		if r.Header.Get(c.Header) != fresh {
			return by(c.WrongKey)(n, r)
		}
		return by(c.Good)(n, r)
	}, func(w *world) {
		w.secret = func(ctx context.Context) (string, error) {
			if responder.WantsRefresh(ctx) {
				return fresh, nil
			}
			return key, nil
		}
	})
	w.send()
	w.advance(0)
	w.found(w.settle())
}

// tenMegabytes: no more is read than can be an answer.
func tenMegabytes(t *testing.T, c Case) {
	w := newWorld(t, c, func(_ int, _ *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(`{"data": "`), io.LimitReader(letters{}, 10<<20), strings.NewReader(`"}`))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body)}, nil
	})
	w.send()
	w.failed(w.settle(), intel.ErrAnswer.Error())
	for _, b := range w.service.bodies {
		assert.LessOrEqual(t, b.read.Load(), int64(intel.MaxBody)+1<<10)
		assert.True(t, b.closed.Load())
	}
}

type letters struct{}

func (letters) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

const page = `<!DOCTYPE html><html><body>Log in to the hotel's network: <b>c4ptive-p0rtal</b></body></html>`

// notJSON: something between us and the service answers. It may go away; if not, the report says so, and not what it said.
func notJSON(t *testing.T, c Case) {
	w := newWorld(t, c, nil)
	w.until(20*time.Minute, by(Answer(http.StatusOK, page)), by(c.Good))
	w.correctedAfter()

	w = newWorld(t, c, by(Answer(http.StatusOK, page)))
	w.send()
	r := w.settle()
	w.failed(r, intel.ErrAnswer.Error())
	assert.NotContains(t, w.inspection(r).Error+r.Result.Reason+w.log.String(), "c4ptive-p0rtal")
}

// odd: what says nothing that can be understood is no answer, least of all a clean one.
func odd(t *testing.T, c Case) {
	for _, body := range append([]string{
		"", " ", "null", "[]", "{}", `"text"`, "0", "true", `{"error": "internal error"}`, `{"data": null}`, `{"data": []}`, `{"data": "x"}`,
		`{"errors": [{"detail": "internal error", "status": 500}]}`, strings.Repeat("[", 20_000), "\x1f\x8b\x08\x00", "{\"data\": \xff}",
	}, c.Odd...) {
		w := newWorld(t, c, by(Answer(http.StatusOK, body)))
		w.send()
		w.failed(w.settle(), intel.ErrAnswer.Error())
		if t.Failed() {
			t.Fatalf("the answer was %.200q", body)
		}
	}
	w := newWorld(t, c, func(n int, r *http.Request) (*http.Response, error) { // the connection breaks in the middle
		resp, _ := by(c.Good)(n, r)
		resp.Body = io.NopCloser(io.LimitReader(resp.Body, 30))
		return resp, nil
	})
	w.send()
	w.failed(w.settle(), intel.ErrAnswer.Error())
}

// slow: the service does not answer, or its answer does not end. The function comes back in time, and the next try is answered.
func slow(t *testing.T, c Case) {
	silent := func(_ int, r *http.Request) (*http.Response, error) {
		_, err := endless{t, r.Context()}.Read(nil)
		return nil, err
	}
	dripping := func(_ int, r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: endless{t, r.Context()}}, nil
	}
	for name, h := range map[string]handle{"silent": silent, "dripping": dripping} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c, nil)
				w.until(2*time.Second, h, by(c.Good))
				w.put(w.timed)
				w.send()
				began := time.Now()
				w.found(w.settle())
				assert.GreaterOrEqual(t, time.Since(began), intel.Timeout)
				assert.LessOrEqual(t, w.told[len(w.told)-1].after, deadline, "the next try was answered")
			})
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c, h)
				w.put(w.timed)
				w.send()
				w.failed(w.settle(), "")
			})
		})
	}
}

// timed gives a function the time that Lambda does, and sees that it comes back in it.
func (w *world) timed(h host.Handler) host.Handler {
	return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, runtime)
		defer cancel()
		began := time.Now()
		out, err := h.Invoke(ctx, payload)
		assert.Less(w.t, time.Since(began), runtime, "it comes back before its time is over")
		return out, err
	})
}
