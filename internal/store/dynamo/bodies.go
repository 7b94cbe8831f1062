package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/store"
)

// maxHeld is how many bytes of chunks one reading of bodies keeps, gzipped, until their heads come. Chunks beyond
// are read once more, each body's by themselves.
const maxHeld = 8 << 20

// Bodies implements store.Store. With a reducer, no more than one body is in memory as it was stored.
func (s *Store) Bodies(ctx context.Context, reportID string) ([]store.Body, error) {
	r := reading{chunks: map[string][]byte{}}
	if s.lean != nil {
		r.reduce = s.lean()
	}
	err := s.query(ctx, upTo(s.tables.ReportData, reportID, verdictKey), r.row)
	if err == nil {
		err = r.err
	}
	for _, head := range r.large {
		var data []byte
		if err == nil {
			data, err = s.open(ctx, head, bodyChunk, r.chunks)
		}
		if err == nil {
			r.add(head.SK, data)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bodies of %s: %w", reportID, err)
	}
	slices.SortFunc(r.bodies, func(a, b store.Body) int { return strings.Compare(a.Key, b.Key) })
	return r.bodies, nil
}

// reading is what one reading of bodies has so far.
type reading struct {
	reduce Reducer // may be nil
	bodies []store.Body
	large  []dataRow // heads whose chunks were not looked for yet
	chunks map[string][]byte
	held   int   // bytes of chunks
	err    error // the first
}

func (r *reading) row(row dataRow) {
	switch {
	case strings.HasPrefix(row.SK, bodyChunk):
		if r.held += len(row.Body); r.held <= maxHeld {
			r.chunks[row.SK] = row.Body
		}
	case row.Chunks > 0:
		r.large = append(r.large, row)
	case r.err == nil:
		var data []byte
		if data, r.err = row.unpack(row.SK); r.err == nil {
			r.add(row.SK, data)
		}
	}
}

func (r *reading) add(key string, data []byte) {
	b := store.Body{Key: key, Data: data}
	if r.reduce != nil {
		b = r.reduce(b)
	}
	r.bodies = append(r.bodies, b)
}
