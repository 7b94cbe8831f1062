package memory

import (
	"context"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
)

// Latest implements store.Reader.
func (s *Store) Latest(ctx context.Context, reportID string) (store.Verdict, bool, error) {
	if err := ctx.Err(); err != nil {
		return store.Verdict{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.reports[reportID]; r != nil && len(r.verdicts) > 0 {
		return cloneVerdict(r.verdicts[r.latest]), true, nil
	}
	return store.Verdict{}, false, nil
}

// Since implements store.Reader. Reports of the UTC day of now are listed even if a clock that is ahead opened
// them after now.
func (s *Store) Since(ctx context.Context, from, now time.Time) ([]store.Summary, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	end := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1).UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []store.Summary
	for id, r := range s.reports {
		v, ok := r.verdicts[r.latest]
		if ok && v.OpenedAt >= from.UnixMilli() && v.OpenedAt < end {
			out = append(out, store.Summary{
				ReportID: id, Ver: v.Ver, OpenedAt: v.OpenedAt, Severity: v.Severity, Title: v.Title,
			})
		}
	}
	store.SortSummaries(out)
	return out, nil
}

// Forget implements store.Reader.
func (s *Store) Forget(ctx context.Context, reportID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fingerprint, _, err := protocol.ParseReportID(reportID)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reports, reportID)
	if s.items[fingerprint].ReportID == reportID {
		delete(s.items, fingerprint)
	}
	return nil
}
