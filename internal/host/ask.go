package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The end of the function's time, in reverse: the last 500 ms are for postponing and logging, before them
// 1 s for the submission, and before that 500 ms for a plugin to return after its context has ended.
const (
	reserve    = 500 * time.Millisecond
	submitTime = time.Second
	grace      = 500 * time.Millisecond
)

var (
	errTime = errors.New("the function's time was over")
	errHeld = errors.New("held back, since others have to wait")
)

// answer is what became of one task.
type answer struct {
	task responder.Task
	page responder.Page
	err  error
}

// ask puts all tasks to the plugin, and answers for each of them, in their order. It comes back in time, also
// where the plugin does not.
func (h *inspector) ask(ctx context.Context, tasks []responder.Task) []answer {
	if len(tasks) == 0 {
		return nil
	}
	ctx, cancel := before(ctx, submitTime+grace)
	defer cancel()
	if h.all != nil {
		return h.askAll(ctx, tasks)
	}
	return h.askEach(ctx, tasks)
}

// askAll is one call for all tasks.
func (h *inspector) askAll(ctx context.Context, tasks []responder.Task) []answer {
	type result struct {
		pages []responder.Page
		err   error
	}
	out := make(chan result, 1) // nobody may be waiting any more
	go func() {
		var r result
		if err := guard(func() error { r.pages, r.err = h.all.InspectAll(ctx, slices.Clone(tasks)); return nil }); err != nil {
			r.err = err
		}
		out <- r
	}()
	r := result{err: errTime}
	select {
	case r = <-out:
	case <-late(ctx):
	}
	if r.err == nil && len(r.pages) != len(tasks) {
		r.err = responder.Permanent(fmt.Errorf("the inspector gave %d pages for %d tasks", len(r.pages), len(tasks)))
	}
	answers := make([]answer, len(tasks))
	for i, t := range tasks {
		answers[i] = answer{task: t, err: timed(ctx, r.err)}
		if r.err == nil {
			answers[i].page = r.pages[i]
		}
	}
	return answers
}

// askEach is one call for each task, from several goroutines.
func (h *inspector) askEach(ctx context.Context, tasks []responder.Task) []answer {
	type result struct {
		index int
		answer
	}
	next := make(chan int, len(tasks))
	out := make(chan result, len(tasks)) // nobody may be waiting any more
	var waiting atomic.Int64
	for range min(h.Concurrency, len(tasks)) {
		go func() {
			for i := range next {
				out <- result{i, h.askOne(ctx, tasks[i], &waiting)}
			}
		}()
	}
	answers := make([]answer, len(tasks))
	for i, t := range tasks {
		answers[i] = answer{task: t, err: errTime}
		next <- i
	}
	close(next)
	over := late(ctx)
	for range tasks {
		select {
		case r := <-out:
			answers[r.index] = r.answer
		case <-over:
			return answers
		}
	}
	return answers
}

// askOne calls Inspect, unless the time is over or so many were told to wait that all are likely to be.
func (h *inspector) askOne(ctx context.Context, t responder.Task, waiting *atomic.Int64) answer {
	a := answer{task: t}
	switch {
	case ctx.Err() != nil:
		a.err = errTime
	case waiting.Load() >= int64(h.Concurrency):
		a.err = responder.RetryAfter(errHeld, 0)
	default:
		a.err = guard(func() (err error) { a.page, err = h.one.Inspect(ctx, t); return err })
		a.err = timed(ctx, a.err)
	}
	if _, wait := responder.RetryDelay(a.err); wait {
		waiting.Add(1)
	}
	return a
}

// timed tells an error of the context's end from one of the plugin's own.
func timed(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return errTime
	}
	return err
}

// late is closed when a plugin should have returned long since.
func late(ctx context.Context) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(grace, func() { close(over) }) })
	return over
}
