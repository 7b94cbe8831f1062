package table_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/table"
	"github.com/m-mizutani/AlertResponder/internal/explain/table/tabletest"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
)

const id = "AAAA-1"

func read(t require.TestingT, db *tabletest.DB) []explain.Row {
	r := table.Table{Client: db.Client(), Name: "data"}.Read(context.Background(), id)
	rows := slices.Collect(r.Rows)
	require.NoError(t, r.Err())
	return rows
}

func driver(db *tabletest.DB) *dynamo.Store {
	return dynamo.New(db.Client(), dynamo.Tables{AlertMap: "map", ReportData: "data"}, time.Hour)
}

// noise does not pack.
func noise(n int, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// What the driver writes is read back, wherever pages end, with bodies of any size; each key once.
func TestWhatTheDriverWrites(t *testing.T) {
	db := &tabletest.DB{}
	s := driver(db)
	want := map[string][]byte{"A#1": []byte("small"), "A#2": noise(1<<20, 1), "F#0.1/x#p": noise(1<<20, 2), "F#0.1/y#p": nil}
	for key, data := range want {
		require.NoError(t, s.PutBody(t.Context(), id, store.Body{Key: key, Data: data}))
	}
	require.NoError(t, s.PutBody(t.Context(), id, store.Body{Key: "A#2", Data: noise(1<<20, 3)}), "its first chunks are left over")
	want["A#2"] = noise(1<<20, 3)
	require.NoError(t, s.PutBody(t.Context(), "AAAA-2", store.Body{Key: "A#9", Data: []byte("another report")}))
	for ver, data := range map[int64][]byte{1: noise(9<<20, 4), 10: []byte("ten"), 2: noise(5<<20, 5)} {
		want["V#"+strconv.FormatInt(ver, 10)] = data
		_, err := s.PutVerdict(t.Context(), id, store.Verdict{Ver: ver, Severity: "safe", Title: "title", Data: data})
		require.NoError(t, err)
	}
	for _, page := range []int{0, 1, 3} {
		db.Page = page
		got := map[string][]byte{}
		for _, row := range read(t, db) {
			assert.Empty(t, row.Problem)
			assert.NotContains(t, got, row.Key)
			got[row.Key] = row.Data
			if strings.HasPrefix(row.Key, "V#") {
				assert.Equal(t, "safe title", row.Severity+" "+row.Title)
			}
		}
		assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
		for key := range want {
			assert.True(t, bytes.Equal(want[key], got[key]), key)
		}
	}
}

func pack(data string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return b.Bytes()
}

func b(v []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: v} }
func n(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }
func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func TestRowsThatCannotBeUnpacked(t *testing.T) {
	bomb := pack(strings.Repeat("0", store.MaxBody+1))
	for _, c := range []struct {
		row  tabletest.Item
		want string
	}{
		{tabletest.Item{}, "has no body"},
		{tabletest.Item{"body": s("text")}, "has no body"},
		{tabletest.Item{"body": b([]byte("no gzip"))}, "gunzip: unexpected EOF"},
		{tabletest.Item{"body": b([]byte("no gzip, and longer"))}, "gunzip: gzip: invalid header"},
		{tabletest.Item{"body": b(pack("whole")[:12])}, "gunzip: unexpected EOF"},
		{tabletest.Item{"body": b(bomb)}, "unpacks to more than 67108864 bytes"},
		{tabletest.Item{"body": b(pack("new")), "v": n("9")}, "v: schema version 9, expected 0 to 2"},
		{tabletest.Item{"body": b(pack("odd")), "v": s("1")}, "v: schema version -1, expected 0 to 2"},
		{tabletest.Item{"chunks": n("3"), "hash": s("abc")}, "not all of its 3 chunks are there"},
		{tabletest.Item{"chunks": n("99999999999")}, "99999999999 chunks, expected up to 1024"},
		{tabletest.Item{"chunks": n("-1")}, "-1 chunks, expected up to 1024"},
		{tabletest.Item{"chunks": s("3")}, "-1 chunks, expected up to 1024"},
	} {
		db := &tabletest.DB{}
		c.row["report_id"], c.row["sk"] = s(id), s("A#1")
		db.Put("data", c.row)
		db.Put("data", tabletest.Item{"report_id": s(id), "sk": s("A#2"), "body": b(pack("read all the same"))})
		rows := read(t, db)
		slices.SortFunc(rows, func(a, b explain.Row) int { return strings.Compare(a.Key, b.Key) })
		require.Len(t, rows, 2, c.want)
		assert.Equal(t, explain.Row{Key: "A#1", Problem: c.want}, rows[0])
		assert.Equal(t, "read all the same", string(rows[1].Data))
	}
}

// Chunks that were changed are no body.
func TestChunksOfAnotherBody(t *testing.T) {
	db := &tabletest.DB{}
	require.NoError(t, driver(db).PutBody(t.Context(), id, store.Body{Key: "A#1", Data: noise(1<<20, 1)}))
	hash := ""
	for _, row := range db.Rows("data") {
		if key, ok := row["sk"].(*types.AttributeValueMemberS); ok && strings.HasSuffix(key.Value, "#0") {
			hash = strings.Split(key.Value, "#")[1]
			row["body"] = b([]byte("something else"))
			db.Put("data", row)
		}
	}
	require.NotEmpty(t, hash)
	assert.Equal(t, []explain.Row{{Key: "A#1", Problem: fmt.Sprintf("its chunks do not have the hash %q", hash)}}, read(t, db))
}

// TestWhateverRowsThereAre come out once each, but for chunks, and none stops the others.
func TestWhateverRowsThereAre(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) types.AttributeValue {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"0", "1", "2", "-1", "1e9", "h"})).Draw(t, "text")
		return rapid.SampledFrom([]types.AttributeValue{
			nil, s(text), n(text), b([]byte(text)), b(pack(text)), &types.AttributeValueMemberNULL{Value: true}, &types.AttributeValueMemberBOOL{},
			&types.AttributeValueMemberSS{Value: []string{text}}, &types.AttributeValueMemberM{}, &types.AttributeValueMemberL{},
		}).Draw(t, "value")
	})
	rapid.Check(t, func(t *rapid.T) {
		db := &tabletest.DB{Page: rapid.IntRange(0, 3).Draw(t, "page")}
		want := map[string]bool{}
		for _, key := range rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"A#1", "C#h#0", "C#h#1", "F#0.1/x#p", "V#1", "W#h#0", "Z"})), 0, 6).Draw(t, "keys") {
			row := tabletest.Item{"report_id": s(id), "sk": s(key)}
			for _, name := range []string{"v", "body", "chunks", "hash", "severity", "title"} {
				if v := value.Draw(t, name); v != nil {
					row[name] = v
				}
			}
			db.Put("data", row)
			if !strings.HasPrefix(key, "C#") && !strings.HasPrefix(key, "W#") {
				want[key] = true
			}
		}
		rows := read(t, db)
		assert.Len(t, rows, len(want))
		for _, row := range rows {
			assert.True(t, want[row.Key], row.Key)
			assert.True(t, row.Problem == "" || row.Data == nil)
		}
	})
}

func TestReadingEndsWithWhoReads(t *testing.T) {
	db := &tabletest.DB{Page: 1}
	for i := range 5 {
		require.NoError(t, driver(db).PutBody(t.Context(), id, store.Body{Key: fmt.Sprint("A#", i), Data: []byte("x")}))
	}
	db.Calls()
	r := table.Table{Client: db.Client(), Name: "data"}.Read(t.Context(), id)
	for row := range r.Rows {
		if row.Key == "A#1" {
			break
		}
	}
	require.NoError(t, r.Err())
	assert.Equal(t, []string{"Query", "Query"}, db.Calls(), "no page is read that nobody wants")

	db.Fail = func(_ string, nth int) error {
		if nth == 3 {
			return errors.New("broken off")
		}
		return nil
	}
	r = table.Table{Client: db.Client(), Name: "data"}.Read(t.Context(), id)
	assert.Len(t, slices.Collect(r.Rows), 2)
	assert.ErrorContains(t, r.Err(), "rows of AAAA-1")
	assert.ErrorContains(t, r.Err(), "broken off")
}
