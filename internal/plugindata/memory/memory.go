// Package memory is the driver of plugindata for one process: the embedded pipeline and tests.
//
// in → out: what the port says; everything is copied, nothing outlives the process.
package memory

import (
	"context"
	"errors"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
)

// Receipts implements plugindata.Receipts.
type Receipts struct {
	mu   sync.Mutex
	rows map[string]row
}

type row struct {
	plugindata.State
	owner string // empty: nobody has the lease
	until time.Time
	taken int   // how often the lease was, since it was last released
	begun int64 // the highest seq that it was taken for
}

// state is what a caller gets, his own copy.
func (r row) state() plugindata.State {
	r.Interrupted = r.taken > 1
	return clone(r.State)
}

// New makes an empty memory. Inside Lambda it is an error: each instance would have one of its own.
func New() (*Receipts, error) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return nil, errors.New("plugin data: the memory driver does not run inside Lambda (AWS_LAMBDA_RUNTIME_API is set)")
	}
	return &Receipts{rows: map[string]row{}}, nil
}

// Acquire implements plugindata.Receipts.
func (r *Receipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error) {
	if err := errors.Join(ctx.Err(), plugindata.CheckKey(key, owner)); err != nil {
		return plugindata.State{}, 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	stands := r.rows[key]
	switch {
	case seq <= stands.Seq || seq < stands.begun:
		return stands.state(), plugindata.Stale, nil
	case stands.owner != "" && stands.owner != owner && stands.until.After(now):
		return stands.state(), plugindata.Busy, nil
	}
	stands.owner, stands.until, stands.begun = owner, until, seq
	stands.taken++
	r.rows[key] = stands
	return stands.state(), plugindata.Acquired, nil
}

// Release implements plugindata.Receipts.
func (r *Receipts) Release(ctx context.Context, key, owner string, s plugindata.State, _ time.Time) (bool, error) {
	if err := errors.Join(ctx.Err(), plugindata.CheckKey(key, owner), s.Check()); err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	stands := r.rows[key]
	if stands.owner != owner {
		return false, nil
	}
	next := row{State: clone(stands.After(s)), begun: stands.begun}
	if s.Interrupted {
		next.taken = 1
	}
	r.rows[key] = next
	return true, nil
}

func clone(s plugindata.State) plugindata.State {
	s.Receipt = maps.Clone(s.Receipt)
	return s
}
