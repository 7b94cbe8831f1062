package intel

import (
	"context"
	"maps"
	"time"
)

const (
	// mostPlaces is how many places in the line a task may have: the host asks for no more of its attributes when so
	// many were told to wait.
	mostPlaces = 8
	manyTasks  = 256
)

// waiters are the tasks of this process that were told to wait, by what ends their contexts: all attributes of a task
// have it in common, and no two tasks do.
type waiters map[<-chan struct{}]waiter

type waiter struct {
	until  time.Time
	places int // that it may still take
}

// told is what a task was told that has all its places: it need not ask again.
func (ws waiters) told(ctx context.Context, now time.Time) (time.Time, bool) {
	w, ok := ws[ctx.Done()]
	return w.until, ok && w.places <= 0 && w.until.After(now)
}

// add notes a place in the line, and gives when the task has to come.
func (ws *waiters) add(ctx context.Context, until time.Time, share int, now time.Time) time.Time {
	if ctx.Done() == nil {
		return until
	}
	if len(*ws) >= manyTasks {
		maps.DeleteFunc(*ws, func(_ <-chan struct{}, w waiter) bool { return !w.until.After(now) })
	}
	if *ws == nil || len(*ws) >= manyTasks {
		*ws = waiters{}
	}
	w, ok := (*ws)[ctx.Done()]
	if !ok || !w.until.After(now) {
		w = waiter{places: share}
	}
	w.until, w.places = until, w.places-1
	(*ws)[ctx.Done()] = w
	return until
}
