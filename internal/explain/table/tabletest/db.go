// Package tabletest is a DynamoDB for tests that only puts, gets and queries by key: enough to read back what the
// store's driver has written, with pages that end where a test wants, and with rows that no driver writes.
//
// in → out: calls of DynamoDB's client → the same answers that a table would give, and the names of the calls.
package tabletest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// Item is a row.
type Item = map[string]types.AttributeValue

// DB is the tables. The zero value is empty.
type DB struct {
	// Page is how many rows a page of a query has; 0 for all.
	Page int
	// Fail has the nth (from 1) call of a name fail, unless it is nil.
	Fail func(name string, nth int) error

	mu     sync.Mutex
	tables map[string]map[string]Item // by the text of the key
	calls  []string
}

// Client is a client of these tables: calls are answered in its middleware.
func (d *DB) Client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("tabletest", d.answer), middleware.After)
		}},
	})
}

// Put puts a row as it is.
func (d *DB) Put(table string, row Item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(table, row)
}

// Calls returns the names of the calls so far, and forgets them.
func (d *DB) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return calls
}

func (d *DB) answer(ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (
	out middleware.InitializeOutput, meta middleware.Metadata, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := middleware.GetOperationName(ctx)
	d.calls = append(d.calls, name)
	if d.Fail != nil {
		nth := 0
		for _, n := range d.calls {
			if n == name {
				nth++
			}
		}
		if err := d.Fail(name, nth); err != nil {
			return out, meta, err
		}
	}
	switch p := in.Parameters.(type) {
	case *dynamodb.PutItemInput:
		d.put(*p.TableName, p.Item)
		out.Result = &dynamodb.PutItemOutput{}
	case *dynamodb.GetItemInput:
		out.Result = &dynamodb.GetItemOutput{Item: d.tables[*p.TableName][keyOf(p.Key)]}
	case *dynamodb.QueryInput:
		out.Result, err = d.query(p)
	default:
		err = fmt.Errorf("%s: not in this table", name)
	}
	return out, meta, err
}

func (d *DB) put(table string, row Item) {
	if d.tables == nil {
		d.tables = map[string]map[string]Item{}
	}
	if d.tables[table] == nil {
		d.tables[table] = map[string]Item{}
	}
	d.tables[table][keyOf(row)] = maps.Clone(row)
}

func keyOf(row Item) string {
	var parts []string
	for _, name := range []string{"fingerprint", "report_id", "sk"} {
		if s, ok := row[name].(*types.AttributeValueMemberS); ok && (name != "report_id" || row["fingerprint"] == nil) {
			parts = append(parts, s.Value)
		}
	}
	return strings.Join(parts, "\n")
}

// query knows the conditions #r = :r, and AND begins_with(#k, :k). What is not strongly consistent is refused.
func (d *DB) query(p *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	if p.ConsistentRead == nil || !*p.ConsistentRead {
		return nil, fmt.Errorf("query: not strongly consistent")
	}
	prefix := p.ExpressionAttributeValues[":r"].(*types.AttributeValueMemberS).Value + "\n"
	if k, ok := p.ExpressionAttributeValues[":k"].(*types.AttributeValueMemberS); ok {
		prefix += k.Value
	}
	table := d.tables[*p.TableName]
	from := keyOf(p.ExclusiveStartKey)
	out := &dynamodb.QueryOutput{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !strings.HasPrefix(key, prefix) || from != "" && key <= from {
			continue
		}
		if d.Page > 0 && len(out.Items) == d.Page {
			last := out.Items[d.Page-1]
			out.LastEvaluatedKey = Item{"report_id": last["report_id"], "sk": last["sk"]}
			break
		}
		out.Items = append(out.Items, table[key])
	}
	return out, nil
}

// Rows are copies of all rows of a table.
func (d *DB) Rows(table string) []Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Item
	for _, key := range slices.Sorted(maps.Keys(d.tables[table])) {
		out = append(out, maps.Clone(d.tables[table][key]))
	}
	return out
}
