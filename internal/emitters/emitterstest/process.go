package emitterstest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
)

// process is one that handles a batch, and may be killed while it does.
type process struct{ dead atomic.Bool }

type processKey struct{}

func processOf(ctx context.Context) *process {
	p, _ := ctx.Value(processKey{}).(*process)
	if p == nil {
		p = &process{}
	}
	return p
}

// kill ends the process.
func (p *process) kill() {
	p.dead.Store(true)
	exit()
}

// live ends what still runs of a process that is dead.
func (p *process) live() {
	if p.dead.Load() {
		exit()
	}
}

var errKilled = errors.New("the process was killed")

// handler is a function as Lambda calls it.
type handler func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke implements host.Handler.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return h(ctx, payload) }

// once has each batch handled by a process, and another one take its place where it was killed.
func once(w *world, h host.Handler) host.Handler {
	return handler(func(ctx context.Context, payload []byte) (out []byte, err error) {
		ctx = context.WithValue(ctx, processKey{}, &process{})
		done := make(chan struct{})
		err = errKilled
		go func() {
			defer close(done)
			out, err = h.Invoke(ctx, payload)
		}()
		<-done
		if errors.Is(err, errKilled) {
			w.restart()
		}
		return out, err
	})
}

// twice delivers each batch twice, the second time to another process.
func twice(w *world, h host.Handler) host.Handler {
	inner := once(w, h)
	return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
		_, _ = inner.Invoke(ctx, payload)
		w.restart()
		return inner.Invoke(ctx, payload)
	})
}

// inTheMiddle delivers each batch once more while it is handled: at each request of the emitter.
func inTheMiddle(w *world, h host.Handler) host.Handler {
	inner := once(w, h)
	return handler(func(ctx context.Context, payload []byte) ([]byte, error) {
		var begun sync.Once
		ctx = context.WithValue(ctx, meanwhileKey{}, func() {
			begun.Do(func() { _, _ = inner.Invoke(context.WithValue(ctx, meanwhileKey{}, nil), payload) })
		})
		return inner.Invoke(ctx, payload)
	})
}

type meanwhileKey struct{}

// receipts are those of a process. What is dead writes nothing.
type receipts struct {
	*world
	plugindata.Receipts
}

// Acquire implements plugindata.Receipts.
func (r receipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error) {
	processOf(ctx).live()
	return r.Receipts.Acquire(ctx, key, owner, seq, now, until)
}

// Release implements plugindata.Receipts.
func (r receipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error) {
	processOf(ctx).live()
	if r.plan.forget != nil && r.plan.forget() {
		r.faults++
		return false, errors.New("the table cannot be reached")
	}
	return r.Receipts.Release(ctx, key, owner, s, expires)
}
