package dynamo_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// More than the 1 MB that an answer to a Query has at most (Amazon DynamoDB Developer Guide, "Paginating table query
// results"): all of it is read, listed and deleted.
func TestDynamoMoreThanAPage(t *testing.T) {
	b, ctx := open(t), t.Context()
	id := b.fresh.ReportID
	for n := range 20 {
		require.NoError(t, b.PutBody(ctx, id, store.Body{Key: fmt.Sprintf("A#%02d", n), Data: incompressible(n, 300<<10)}))
		v := store.Verdict{Ver: int64(n + 1), OpenedAt: noon.UnixMilli(), Data: incompressible(100+n, 300<<10)}
		_, err := b.PutVerdict(ctx, id, v)
		require.NoError(t, err)
	}
	queries := func() int { return strings.Count(strings.Join(b.calls.Reset(), " "), "Query") }
	queries()
	got, err := b.Bodies(ctx, id)
	require.NoError(t, err)
	require.Len(t, got, 20)
	for n := range got {
		assert.True(t, bytes.Equal(incompressible(n, 300<<10), got[n].Data), got[n].Key)
	}
	assert.GreaterOrEqual(t, queries(), 5, "6 MB")

	latest, ok, err := b.Latest(ctx, id)
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, int64(20), latest.Ver)
	assert.GreaterOrEqual(t, queries(), 5, "keys alone are read from whole rows")

	require.NoError(t, b.Forget(ctx, id))
	out, err := b.client.Scan(ctx, &dynamodb.ScanInput{TableName: &b.tables.ReportData})
	require.NoError(t, err)
	assert.Empty(t, out.Items)
}

// A day with more verdicts than one answer takes is listed whole.
func TestDynamoDayOfManyVerdicts(t *testing.T) {
	b, ctx := open(t), t.Context()
	title := strings.Repeat("t", 200_000) // larger than they are, so that a few fill an answer
	for n := range int64(8) {
		v := store.Verdict{Ver: 1, OpenedAt: noon.UnixMilli() + n, Title: title, Data: []byte(`{}`)}
		_, err := b.PutVerdict(ctx, fmt.Sprintf("%s-%d", b.fresh.Fingerprint, n+1), v)
		require.NoError(t, err)
	}
	b.calls.Reset()
	list, err := b.Since(ctx, noon, noon)
	require.NoError(t, err)
	assert.Len(t, list, 8)
	assert.Equal(t, []string{"Query", "Query"}, b.calls.Reset())
}

// lagging has an index that is behind: from Freeze on it gives the answers that it had then.
type lagging struct {
	mu     sync.Mutex
	frozen bool
	items  []map[string]types.AttributeValue
}

func (l *lagging) option() func(*dynamodb.Options) {
	return dynamotest.Instead("lagging", func(_ context.Context, params any, call func(any) (any, error)) (any, error) {
		in, ok := params.(*dynamodb.QueryInput)
		if !ok || in.IndexName == nil {
			return call(params)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.frozen {
			return &dynamodb.QueryOutput{Items: l.items}, nil
		}
		result, err := call(params)
		if err == nil {
			l.items = result.(*dynamodb.QueryOutput).Items
		}
		return result, err
	})
}

// The index is the one thing that is read and may be behind: a list shows an older verdict, or a report that was
// forgotten, and not yet a new one; what is asked for by its id is as it stands.
func TestDynamoListIsBehind(t *testing.T) {
	b, lag, ctx := open(t), new(lagging), t.Context()
	behind := dynamo.New(dynamotest.Client(t, lag.option()), b.tables, retention)
	id, now := b.fresh.ReportID, noon.Add(time.Minute)
	v := verdictOne
	_, err := b.PutVerdict(ctx, id, v)
	require.NoError(t, err)
	first, err := behind.Since(ctx, noon, now)
	require.NoError(t, err)
	require.Len(t, first, 1)

	lag.frozen = true
	v.Ver, v.Severity = 2, responder.Urgent
	_, err = behind.PutVerdict(ctx, id, v)
	require.NoError(t, err)
	list, err := behind.Since(ctx, noon, now)
	require.NoError(t, err)
	assert.Equal(t, first, list)
	latest, ok, err := behind.Latest(ctx, id)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, v, latest)

	require.NoError(t, behind.Forget(ctx, id))
	list, err = behind.Since(ctx, noon, now)
	require.NoError(t, err)
	assert.Equal(t, first, list)
	_, ok, err = behind.Latest(ctx, id)
	require.NoError(t, err)
	assert.False(t, ok)

	lag.frozen = false
	list, err = behind.Since(ctx, noon, now)
	require.NoError(t, err)
	assert.Empty(t, list)
}

// Which reads are strongly consistent is said by each call, and all are but those of the index.
func TestDynamoReadsAreConsistent(t *testing.T) {
	var reads []string
	note := dynamotest.Instead("noted", func(_ context.Context, params any, call func(any) (any, error)) (any, error) {
		switch in := params.(type) {
		case *dynamodb.GetItemInput:
			reads = append(reads, fmt.Sprintf("get %t", in.ConsistentRead != nil && *in.ConsistentRead))
		case *dynamodb.QueryInput:
			reads = append(reads, fmt.Sprintf("query %t index %t", in.ConsistentRead != nil && *in.ConsistentRead, in.IndexName != nil))
		}
		return call(params)
	})
	b, ctx := open(t), t.Context()
	s := dynamo.New(dynamotest.Client(t, note), b.tables, retention)
	_, err := s.PutVerdict(ctx, b.fresh.ReportID, store.Verdict{Ver: 1, OpenedAt: noon.UnixMilli(), Data: incompressible(1, 400<<10)})
	require.NoError(t, err)
	_, err = s.Get(ctx, b.fresh.Fingerprint)
	require.NoError(t, err)
	_, err = s.Bodies(ctx, b.fresh.ReportID)
	require.NoError(t, err)
	_, ok, err := s.Latest(ctx, b.fresh.ReportID)
	require.NoError(t, err)
	require.True(t, ok)
	_, err = s.Since(ctx, noon, noon)
	require.NoError(t, err)
	require.NoError(t, s.Forget(ctx, b.fresh.ReportID))
	assert.Equal(t, []string{
		"get true", "query true index false", // the item, the bodies
		"query true index false", "get true", "query true index false", // the latest verdict, in chunks
		"query false index true", // the list
		"query true index false", // what there is to forget
	}, reads)
}
