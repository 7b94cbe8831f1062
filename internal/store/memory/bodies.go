package memory

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
)

// report is what ReportData holds of one report.
type report struct {
	bodies   map[string][]byte
	verdicts map[int64]store.Verdict
	latest   int64 // the highest key of verdicts
}

// PutBody implements store.Store.
func (s *Store) PutBody(ctx context.Context, reportID string, b store.Body) error {
	if err := b.Check(); err != nil {
		return err
	}
	return s.with(ctx, reportID, func(r *report) { r.bodies[b.Key] = bytes.Clone(b.Data) })
}

// Bodies implements store.Store.
func (s *Store) Bodies(ctx context.Context, reportID string) ([]store.Body, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.reports[reportID]
	if r == nil {
		return nil, nil
	}
	var out []store.Body
	for _, key := range slices.Sorted(maps.Keys(r.bodies)) {
		out = append(out, store.Body{Key: key, Data: bytes.Clone(r.bodies[key])})
	}
	return out, nil
}

// PutVerdict implements store.Store.
func (s *Store) PutVerdict(ctx context.Context, reportID string, v store.Verdict) (store.Verdict, error) {
	if err := v.Check(); err != nil {
		return store.Verdict{}, err
	}
	err := s.with(ctx, reportID, func(r *report) {
		stands, ok := r.verdicts[v.Ver]
		if !ok {
			stands = cloneVerdict(v)
			r.verdicts[v.Ver] = stands
			r.latest = max(r.latest, v.Ver)
		}
		v = cloneVerdict(stands)
	})
	if err != nil {
		return store.Verdict{}, err
	}
	return v, nil
}

// with lets f change what there is of a report, which is made if need be.
func (s *Store) with(ctx context.Context, reportID string, f func(*report)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, _, err := protocol.ParseReportID(reportID); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.reports[reportID]
	if r == nil {
		r = &report{bodies: map[string][]byte{}, verdicts: map[int64]store.Verdict{}}
		s.reports[reportID] = r
	}
	f(r)
	return nil
}

func cloneVerdict(v store.Verdict) store.Verdict {
	v.Data = bytes.Clone(v.Data)
	return v
}
