// Package dynamo is the driver of the store over Amazon DynamoDB.
//
// in → out: what the port says → one call of DynamoDB per method in the normal case, each a conditional
// change of one row. Rows are described in docs/ARCHITECTURE.md; times to live are garbage collection and
// never a condition.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Tables are the names of the core tables.
type Tables struct {
	AlertMap   string // key fingerprint (S)
	ReportData string // keys report_id (S), sk (S); index ByDay: day (S), opened_at (N)
}

// Store implements store.Store and store.Reader.
type Store struct {
	client    *dynamodb.Client
	db        *dynamo.DB
	tables    Tables
	retention time.Duration
	lean      func() Reducer // may be nil
}

// Reducer makes a body smaller, so that all bodies of a report fit into a function's memory together.
type Reducer func(store.Body) store.Body

// Lean has Bodies hand each body, as soon as it is read, to a reducer, of which each call of Bodies gets its own.
func (s *Store) Lean(reducer func() Reducer) *Store {
	s.lean = reducer
	return s
}

// New makes a store of two tables. What is stored of a report expires together, retention after its opening.
//
// The client may repeat a call whose answer was lost: then a change that was made is reported as not made,
// and the stages, for which that is the same as a crash, make it again.
func New(client *dynamodb.Client, tables Tables, retention time.Duration) *Store {
	return &Store{client: client, db: dynamo.NewFromIface(client), tables: tables, retention: retention}
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, fingerprint string) (protocol.Item, error) {
	var r row
	err := s.alertMap().Get("fingerprint", fingerprint).Consistent(true).One(ctx, &r)
	if errors.Is(err, dynamo.ErrNotFound) {
		return protocol.Item{}, nil
	}
	if err != nil {
		return protocol.Item{}, fmt.Errorf("get item %s: %w", fingerprint, err)
	}
	return r.item(), nil
}

// Open implements store.Store. The condition is protocol.Opens; where it fails, it brings the item with it,
// so that a join costs no read.
func (s *Store) Open(ctx context.Context, fresh protocol.Item, now int64) (protocol.Item, error) {
	var stands row
	_, err := s.alertMap().Put(rowOf(fresh)).
		If("attribute_not_exists(fingerprint) OR (closes_at < ? AND judged = ver)", now).
		CurrentValue(ctx, &stands)
	if dynamo.IsCondCheckFailed(err) { // without the item
		return s.Get(ctx, fresh.Fingerprint)
	}
	if err != nil {
		return protocol.Item{}, fmt.Errorf("open report %s: %w", fresh.ReportID, err)
	}
	return stands.item(), nil
}

// Swap implements store.Store. It is never a put of the whole item, which would lose what Settle and Count
// change beside it.
func (s *Store) Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error) {
	if err := store.CheckItem(next); err != nil {
		return protocol.Item{}, false, fmt.Errorf("swap: %w", err)
	}
	return s.update(ctx, "swap", was.ReportID, func(u *dynamo.Update) {
		u.If("ver = ?", was.Ver).
			SetSet("pending", []string(next.Pending)).SetSet("late", []string(next.Late)).
			SetSet("seen", binaries(next.Seen)).SetSet("origins", binaries(next.Origins)).
			Set("severity", number(next.Severity)).Set("state", string(next.State)).
			Set("deadline_at", next.DeadlineAt).Set("last_seen", next.LastSeen).
			Add("ver", 1).Add("count", next.Count-was.Count).Add("bodies", next.Bodies-was.Bodies)
	})
}

// CrossOff implements store.Store.
func (s *Store) CrossOff(ctx context.Context, reportID, token string, done bool) (protocol.Item, bool, error) {
	return s.update(ctx, "cross off", reportID, func(u *dynamo.Update) {
		u.Add("ver", 1)
		if done {
			u.DeleteStringsFromSet("pending", token).DeleteStringsFromSet("late", token)
		}
	})
}

// Count implements store.Store.
func (s *Store) Count(ctx context.Context, reportID string, n, lastSeen int64) (protocol.Item, bool, error) {
	return s.update(ctx, "count", reportID, func(u *dynamo.Update) {
		u.Add("count", n).Set("last_seen", lastSeen)
	})
}

// Settle implements store.Store.
func (s *Store) Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error) {
	u, _, err := s.change("settle", reportID)
	if err != nil {
		return 0, false, err
	}
	var was row
	err = u.If("judged < ?", ver).Set("judged", ver).Set("verdict", string(verdict)).OldValue(ctx, &was)
	switch {
	case dynamo.IsCondCheckFailed(err):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("settle %s: %w", reportID, err)
	}
	return was.Judged, true, nil
}

// update makes one change of the item of a report, and returns the item as it stands.
func (s *Store) update(ctx context.Context, what, reportID string, change func(*dynamo.Update)) (protocol.Item, bool, error) {
	u, fingerprint, err := s.change(what, reportID)
	if err != nil {
		return protocol.Item{}, false, err
	}
	change(u)
	var stands row
	made, err := u.CurrentValue(ctx, &stands)
	if dynamo.IsCondCheckFailed(err) { // there is no item
		item, err := s.Get(ctx, fingerprint)
		return item, false, err
	}
	if err != nil {
		return protocol.Item{}, false, fmt.Errorf("%s %s: %w", what, reportID, err)
	}
	return stands.item(), made, nil
}

// change begins a change of the item of a report, which is made if it is still that of the report (rule R2).
func (s *Store) change(what, reportID string) (u *dynamo.Update, fingerprint string, err error) {
	fingerprint, _, err = protocol.ParseReportID(reportID)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", what, err)
	}
	return s.alertMap().Update("fingerprint", fingerprint).If("report_id = ?", reportID), fingerprint, nil
}

func (s *Store) alertMap() dynamo.Table   { return s.db.Table(s.tables.AlertMap) }
func (s *Store) reportData() dynamo.Table { return s.db.Table(s.tables.ReportData) }
