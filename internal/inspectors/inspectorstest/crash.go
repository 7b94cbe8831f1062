package inspectorstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// handler is a function as Lambda calls it.
type handler func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke implements host.Handler.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return h(ctx, payload) }

// redelivered: the queue delivers the task twice, one after the other or at once, to new processes.
func redelivered(t *testing.T, c Case) {
	w := newWorld(t, c, by(c.Good))
	w.send()
	want := w.settle()
	for name, twice := range map[string]func(*world, host.Handler) host.Handler{"in turn": inTurn, "at once": atOnce} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c, by(c.Good))
			w.put(func(h host.Handler) host.Handler { return twice(w, h) })
			w.send()
			got := w.settle()
			w.found(got)
			assert.Equal(t, want.Signals, got.Signals, "nothing that is done twice shows")
			assert.Equal(t, want.Content, got.Content)
			assert.LessOrEqual(t, w.service.requests(), 2*c.Requests)
			if name == "in turn" {
				assert.Equal(t, c.Requests, w.service.requests(), "the second delivery was answered from what is remembered")
			}
		})
	}
}

func inTurn(w *world, h host.Handler) host.Handler {
	return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
		_, err := h.Invoke(ctx, payload)
		assert.NoError(w.t, err)
		w.restart()
		return h.Invoke(ctx, payload)
	})
}

func atOnce(w *world, h host.Handler) host.Handler {
	return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
		done := make(chan error)
		go func() {
			_, err := h.Invoke(ctx, payload)
			done <- err
		}()
		out, err := h.Invoke(ctx, payload)
		return out, errors.Join(err, <-done)
	})
}

// killed: the process ends at each of its requests, before the service has it or with the answer on the way. All that is
// left is the Memory, and the queue delivers again.
func killed(t *testing.T, c Case) {
	for at := 1; at <= c.Requests; at++ {
		for _, answered := range []bool{false, true} {
			t.Run(fmt.Sprintf("at request %d, answered %t", at, answered), func(t *testing.T) { killedAt(t, c, at, answered) })
		}
	}
}

type doomedKey struct{}

var errKilled = errors.New("the process was killed")

func killedAt(t *testing.T, c Case, at int, answered bool) {
	reached, release, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w := newWorld(t, c, func(n int, r *http.Request) (*http.Response, error) {
		if r.Context().Value(doomedKey{}) == nil || n < at {
			return by(c.Good)(n, r)
		}
		if answered {
			_, _ = by(c.Good)(n, r)
		}
		if n == at {
			close(reached)
		}
		<-release // it never comes back
		return nil, errKilled
	})
	first := true
	w.put(func(h host.Handler) host.Handler {
		return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
			if !first {
				return h.Invoke(ctx, payload)
			}
			first = false
			go func() {
				defer close(gone)
				_, _ = h.Invoke(context.WithValue(ctx, doomedKey{}, true), payload)
			}()
			<-reached
			w.restart()
			return nil, errKilled
		})
	})
	t.Cleanup(func() { close(release); <-gone })
	w.send()
	w.found(w.settle())
	assert.LessOrEqual(t, w.service.requests(), c.Requests+1, "only what was cut off is asked again")
}

// forgetful: the Memory cannot be reached for five minutes.
func forgetful(t *testing.T, c Case) {
	w := newWorld(t, c, by(c.Good), func(w *world) { w.memory = &broken{Memory: w.memory, until: Start.Add(5 * time.Minute), now: w.now} })
	w.send()
	w.found(w.settle())
	assert.LessOrEqual(t, w.told[len(w.told)-1].after, deadline, "it was back in time")
}

// broken is a Memory that fails until then.
type broken struct {
	responder.Memory
	until time.Time
	now   func() time.Time
}

var errMemory = errors.New("the table cannot be reached")

func (b *broken) down() bool { return b.now().Before(b.until) }

// Load implements responder.Memory.
func (b *broken) Load(ctx context.Context, key string) (responder.Entry, error) {
	if b.down() {
		return responder.Entry{}, errMemory
	}
	return b.Memory.Load(ctx, key)
}

// Store implements responder.Memory.
func (b *broken) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	if b.down() {
		return errMemory
	}
	return b.Memory.Store(ctx, key, value, expires)
}

// Swap implements responder.Memory.
func (b *broken) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	if b.down() {
		return responder.Entry{}, false, errMemory
	}
	return b.Memory.Swap(ctx, key, was, value, expires)
}

// correctedAfter checks that a verdict without the service goes out at the deadline, and is corrected by the end.
func (w *world) correctedAfter() {
	w.t.Helper()
	w.send()
	w.advance(deadline)
	w.incomplete()
	w.found(w.settle())
	last := w.told[len(w.told)-1]
	require.Equal(w.t, responder.StatusPublished, last.report.Status)
	w.found(last.report)
	assert.Greater(w.t, last.after, deadline)
}
