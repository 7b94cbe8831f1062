package soak

import (
	"context"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/memory"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
)

// expiring is a store that knows what it has, so that what has expired can be forgotten, as DynamoDB's time to live does:
// the drivers for one process keep all.
type expiring struct {
	store.Store
	mu      sync.Mutex
	reports map[string]bool
}

func (s *expiring) note(reportID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports[reportID] = true
}

// Open implements store.Store.
func (s *expiring) Open(ctx context.Context, fresh protocol.Item, now int64) (protocol.Item, error) {
	item, err := s.Store.Open(ctx, fresh, now)
	if err == nil {
		s.note(item.ReportID)
	}
	return item, err
}

// PutBody implements store.Store.
func (s *expiring) PutBody(ctx context.Context, reportID string, b store.Body) error {
	s.note(reportID)
	return s.Store.PutBody(ctx, reportID, b)
}

// forgetter is what forgets a report.
type forgetter interface {
	Forget(ctx context.Context, reportID string) error
}

// sweep forgets the reports that were opened before a time.
func (s *expiring) sweep(ctx context.Context, in forgetter, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.reports {
		_, opened, err := protocol.ParseReportID(id)
		if err != nil {
			return err
		}
		if opened >= before.UnixMilli() {
			continue
		}
		if err := in.Forget(ctx, id); err != nil {
			return err
		}
		delete(s.reports, id)
	}
	return nil
}

func (s *expiring) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.reports)
}

// receipts are what emitters remember, each key in a memory of its own, which goes when it has expired.
type receipts struct {
	mu   sync.Mutex
	keys map[string]*remembered
}

type remembered struct {
	*memory.Receipts
	expires time.Time
}

// abandoned is how long a lease is kept that nothing came of.
const abandoned = 24 * time.Hour

func (r *receipts) of(key string, expires time.Time) (*remembered, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys[key] == nil {
		m, err := memory.New()
		if err != nil {
			return nil, err
		}
		r.keys[key] = &remembered{m, expires}
	}
	return r.keys[key], nil
}

// Acquire implements plugindata.Receipts.
func (r *receipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error) {
	m, err := r.of(key, until.Add(abandoned))
	if err != nil {
		return plugindata.State{}, 0, err
	}
	return m.Acquire(ctx, key, owner, seq, now, until)
}

// Release implements plugindata.Receipts.
func (r *receipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error) {
	m, err := r.of(key, expires)
	if err != nil {
		return false, err
	}
	kept, err := m.Release(ctx, key, owner, s, expires)
	if kept {
		r.mu.Lock()
		m.expires = expires
		r.mu.Unlock()
	}
	return kept, err
}

func (r *receipts) sweep(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, m := range r.keys {
		if m.expires.Before(now) {
			delete(r.keys, key)
		}
	}
}

func (r *receipts) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.keys)
}
