package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/explain/table/tabletest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var theTables = dynamo.Tables{AlertMap: "map", ReportData: "data"}

// written is what a scenario stored, as the driver writes it.
func written(t *testing.T, p explaintest.Played) (*tabletest.DB, explained) {
	t.Helper()
	db := &tabletest.DB{}
	client := db.Client()
	s := dynamo.New(client, theTables, longest)
	_, err := s.Open(t.Context(), p.Item, p.Now.UnixMilli())
	require.NoError(t, err)
	for _, row := range p.Rows {
		if ver, ok := strings.CutPrefix(row.Key, "V#"); ok {
			n, err := strconv.ParseInt(ver, 10, 64)
			require.NoError(t, err)
			_, err = s.PutVerdict(t.Context(), p.ReportID, store.Verdict{
				Ver: n, OpenedAt: p.Item.OpenedAt, Severity: responder.Severity(row.Severity), Title: row.Title, Data: row.Data,
			})
			require.NoError(t, err)
			continue
		}
		require.NoError(t, s.PutBody(t.Context(), p.ReportID, store.Body{Key: row.Key, Data: row.Data}))
	}
	db.Calls()
	from := explainedBy(client, theTables)
	from.now = func() time.Time { return p.Now }
	return db, from
}

func (t explained) of(ctx context.Context, id string) (explain.Explanation, error) {
	con, _ := pipe()
	fingerprint, _, err := protocol.ParseReportID(id)
	if err != nil {
		return explain.Explanation{}, err
	}
	return t.explain(ctx, con, id, fingerprint)
}

func asJSON(t *testing.T, e explain.Explanation) string {
	t.Helper()
	b, err := json.MarshalIndent(e, "", " ")
	require.NoError(t, err)
	return string(b)
}

// TestExplainOfTables explains what the driver wrote like what is in memory, with one read of the item and the pages of
// one query, however many.
func TestExplainOfTables(t *testing.T) {
	for _, name := range explaintest.Names() {
		t.Run(name, func(t *testing.T) {
			p := explaintest.Play(t, name, nil)
			db, from := written(t, p)
			for page, queries := range map[int]int{0: 1, 2: (len(p.Rows) + 1) / 2} {
				db.Page = page
				e, err := from.of(t.Context(), p.ReportID)
				require.NoError(t, err)
				assert.Equal(t, asJSON(t, p.Explain()), asJSON(t, e))
				assert.Equal(t, append([]string{"GetItem"}, slices.Repeat([]string{"Query"}, queries)...), db.Calls())
			}
		})
	}
}

func TestExplainForPeopleAndForScripts(t *testing.T) {
	p := explaintest.Play(t, "late", nil)
	con, out := pipe()
	require.NoError(t, (&explainReport{Output: "auto"}).write(con, p.Explain()))
	assert.Equal(t, 1, strings.Count(out.String(), "\n"), "a line, where nobody reads it")
	var e explain.Explanation
	require.NoError(t, json.Unmarshal(out.Bytes(), &e))
	assert.Equal(t, asJSON(t, p.Explain()), asJSON(t, e))

	out.Reset()
	require.NoError(t, (&explainReport{Output: "text"}).write(con, p.Explain()))
	assert.Contains(t, out.String(), "late: missing in")
	assert.NotContains(t, out.String(), "\x1b", "no colour where there is no terminal")
}

func TestExplainWhatIsNotThere(t *testing.T) {
	p := explaintest.Play(t, "one", nil)
	db, from := written(t, p)
	for _, c := range []struct{ id, want string }{
		{protocol.ReportID("ZZZZ", 1), "no such report"},
		{protocol.ReportID(p.Item.Fingerprint, 1), "no such report; the present one of the same incident is " + p.ReportID},
	} {
		_, err := from.of(t.Context(), c.id)
		require.EqualError(t, err, c.want)
		require.ErrorIs(t, err, errNoReport)
		code, say := console.Code(err)
		assert.Equal(t, console.NotDone, code, "as report has it")
		assert.True(t, say)
	}
	assert.Equal(t, []string{"GetItem", "Query", "GetItem", "Query"}, db.Calls())
}

// An expired item is no reason to say nothing.
func TestExplainWithoutItsItem(t *testing.T) {
	p := explaintest.Play(t, "one", nil)
	p.Item.Fingerprint = "OTHER"
	_, from := written(t, p)
	e, err := from.of(t.Context(), p.ReportID)
	require.NoError(t, err)
	assert.Equal(t, explain.Gone, e.Live)
	assert.Len(t, e.Verdicts, 1)
	assert.Equal(t, explain.Unknown, e.Present.Standing)
}

func TestExplainAnItemThatCannotBeRead(t *testing.T) {
	p := explaintest.Play(t, "one", nil)
	db, from := written(t, p)
	db.Put(theTables.AlertMap, tabletest.Item{
		"fingerprint": &types.AttributeValueMemberS{Value: p.Item.Fingerprint},
		"ver":         &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}},
	})
	e, err := from.of(t.Context(), p.ReportID)
	require.NoError(t, err)
	assert.Equal(t, explain.Unreadable, e.Live)
	assert.NotEmpty(t, e.LiveError)
	assert.Len(t, e.Verdicts, 1)

	_, err = from.of(t.Context(), protocol.ReportID(p.Item.Fingerprint, 1))
	assert.ErrorContains(t, err, "nothing but a row that cannot be read")
}

// What AWS refuses is no explanation.
func TestExplainEndsWhereAWSDoes(t *testing.T) {
	p := explaintest.Play(t, "join", nil)
	db, from := written(t, p)
	db.Page = 1
	for _, c := range []struct {
		name string
		nth  int
	}{{"GetItem", 1}, {"Query", 1}, {"Query", 3}} {
		db.Calls()
		db.Fail = func(name string, nth int) error {
			if name == c.name && nth == c.nth {
				return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
			}
			return nil
		}
		_, err := from.of(t.Context(), p.ReportID)
		var api smithy.APIError
		require.True(t, errors.As(err, &api), "%s %d: %v", c.name, c.nth, err)
		code, _ := console.Code(err)
		assert.Equal(t, console.NotDone, code)
	}
}

func TestExplainReadsNoMoreThanIsWanted(t *testing.T) {
	con, _ := pipe()
	rows := make([]explain.Row, 45)
	seen := 0
	for range counting(slices.Values(rows), con) {
		if seen++; seen == 30 {
			break
		}
	}
	assert.Equal(t, 30, seen, "who has enough is given no more")
}

// TestDynamoConformanceOfExplain plays the scenarios on the engine: the pipeline writes them with the driver, and they are read
// from there.
func TestDynamoConformanceOfExplain(t *testing.T) {
	calls := new(dynamotest.Calls)
	client := dynamotest.Client(t, calls.Option)
	for _, name := range explaintest.Names() {
		t.Run(name, func(t *testing.T) {
			names := dynamotest.Core(t, client)
			p := explaintest.Play(t, name, dynamo.New(client, names, longest))
			calls.Reset()
			from := explainedBy(client, names)
			from.now = func() time.Time { return p.Now }
			e, err := from.of(t.Context(), p.ReportID)
			require.NoError(t, err)
			assert.Equal(t, []string{"GetItem", "Query"}, calls.Reset())
			assert.Equal(t, asJSON(t, p.Explain()), asJSON(t, e))
			golden := asJSON(t, explaintest.Play(t, name, nil).Explain())
			assert.Equal(t, golden, asJSON(t, e), "as in memory")
		})
	}
}

// A body of several chunks, read on a budget: the chunks that are not kept are read once more.
func TestExplainLargeBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine and much text: for the whole run, not for the race detector")
	}
	p := explaintest.Play(t, "one", nil)
	for n := range 20 {

		p.Rows = append(p.Rows, explain.Row{Key: fmt.Sprintf("A#large-%02d", n), Data: largeAlert(n, "large")})
	}
	db, from := written(t, p)
	e, err := from.of(t.Context(), p.ReportID)
	require.NoError(t, err)
	assert.Empty(t, e.Unread)
	assert.Len(t, e.Alerts, 21)
	queries := len(db.Calls()) - 1
	assert.Greater(t, queries, 1)
	assert.LessOrEqual(t, queries, 1+20, "one more for each large body at most")
}

// largeAlert is the body of an alert whose raw message does not pack well: more than a megabyte when it is gzipped.
func largeAlert(n int, name string) []byte {
	raw := make([]byte, 2<<20)
	random := rand.New(rand.NewPCG(uint64(n), 1))
	for i := range raw {
		raw[i] = 'A' + byte(random.IntN(26))
	}
	b, _ := json.Marshal(map[string]any{"v": 1, "at": 1, "alert": map[string]any{"name": name, "raw": string(raw)}})
	return b
}

// The help says what is stored.
func TestHelpOfExplain(t *testing.T) {
	help := explainReport{}.Help()
	assert.Contains(t, help, "when it was sent the last time")
	assert.NotContains(t, help, "is not stored")
}
