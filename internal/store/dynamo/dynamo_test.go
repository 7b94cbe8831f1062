package dynamo_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const retention = 90 * 24 * time.Hour

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func TestDynamoConformance(t *testing.T) {
	client := dynamotest.Client(t)
	storetest.Run(t, func(t *testing.T) interface {
		store.Store
		store.Reader
	} {
		return dynamo.New(client, dynamotest.Core(t, client), retention)
	})
}

type bench struct {
	*dynamo.Store
	calls  *dynamotest.Calls
	client *dynamodb.Client
	tables dynamo.Tables
	fresh  protocol.Item
}

func open(t *testing.T) bench {
	t.Helper()
	calls := new(dynamotest.Calls)
	client := dynamotest.Client(t, calls.Option)
	tables := dynamotest.Core(t, client)
	rules := protocol.Rules{ReviewDelay: 10 * time.Minute, Window: time.Hour, Retention: retention}
	b := bench{dynamo.New(client, tables, retention), calls, client, tables, protocol.Fresh("abcdefghijklmnopqrstuvwxyz", noon.UnixMilli(), rules)}
	calls.Reset()
	return b
}

// Each method is one call, whatever it finds.
func TestDynamoOneCallEach(t *testing.T) {
	b, ctx := open(t), t.Context()
	id, now := b.fresh.ReportID, noon.UnixMilli()
	gone := protocol.ReportID("another", now)
	next := full(b.fresh)
	v := store.Verdict{Ver: 1, OpenedAt: now, Data: []byte(`{}`)}
	for _, step := range []struct {
		name, call string
		f          func() error
	}{
		{"open", "PutItem", func() error { _, err := b.Open(ctx, b.fresh, now); return err }},
		{"join", "PutItem", func() error { _, err := b.Open(ctx, b.fresh, now); return err }},
		{"get", "GetItem", func() error { _, err := b.Get(ctx, b.fresh.Fingerprint); return err }},
		{"swap", "UpdateItem", func() error { _, _, err := b.Swap(ctx, b.fresh, next); return err }},
		{"swap too late", "UpdateItem", func() error { _, _, err := b.Swap(ctx, b.fresh, next); return err }},
		{"cross off", "UpdateItem", func() error { _, _, err := b.CrossOff(ctx, id, "0.a/x", true); return err }},
		{"count", "UpdateItem", func() error { _, _, err := b.Count(ctx, id, 1, now); return err }},
		{"settle", "UpdateItem", func() error { _, _, err := b.Settle(ctx, id, 1, responder.Safe); return err }},
		{"settle again", "UpdateItem", func() error { _, _, err := b.Settle(ctx, id, 1, responder.Safe); return err }},
		{"settle another", "UpdateItem", func() error { _, _, err := b.Settle(ctx, gone, 1, responder.Safe); return err }},
		{"body", "PutItem", func() error { return b.PutBody(ctx, id, store.Body{Key: "A#1", Data: []byte(`{}`)}) }},
		{"bodies", "Query", func() error { _, err := b.Bodies(ctx, id); return err }},
		{"verdict", "PutItem", func() error { _, err := b.PutVerdict(ctx, id, v); return err }},
		{"second verdict", "PutItem", func() error { _, err := b.PutVerdict(ctx, id, v); return err }},
	} {
		require.NoError(t, step.f(), step.name)
		assert.Equal(t, []string{step.call}, b.calls.Reset(), step.name)
	}
}

// full is a report with 64 attributes and two inspectors.
func full(i protocol.Item) protocol.Item {
	for n := range 64 {
		i.Seen = i.Seen.With(fmt.Sprintf("%08d", n))
	}
	origin := protocol.AlertOrigin("abcdefghijklmnopqrstuvwxyz")
	i.Origins = protocol.SetOf(protocol.OriginHash(origin))
	i.Pending = protocol.SetOf(protocol.Token(origin, "watchlist"), protocol.Token(origin, "virustotal"))
	i.State, i.Severity, i.Count, i.Bodies, i.LastSeen, i.DeadlineAt = "firing", 80, 1, 1, noon.UnixMilli(), noon.UnixMilli()
	return i
}

// Every update is billed by the size of the whole item, in steps of 1 KB.
func TestDynamoItemSize(t *testing.T) {
	b, ctx := open(t), t.Context()
	_, err := b.Open(ctx, b.fresh, noon.UnixMilli())
	require.NoError(t, err)
	_, made, err := b.Swap(ctx, b.fresh, full(b.fresh))
	require.NoError(t, err)
	require.True(t, made)
	attrs := b.raw(t, b.tables.AlertMap, map[string]string{"fingerprint": b.fresh.Fingerprint})
	size := 0
	for name, value := range attrs {
		size += len(name) + sizeOf(t, value)
	}
	t.Logf("%d bytes", size)
	assert.LessOrEqual(t, size, 1300)
	assert.IsType(t, &types.AttributeValueMemberN{}, attrs["expires_at"], "a time to live that is no number deletes nothing")
	assert.Equal(t, fmt.Sprint(noon.Add(retention).Unix()), attrs["expires_at"].(*types.AttributeValueMemberN).Value)
	assert.IsType(t, &types.AttributeValueMemberBS{}, attrs["seen"])
	assert.IsType(t, &types.AttributeValueMemberBS{}, attrs["origins"])
	assert.IsType(t, &types.AttributeValueMemberSS{}, attrs["pending"])
	assert.NotContains(t, attrs, "late")
}

// sizeOf is the size of a value (Amazon DynamoDB Developer Guide, DynamoDB item sizes and formats).
func sizeOf(t *testing.T, value types.AttributeValue) int {
	size := 0
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2
	case *types.AttributeValueMemberSS:
		for _, s := range v.Value {
			size += len(s)
		}
	case *types.AttributeValueMemberBS:
		for _, s := range v.Value {
			size += len(s)
		}
	default:
		t.Fatalf("unexpected %T", value)
	}
	return size
}

func (b bench) raw(t *testing.T, table string, key map[string]string) map[string]types.AttributeValue {
	t.Helper()
	in := &dynamodb.GetItemInput{TableName: &table, Key: map[string]types.AttributeValue{}, ConsistentRead: aws.Bool(true)}
	for k, v := range key {
		in.Key[k] = &types.AttributeValueMemberS{Value: v}
	}
	out, err := b.client.GetItem(t.Context(), in)
	require.NoError(t, err)
	require.NotEmpty(t, out.Item)
	return out.Item
}

func TestDynamoRowsExpire(t *testing.T) {
	b, ctx := open(t), t.Context()
	id := b.fresh.ReportID
	require.NoError(t, b.PutBody(ctx, id, store.Body{Key: "A#1", Data: incompressible(1, 800<<10)}))
	_, err := b.PutVerdict(ctx, id, store.Verdict{Ver: 3, OpenedAt: noon.UnixMilli(), Severity: responder.Safe, Data: []byte(`{}`)})
	require.NoError(t, err)
	out, err := b.client.Scan(ctx, &dynamodb.ScanInput{TableName: &b.tables.ReportData})
	require.NoError(t, err)
	require.Len(t, out.Items, 5, "a head with three chunks, and a verdict")
	for _, row := range out.Items {
		assert.Equal(t, &types.AttributeValueMemberN{Value: fmt.Sprint(noon.Add(retention).Unix())}, row["expires_at"])
		assert.Equal(t, &types.AttributeValueMemberN{Value: "1"}, row["v"])
		if row["sk"].(*types.AttributeValueMemberS).Value == "V#3" {
			assert.Equal(t, &types.AttributeValueMemberS{Value: "2026-05-17"}, row["day"])
			continue
		}
		assert.NotContains(t, row, "day", "only verdicts are in the index")
	}
}

// What unpacks to too much, or cannot be unpacked, is an error that names it.
func TestDynamoBadRows(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, err := w.Write(make([]byte, store.MaxBody+1))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	n := func(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }
	for name, test := range map[string]struct {
		row  map[string]types.AttributeValue
		want string
	}{
		"bomb":      {map[string]types.AttributeValue{"body": &types.AttributeValueMemberB{Value: bomb.Bytes()}}, "more than"},
		"not gzip":  {map[string]types.AttributeValue{"body": &types.AttributeValueMemberB{Value: []byte("text")}}, "gunzip"},
		"no body":   {map[string]types.AttributeValue{}, "gunzip"},
		"no chunks": {map[string]types.AttributeValue{"chunks": n("2"), "hash": &types.AttributeValueMemberS{Value: "aa"}}, "2 chunks"},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			test.row["report_id"] = &types.AttributeValueMemberS{Value: b.fresh.ReportID}
			test.row["sk"] = &types.AttributeValueMemberS{Value: "A#bad"}
			_, err := b.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &b.tables.ReportData, Item: test.row})
			require.NoError(t, err)
			_, err = b.Bodies(t.Context(), b.fresh.ReportID)
			require.ErrorContains(t, err, "A#bad")
			require.ErrorContains(t, err, test.want)
		})
	}
}

// A chunk whose bytes are others is found out.
func TestDynamoChunkHash(t *testing.T) {
	b, ctx := open(t), t.Context()
	require.NoError(t, b.PutBody(ctx, b.fresh.ReportID, store.Body{Key: "A#1", Data: incompressible(1, 400<<10)}))
	out, err := b.client.Scan(ctx, &dynamodb.ScanInput{TableName: &b.tables.ReportData})
	require.NoError(t, err)
	for _, row := range out.Items {
		if v, ok := row["body"].(*types.AttributeValueMemberB); ok {
			v.Value[100] ^= 1
			_, err := b.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &b.tables.ReportData, Item: row})
			require.NoError(t, err)
		}
	}
	_, err = b.Bodies(ctx, b.fresh.ReportID)
	require.ErrorContains(t, err, "hash")
}

// A large body that is stored while a query is between two pages: its head is on a later page, its chunks
// are where the query was already.
func TestDynamoBodyBetweenPages(t *testing.T) {
	b, ctx := open(t), t.Context()
	for n := range 6 {
		require.NoError(t, b.PutBody(ctx, b.fresh.ReportID, store.Body{Key: fmt.Sprintf("F#%d", n), Data: incompressible(n, 300<<10)}))
	}
	late := store.Body{Key: "F#9", Data: incompressible(9, 800<<10)}
	b.calls.Reset()
	b.calls.Before(func(name string, nth int) {
		if name == "Query" && nth == 2 {
			assert.NoError(t, b.PutBody(ctx, b.fresh.ReportID, late))
		}
	})
	got, err := b.Bodies(ctx, b.fresh.ReportID)
	require.NoError(t, err)
	require.Len(t, got, 7)
	assert.Equal(t, late.Key, got[6].Key)
	assert.True(t, bytes.Equal(late.Data, got[6].Data))
	assert.Contains(t, b.calls.Reset(), "Query")
}

// The head of a large body is the last that is stored.
func TestDynamoCrashBetweenChunks(t *testing.T) {
	b, ctx := open(t), t.Context()
	data := incompressible(1, 800<<10)
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	b.calls.Before(func(name string, nth int) {
		if name == "PutItem" && nth == 3 {
			cancel()
		}
	})
	require.Error(t, b.PutBody(stop, b.fresh.ReportID, store.Body{Key: "A#1", Data: data}))
	b.calls.Before(nil)
	got, err := b.Bodies(ctx, b.fresh.ReportID)
	require.NoError(t, err)
	require.Empty(t, got)
	require.NoError(t, b.PutBody(ctx, b.fresh.ReportID, store.Body{Key: "A#1", Data: data}))
	got, err = b.Bodies(ctx, b.fresh.ReportID)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.True(t, bytes.Equal(data, got[0].Data))
}

// No severity that an alert can bring makes an update fail.
func TestDynamoNumberRange(t *testing.T) {
	b, ctx := open(t), t.Context()
	was, err := b.Open(ctx, b.fresh, noon.UnixMilli())
	require.NoError(t, err)
	for _, test := range []struct{ severity, want float64 }{
		{0.1, 0.1}, {1.0 / 3, 1.0 / 3}, {5e-324, 0}, {-1e-200, 0}, {1e300, 1e100}, {-1e300, -1e100},
		{math.Inf(1), 1e100}, {math.NaN(), 0},
	} {
		next := was
		next.Severity = test.severity
		item, made, err := b.Swap(ctx, was, next)
		require.NoError(t, err)
		require.True(t, made)
		require.Equal(t, test.want, item.Severity)
		was = item
	}
}

func incompressible(seed, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(b)
	return b
}
