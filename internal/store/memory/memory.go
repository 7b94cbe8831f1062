// Package memory is the driver of the store for one process: the embedded pipeline and tests.
//
// in → out: what the port says; everything is copied on its way in and out, nothing outlives the process.
package memory

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Store implements store.Store and store.Reader.
type Store struct {
	mu      sync.Mutex
	items   map[string]protocol.Item // by fingerprint
	reports map[string]*report       // by report id
}

// New makes an empty store. Inside Lambda it is an error: each instance would have a memory of its own.
func New() (*Store, error) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return nil, errors.New("store: the memory driver does not run inside Lambda (AWS_LAMBDA_RUNTIME_API is set)")
	}
	return &Store{items: map[string]protocol.Item{}, reports: map[string]*report{}}, nil
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, fingerprint string) (protocol.Item, error) {
	if err := ctx.Err(); err != nil {
		return protocol.Item{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return clone(s.items[fingerprint]), nil
}

// Open implements store.Store.
func (s *Store) Open(ctx context.Context, fresh protocol.Item, now int64) (protocol.Item, error) {
	if err := ctx.Err(); err != nil {
		return protocol.Item{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if protocol.Opens(s.items[fresh.Fingerprint], now) {
		s.items[fresh.Fingerprint] = clone(fresh)
	}
	return clone(s.items[fresh.Fingerprint]), nil
}

// Swap implements store.Store.
func (s *Store) Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error) {
	if err := store.CheckItem(next); err != nil {
		return protocol.Item{}, false, err
	}
	return s.change(ctx, was.ReportID, func(i *protocol.Item) bool {
		if i.Ver != was.Ver {
			return false
		}
		i.Pending, i.Late, i.Seen, i.Origins = next.Pending, next.Late, next.Seen, next.Origins
		i.Severity, i.State, i.DeadlineAt, i.LastSeen = next.Severity, next.State, next.DeadlineAt, next.LastSeen
		i.Count += next.Count - was.Count
		i.Bodies += next.Bodies - was.Bodies
		i.Ver++
		return true
	})
}

// CrossOff implements store.Store.
func (s *Store) CrossOff(ctx context.Context, reportID, token string, done bool) (protocol.Item, bool, error) {
	return s.change(ctx, reportID, func(i *protocol.Item) bool {
		*i = protocol.CrossOff(*i, token, done)
		return true
	})
}

// Count implements store.Store.
func (s *Store) Count(ctx context.Context, reportID string, n, lastSeen int64) (protocol.Item, bool, error) {
	return s.change(ctx, reportID, func(i *protocol.Item) bool {
		*i = protocol.Count(*i, n, lastSeen)
		return true
	})
}

// Settle implements store.Store.
func (s *Store) Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error) {
	_, made, err = s.change(ctx, reportID, func(i *protocol.Item) bool {
		if i.Judged >= ver {
			return false
		}
		before = i.Judged
		*i = protocol.Settle(*i, ver, verdict)
		return true
	})
	return before, made, err
}

// change lets f change the item of a report, if it is still that of the report. f says whether it did.
func (s *Store) change(ctx context.Context, reportID string, f func(*protocol.Item) bool) (protocol.Item, bool, error) {
	if err := ctx.Err(); err != nil {
		return protocol.Item{}, false, err
	}
	fingerprint, _, err := protocol.ParseReportID(reportID)
	if err != nil {
		return protocol.Item{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	item := s.items[fingerprint]
	if item.ReportID != reportID || !f(&item) {
		return clone(item), false, nil
	}
	s.items[fingerprint] = clone(item)
	return clone(item), true, nil
}

func clone(i protocol.Item) protocol.Item {
	i.Pending, i.Late = protocol.SetOf(i.Pending...), protocol.SetOf(i.Late...)
	i.Seen, i.Origins = protocol.SetOf(i.Seen...), protocol.SetOf(i.Origins...)
	return i
}
