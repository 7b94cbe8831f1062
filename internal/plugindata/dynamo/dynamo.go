// Package dynamo is the driver of plugindata over Amazon DynamoDB.
//
// in → out: what the port says → one conditional UpdateItem per method.
package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// abandoned is how long a row is kept that has never been more than a lease.
const abandoned = 24 * time.Hour

// Receipts implements plugindata.Receipts.
type Receipts struct{ table dynamo.Table }

// New makes the driver of a table whose key is key (S), with its time to live in expires_at (N).
func New(client *dynamodb.Client, table string) *Receipts {
	return &Receipts{dynamo.NewFromIface(client).Table(table)}
}

type row struct {
	Receipt    string `dynamo:"receipt"` // JSON: a map would not take every name
	Seq        int64  `dynamo:"seq"`
	Shown      string `dynamo:"shown"`
	LeaseOwner string `dynamo:"lease_owner"`
	LeaseUntil int64  `dynamo:"lease_until"` // epoch milliseconds
	Told       string `dynamo:"told"`
	LeaseTaken int64  `dynamo:"lease_taken"` // how often since it was last released
	Begun      int64  `dynamo:"begun"`       // the highest seq that it was taken for
}

func (r row) state() (plugindata.State, error) {
	s := plugindata.State{Seq: r.Seq, Shown: r.Shown, Told: r.Told, Interrupted: r.LeaseTaken > 1}
	if r.Receipt == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(r.Receipt), &s.Receipt); err != nil {
		return plugindata.State{}, fmt.Errorf("receipt: %w", err)
	}
	return s, nil
}

// Acquire implements plugindata.Receipts. The failed condition brings the row with it, which says why.
func (r *Receipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error) {
	if err := plugindata.CheckKey(key, owner); err != nil {
		return plugindata.State{}, 0, err
	}
	var stands row
	made, err := r.table.Update("key", key).
		Set("lease_owner", owner).Set("lease_until", until.UnixMilli()).Set("begun", seq).Set("v", responder.SchemaVersion).
		SetIfNotExists("expires_at", until.Add(abandoned).Unix()).Add("lease_taken", 1).
		If("attribute_not_exists(seq) OR seq < ?", seq).
		If("attribute_not_exists(begun) OR begun <= ?", seq).
		If("attribute_not_exists(lease_owner) OR lease_owner = ? OR lease_until <= ?", owner, now.UnixMilli()).
		CurrentValue(ctx, &stands)
	if err != nil {
		return plugindata.State{}, 0, fmt.Errorf("acquire %s: %w", key, err)
	}
	s, err := stands.state()
	switch {
	case err != nil:
		return plugindata.State{}, 0, fmt.Errorf("acquire %s: %w", key, err)
	case made:
		return s, plugindata.Acquired, nil
	case seq <= s.Seq || seq < stands.Begun:
		return s, plugindata.Stale, nil
	}
	return s, plugindata.Busy, nil
}

// Release implements plugindata.Receipts.
func (r *Receipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error) {
	if err := errors.Join(plugindata.CheckKey(key, owner), s.Check()); err != nil {
		return false, err
	}
	u := r.table.Update("key", key).Remove("lease_owner", "lease_until").Set("expires_at", expires.Unix()).
		If("lease_owner = ?", owner)
	if s.Interrupted {
		u.Set("lease_taken", 1)
	} else {
		u.Remove("lease_taken")
	}
	if s.Receipt != nil {
		text, err := json.Marshal(s.Receipt)
		if err != nil {
			return false, fmt.Errorf("release %s: %w", key, err)
		}
		u.Set("receipt", string(text))
	}
	if s.Seq != 0 {
		u.Set("seq", s.Seq).Set("shown", s.Shown)
	}
	if s.Told != "" {
		u.Set("told", s.Told)
	}
	err := u.Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("release %s: %w", key, err)
	}
	return true, nil
}
