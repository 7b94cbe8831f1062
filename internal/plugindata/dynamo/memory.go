package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Memory implements responder.Memory in the same table: one call per method.
type Memory struct{ table dynamo.Table }

// NewMemory makes the driver of a table as New takes.
func NewMemory(client *dynamodb.Client, table string) *Memory {
	return &Memory{dynamo.NewFromIface(client).Table(table)}
}

type entry struct {
	Key     string `dynamo:"key"`
	Value   []byte `dynamo:"value"`
	Ver     int64  `dynamo:"ver"`
	Expires int64  `dynamo:"expires_at"` // epoch seconds: the table's time to live
	V       int    `dynamo:"v"`
	By      string `dynamo:"made_by"` // the change that made it: see change
}

func (e entry) entry() responder.Entry {
	if e.Ver == 0 {
		return responder.Entry{}
	}
	return responder.Entry{Value: e.Value, Ver: e.Ver, Expires: time.Unix(e.Expires, 0).UTC()}
}

// Load implements responder.Memory.
func (m *Memory) Load(ctx context.Context, key string) (responder.Entry, error) {
	if err := responder.CheckMemory(key, nil); err != nil {
		return responder.Entry{}, err
	}
	var e entry
	err := m.table.Get("key", key).Consistent(true).One(ctx, &e)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return responder.Entry{}, fmt.Errorf("load %s: %w", key, err)
	}
	return e.entry(), nil
}

// Store implements responder.Memory.
func (m *Memory) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	if err := responder.CheckMemory(key, value); err != nil {
		return err
	}
	u, by := m.change(key, value, expires)
	err := u.Add("ver", 1).If("attribute_not_exists(made_by) OR made_by <> ?", by).Run(ctx)
	if err != nil && !dynamo.IsCondCheckFailed(err) { // else an attempt before has made it
		return fmt.Errorf("store %s: %w", key, err)
	}
	return nil
}

// change is what Store and Swap have in common. Its name stands in the row: where an answer is lost, the SDK tries again, and
// the second attempt finds what the first has made, unless somebody has changed it in between: that is told as not made.
func (m *Memory) change(key string, value []byte, expires time.Time) (u *dynamo.Update, by string) {
	by = rand.Text()
	return m.table.Update("key", key).Set("value", value).Set("expires_at", expires.Unix()).Set("v", responder.SchemaVersion).
		Set("made_by", by), by
}

// Swap implements responder.Memory. The failed condition brings the row with it.
func (m *Memory) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	if err := responder.CheckMemory(key, value); err != nil {
		return responder.Entry{}, false, err
	}
	var stands entry
	u, by := m.change(key, value, expires)
	u.Set("ver", was+1)
	if was == 0 {
		u.If("attribute_not_exists(ver)")
	} else {
		u.If("ver = ?", was)
	}
	made, err := u.CurrentValue(ctx, &stands)
	if dynamo.IsCondCheckFailed(err) { // without a row: there is none any more, since it has expired
		return responder.Entry{}, false, nil
	}
	if err != nil {
		return responder.Entry{}, false, fmt.Errorf("swap %s: %w", key, err)
	}
	return stands.entry(), made || stands.By == by, nil
}
