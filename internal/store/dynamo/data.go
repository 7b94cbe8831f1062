package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Sort keys begin with these. They are in this order, so that one query up to the first verdict reads alerts,
// submissions and their chunks, and none of the verdicts.
const (
	bodyChunk    = "C#" // after A#, before F#
	verdictKey   = "V#"
	verdictChunk = "W#"
	lastKey      = "X#" // after all of them
)

// dataRow is a row of ReportData.
type dataRow struct {
	V         int    `dynamo:"v"`
	ReportID  string `dynamo:"report_id,hash"`
	SK        string `dynamo:"sk,range"`
	ExpiresAt int64  `dynamo:"expires_at"`
	content
}

// verdictRow is the row of a verdict; day puts it into the index ByDay.
type verdictRow struct {
	dataRow
	Day      string `dynamo:"day"`
	OpenedAt int64  `dynamo:"opened_at"`
	Severity string `dynamo:"severity"`
	Title    string `dynamo:"title"`
}

// PutBody implements store.Store. The chunks of a large body are there before its head.
func (s *Store) PutBody(ctx context.Context, reportID string, b store.Body) error {
	if err := b.Check(); err != nil {
		return err
	}
	r, err := s.prepare(ctx, reportID, b.Key, bodyChunk, b.Data)
	if err != nil {
		return err
	}
	if err := s.reportData().Put(r).Run(ctx); err != nil {
		return fmt.Errorf("put %s of %s: %w", b.Key, reportID, err)
	}
	return nil
}

// PutVerdict implements store.Store.
func (s *Store) PutVerdict(ctx context.Context, reportID string, v store.Verdict) (store.Verdict, error) {
	if err := v.Check(); err != nil {
		return store.Verdict{}, err
	}
	key := verdictKey + strconv.FormatInt(v.Ver, 10)
	r, err := s.prepare(ctx, reportID, key, verdictChunk, v.Data)
	if err != nil {
		return store.Verdict{}, err
	}
	var stands verdictRow
	made, err := s.reportData().Put(verdictRow{
		dataRow: r, Day: day(v.OpenedAt), OpenedAt: v.OpenedAt, Severity: string(v.Severity), Title: v.Title,
	}).If("attribute_not_exists(sk)").CurrentValue(ctx, &stands)
	switch {
	case err != nil: // also a condition that failed without the row, which was deleted meanwhile
		return store.Verdict{}, fmt.Errorf("put %s of %s: %w", key, reportID, err)
	case made:
		return v, nil
	}
	return s.verdict(ctx, stands)
}

// prepare makes the row of some data, and stores its chunks.
func (s *Store) prepare(ctx context.Context, reportID, key, prefix string, data []byte) (dataRow, error) {
	_, opened, err := protocol.ParseReportID(reportID)
	if err != nil {
		return dataRow{}, err
	}
	c, chunks, err := pack(data)
	if err != nil {
		return dataRow{}, fmt.Errorf("%s of %s: %w", key, reportID, err)
	}
	r := dataRow{V: responder.SchemaVersion, ReportID: reportID, SK: key, content: c,
		ExpiresAt: time.UnixMilli(opened).Add(s.retention).Unix()}
	for i, chunk := range chunks {
		part := r
		part.SK, part.content = chunkKey(prefix, c.Hash, i), content{Body: chunk}
		if err := s.reportData().Put(part).Run(ctx); err != nil {
			return dataRow{}, fmt.Errorf("put chunk %d of %s of %s: %w", i, key, reportID, err)
		}
	}
	return r, nil
}

// open returns the data of a row. A head that was replaced while a query read on from page to page has chunks
// that the query did not see: those are read now, and are there, since they were stored before the head.
func (s *Store) open(ctx context.Context, r dataRow, prefix string, chunks map[string][]byte) ([]byte, error) {
	if r.Chunks == 0 || r.join(prefix, chunks) {
		return r.unpack(r.SK)
	}
	own := map[string][]byte{}
	in := startingWith(s.tables.ReportData, r.ReportID, prefix+r.Hash+"#")
	err := s.query(ctx, in, func(c dataRow) { own[c.SK] = c.Body })
	if err != nil {
		return nil, fmt.Errorf("chunks of %s: %w", r.SK, err)
	}
	if !r.join(prefix, own) {
		return nil, fmt.Errorf("body %s: not all of its %d chunks are there", r.SK, r.Chunks)
	}
	return r.unpack(r.SK)
}

// getVerdict reads one verdict; false if there is none.
func (s *Store) getVerdict(ctx context.Context, reportID string, ver int64) (store.Verdict, bool, error) {
	var r verdictRow
	key := verdictKey + strconv.FormatInt(ver, 10)
	err := s.reportData().Get("report_id", reportID).Range("sk", dynamo.Equal, key).Consistent(true).One(ctx, &r)
	if errors.Is(err, dynamo.ErrNotFound) {
		return store.Verdict{}, false, nil
	}
	if err != nil {
		return store.Verdict{}, false, fmt.Errorf("get %s of %s: %w", key, reportID, err)
	}
	v, err := s.verdict(ctx, r)
	return v, err == nil, err
}

func (s *Store) verdict(ctx context.Context, r verdictRow) (store.Verdict, error) {
	data, err := s.open(ctx, r.dataRow, verdictChunk, nil)
	if err != nil {
		return store.Verdict{}, fmt.Errorf("verdict of %s: %w", r.ReportID, err)
	}
	return store.Verdict{
		Ver: verOf(r.SK), OpenedAt: r.OpenedAt, Severity: responder.Severity(r.Severity), Title: r.Title, Data: data,
	}, nil
}

// verOf is the number in the key of a verdict.
func verOf(sk string) int64 {
	ver, _ := strconv.ParseInt(strings.TrimPrefix(sk, verdictKey), 10, 64) // keys with V# are written by PutVerdict only
	return ver
}

// day is the UTC day of a time in epoch milliseconds.
func day(millis int64) string { return time.UnixMilli(millis).UTC().Format(time.DateOnly) }
