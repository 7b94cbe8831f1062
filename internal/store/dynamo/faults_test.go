package dynamo_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The whole suite on a service that is as bad as it may be, and loses nothing.
func TestDynamoUnderStrain(t *testing.T) {
	for name, strain := range map[string]func(*dynamodb.Options){
		"short pages":         dynamotest.ShortPages(),
		"stale reads":         dynamotest.Stale(),
		"throttled":           dynamotest.FirstFails(enginetest.Throttled),
		"broken connections":  dynamotest.FirstFails(enginetest.Unsent),
		"unprocessed entries": dynamotest.Unprocessed(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm, client := dynamotest.Client(t), dynamotest.Client(t, strain)
			storetest.Run(t, func(t *testing.T) interface {
				store.Store
				store.Reader
			} {
				return dynamo.New(client, dynamotest.Core(t, calm), retention)
			})
		})
	}
}

// faulty is a store whose calls can be made to fail, and the same tables without faults.
type faulty struct {
	bench
	faults *enginetest.Faults
	broken *dynamo.Store
}

func openFaulty(t *testing.T) faulty {
	t.Helper()
	b, f := open(t), new(enginetest.Faults)
	return faulty{b, f, dynamo.New(dynamotest.Client(t, dynamotest.Spoiled(f)), b.tables, retention)}
}

// change is a method that changes something, and what is then there.
type change struct {
	name, call string
	make       func(t *testing.T, b faulty, s *dynamo.Store) error
	told       func(t *testing.T, b faulty) // what there is after it was made
}

// item is what stands for the fingerprint of the bench.
func (b faulty) item(t *testing.T) protocol.Item {
	t.Helper()
	item, err := b.Get(t.Context(), b.fresh.Fingerprint)
	require.NoError(t, err)
	return item
}

// begun is the item that the changes begin with.
func (b faulty) begun(t *testing.T) protocol.Item {
	t.Helper()
	_, err := b.Open(t.Context(), b.fresh, noon.UnixMilli())
	require.NoError(t, err)
	item, made, err := b.Swap(t.Context(), b.fresh, full(b.fresh))
	require.NoError(t, err)
	require.True(t, made)
	return item
}

var verdictOne = store.Verdict{Ver: 1, OpenedAt: noon.UnixMilli(), Severity: responder.Safe, Title: "t", Data: []byte(`{"a":1}`)}

func changes() []change {
	return []change{
		{"swap", "UpdateItem", func(t *testing.T, b faulty, s *dynamo.Store) error {
			was := b.item(t)
			was.Ver = 1
			next := was
			next.Origins, next.Count = next.Origins.With("newcomer"), 2
			item, _, err := s.Swap(t.Context(), was, next)
			if err == nil {
				assert.True(t, item.Origins.Has("newcomer"), "made or not, it finds itself there")
			}
			return err
		}, func(t *testing.T, b faulty) {
			item := b.item(t)
			assert.Equal(t, []any{int64(2), int64(2), true}, []any{item.Ver, item.Count, item.Origins.Has("newcomer")})
		}},
		{"cross off", "UpdateItem", func(t *testing.T, b faulty, s *dynamo.Store) error {
			token := protocol.Token(protocol.AlertOrigin("abcdefghijklmnopqrstuvwxyz"), "watchlist")
			item, made, err := s.CrossOff(t.Context(), b.fresh.ReportID, token, true)
			if err == nil {
				assert.True(t, made)
				assert.Len(t, item.Pending, 1)
			}
			return err
		}, func(t *testing.T, b faulty) { assert.Len(t, b.item(t).Pending, 1) }},
		{"count", "UpdateItem", func(t *testing.T, b faulty, s *dynamo.Store) error {
			_, _, err := s.Count(t.Context(), b.fresh.ReportID, 10, noon.UnixMilli()+1)
			return err
		}, func(t *testing.T, b faulty) { assert.GreaterOrEqual(t, b.item(t).Count, int64(11)) }},
		{"settle", "UpdateItem", func(t *testing.T, b faulty, s *dynamo.Store) error {
			_, _, err := s.Settle(t.Context(), b.fresh.ReportID, 1, responder.Urgent)
			return err
		}, func(t *testing.T, b faulty) {
			item := b.item(t)
			assert.Equal(t, []any{int64(1), responder.Urgent}, []any{item.Judged, item.Verdict})
		}},
		{"verdict", "PutItem", func(t *testing.T, b faulty, s *dynamo.Store) error {
			got, err := s.PutVerdict(t.Context(), b.fresh.ReportID, verdictOne)
			if err == nil {
				assert.Equal(t, verdictOne, got)
			}
			return err
		}, func(t *testing.T, b faulty) {
			got, ok, err := b.Latest(t.Context(), b.fresh.ReportID)
			require.NoError(t, err)
			assert.True(t, ok)
			assert.Equal(t, verdictOne, got)
		}},
		{"forget", "DeleteItem", func(t *testing.T, b faulty, s *dynamo.Store) error {
			return s.Forget(t.Context(), b.fresh.ReportID)
		}, func(t *testing.T, b faulty) { assert.False(t, b.item(t).Exists()) }},
	}
}

// One attempt fails, in each way: the SDK makes it again, and what is told is the same.
func TestDynamoOneAttemptFails(t *testing.T) {
	for _, c := range changes() {
		for _, f := range []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled} {
			t.Run(c.name+"/"+f.String(), func(t *testing.T) {
				b := openFaulty(t)
				b.begun(t)
				b.faults.Set(enginetest.Once(f, 1, c.call))
				require.NoError(t, c.make(t, b, b.broken))
				assert.Equal(t, 2, b.faults.Attempts(c.call))
				c.told(t, b)
			})
		}
	}
}

// All attempts fail: the error is one that redelivery mends, nothing is half done, and the same call ends the work.
func TestDynamoGivesUp(t *testing.T) {
	for _, c := range changes() {
		for _, f := range []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled} {
			t.Run(c.name+"/"+f.String(), func(t *testing.T) {
				b := openFaulty(t)
				was := b.begun(t)
				b.faults.Set(enginetest.Always(f))
				retryable(t, f, c.make(t, b, b.broken))
				assert.Equal(t, enginetest.Attempts, b.faults.Attempts(c.call))
				if f != enginetest.Lost {
					assert.Equal(t, was, b.item(t), "nothing was done")
				}
				b.faults.Set(nil)
				require.NoError(t, c.make(t, b, b.broken))
				c.told(t, b)
			})
		}
	}
}

// retryable asserts that an error is given back, names what it was, and is not taken for a fault of the message.
func retryable(t *testing.T, f enginetest.Fault, err error) {
	t.Helper()
	require.Error(t, err)
	assert.False(t, responder.IsPermanent(err), "%v", err)
	var api smithy.APIError
	if errors.As(err, &api) != (f == enginetest.Throttled) {
		assert.Fail(t, "another error than expected", "%s: %v", f, err)
	}
	if f == enginetest.Throttled {
		assert.Equal(t, "ProvisionedThroughputExceededException", api.ErrorCode())
	}
}

// Opening a report is told as opened, also where the first answer was lost, and joined by who comes then.
func TestDynamoOpenIsLost(t *testing.T) {
	for _, f := range []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled} {
		b := openFaulty(t)
		b.faults.Set(enginetest.Once(f, 1, "PutItem"))
		got, err := b.broken.Open(t.Context(), b.fresh, noon.UnixMilli())
		require.NoError(t, err)
		assert.Equal(t, b.fresh, got, f)
		b.faults.Set(enginetest.Always(f))
		other := protocol.Fresh(b.fresh.Fingerprint, noon.UnixMilli()+1, protocol.Rules{})
		_, err = b.broken.Open(t.Context(), other, noon.UnixMilli()+1)
		retryable(t, f, err)
		assert.Equal(t, b.fresh, b.item(t), f)
	}
}

// Reads fail as a whole: what was read of several pages is not given out.
func TestDynamoReadsGiveUp(t *testing.T) {
	b := openFaulty(t)
	b.begun(t)
	ctx, id := t.Context(), b.fresh.ReportID
	for n := range 6 {
		require.NoError(t, b.PutBody(ctx, id, store.Body{Key: fmt.Sprintf("A#%d", n), Data: incompressible(n, 300<<10)}))
	}
	_, err := b.PutVerdict(ctx, id, verdictOne)
	require.NoError(t, err)
	second := func(_ string, n int) enginetest.Fault {
		if n >= 2 {
			return enginetest.Throttled
		}
		return enginetest.None
	}
	b.faults.Set(second)
	got, err := b.broken.Bodies(ctx, id)
	retryable(t, enginetest.Throttled, err)
	assert.Empty(t, got)
	assert.Equal(t, 1+enginetest.Attempts, b.faults.Attempts("Query"))

	for name, read := range map[string]func() error{
		"get":    func() error { _, err := b.broken.Get(ctx, b.fresh.Fingerprint); return err },
		"bodies": func() error { _, err := b.broken.Bodies(ctx, id); return err },
		"latest": func() error { _, _, err := b.broken.Latest(ctx, id); return err },
		"since":  func() error { _, err := b.broken.Since(ctx, noon, noon); return err },
	} {
		b.faults.Set(enginetest.Always(enginetest.Throttled))
		retryable(t, enginetest.Throttled, read())
		b.faults.Set(enginetest.EachSecond(enginetest.Lost))
		assert.NoError(t, read(), name)
	}
}

// Each of the rows of a large body fails for good, in each way: what stood stays whole, and the same call ends the work.
func TestDynamoLargeBodyFailsHalfway(t *testing.T) {
	first, second := incompressible(1, 800<<10), incompressible(2, 900<<10)
	const rows = 4
	for _, f := range []enginetest.Fault{enginetest.Unsent, enginetest.Lost, enginetest.Throttled} {
		for nth := range rows {
			b := openFaulty(t)
			body := store.Body{Key: "F#0.a/x#0", Data: first}
			require.NoError(t, b.PutBody(t.Context(), b.fresh.ReportID, body))
			b.faults.Set(func(_ string, n int) enginetest.Fault {
				if n > nth {
					return f
				}
				return enginetest.None
			})
			body.Data = second
			retryable(t, f, b.broken.PutBody(t.Context(), b.fresh.ReportID, body))
			made := f == enginetest.Lost && nth == rows-1
			b.wholeBody(t, made, first, second)
			b.faults.Set(nil)
			require.NoError(t, b.broken.PutBody(t.Context(), b.fresh.ReportID, body))
			assert.Equal(t, rows, strings.Count(strings.Join(b.puts(t, body), " "), "PutItem"))
			b.wholeBody(t, true, first, second)
		}
	}
}

func (b faulty) wholeBody(t *testing.T, replaced bool, first, second []byte) {
	t.Helper()
	got, err := b.Bodies(t.Context(), b.fresh.ReportID)
	require.NoError(t, err)
	require.Len(t, got, 1)
	want := first
	if replaced {
		want = second
	}
	assert.True(t, bytes.Equal(want, got[0].Data), "other bytes, replaced %t", replaced)
}

// puts are the calls that a body takes.
func (b faulty) puts(t *testing.T, body store.Body) []string {
	t.Helper()
	b.calls.Reset()
	require.NoError(t, b.PutBody(t.Context(), b.fresh.ReportID, body))
	return b.calls.Reset()
}
