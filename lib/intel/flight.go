package intel

import (
	"context"
	"encoding/json"
	"sync"
)

// flights are the questions that are being asked. The zero value has none.
type flights struct {
	mu  sync.Mutex
	now map[string]*flight
}

// flight is a question that somebody asks, and others wait for.
type flight struct {
	done  chan struct{}
	ok    bool // what follows is an answer for all; else each asks for himself
	found bool
	out   json.RawMessage
	err   error
}

// join gives the flight of a question, and whether it is the caller who has to ask.
func (fs *flights) join(key string) (f *flight, first bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.now[key]; f != nil {
		return f, false
	}
	if fs.now == nil {
		fs.now = map[string]*flight{}
	}
	f = &flight{done: make(chan struct{})}
	fs.now[key] = f
	return f, true
}

func (fs *flights) leave(key string, f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.now, key)
	close(f.done)
}

// land notes the answer, before those who wait are told. That the time of one is over is nothing to others.
func (f *flight) land(ctx context.Context, found bool, out any, err error) {
	if ctx.Err() != nil {
		return
	}
	f.found, f.err, f.ok = found, err, true
	if found && out != nil {
		f.out, err = json.Marshal(out)
		f.ok = err == nil
	}
}

// give copies the answer; not ok where there is none for others.
func (f *flight) give(out any) (found, ok bool, err error) {
	if !f.ok || f.err != nil {
		return false, f.ok, f.err
	}
	if f.found && out != nil && decode(f.out, out) != nil {
		return false, false, nil
	}
	return f.found, true, nil
}
