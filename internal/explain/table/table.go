// Package table reads the rows of a report out of ReportData, also those that the stages would stumble over.
//
// in → out: a report's id → its rows, unpacked one after the other; of one that cannot be unpacked, why.
package table

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/m-mizutani/AlertResponder/internal/explain"
)

// Querier is what is needed of DynamoDB.
type Querier interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Table is ReportData.
type Table struct {
	Client Querier
	Name   string
}

// Sort keys begin with these; see package dynamo of the store.
const (
	bodyChunk    = "C#"
	verdictKey   = "V#"
	verdictChunk = "W#"
)

// maxHeld is how many bytes of chunks are kept until the rows come that name them. Large bodies whose chunks were not
// kept are read once more, each by itself.
const maxHeld = 8 << 20

// Reading is one reading of the rows of a report.
type Reading struct {
	// Rows are the report's rows. They can be gone through once.
	Rows iter.Seq[explain.Row]
	err  error
}

// Err says what ended the rows before their end.
func (r *Reading) Err() error { return r.err }

// Read reads a report's rows, strongly consistent: one query, as many pages as it takes.
func (t Table) Read(ctx context.Context, reportID string) *Reading {
	r := &Reading{}
	r.Rows = func(yield func(explain.Row) bool) {
		w := walk{table: t, ctx: ctx, id: reportID, yield: yield, chunks: map[string][]byte{}}
		w.all()
		if r.err = w.err; r.err != nil {
			r.err = fmt.Errorf("rows of %s: %w", reportID, r.err)
		}
	}
	return r
}

// walk goes through the rows in the order of their keys: alerts, chunks of bodies, submissions, verdicts, chunks of
// verdicts.
type walk struct {
	table  Table
	ctx    context.Context
	id     string
	yield  func(explain.Row) bool
	chunks map[string][]byte
	held   int      // bytes of chunks
	large  []packed // heads whose chunks were not looked for yet
	ended  bool     // nobody wants more rows
	err    error
}

func (w *walk) all() {
	bodies := true
	w.query("#r = :r", "", func(p packed) {
		if bodies && p.key >= verdictKey {
			bodies = false
			w.open(bodyChunk)
		}
		w.row(p)
	})
	if bodies {
		w.open(bodyChunk)
	}
	w.open(verdictChunk)
}

func (w *walk) row(p packed) {
	switch {
	case strings.HasPrefix(p.key, bodyChunk), strings.HasPrefix(p.key, verdictChunk):
		if w.held+len(p.body) <= maxHeld {
			w.held += len(p.body)
			w.chunks[p.key] = p.body
		}
	case p.problem == "" && p.chunks > 0:
		p.body = nil
		w.large = append(w.large, p)
	default:
		w.give(p)
	}
}

// open gives the large bodies whose heads have come.
func (w *walk) open(prefix string) {
	for _, p := range w.large {
		if w.ended || w.err != nil {
			return
		}
		if !p.join(prefix, w.chunks) {
			own := map[string][]byte{}
			w.query("#r = :r AND begins_with(#k, :k)", prefix+p.hash+"#", func(c packed) { own[c.key] = c.body })
			if w.err == nil && !p.join(prefix, own) {
				p.problem = fmt.Sprintf("not all of its %d chunks are there", p.chunks)
			}
		}
		if w.err == nil {
			w.give(p)
		}
	}
	w.large, w.chunks, w.held = nil, map[string][]byte{}, 0
}

func (w *walk) give(p packed) {
	if !w.ended && w.err == nil {
		w.ended = !w.yield(p.row())
	}
}

// query reads all pages, unless nobody wants more rows.
func (w *walk) query(condition, key string, each func(packed)) {
	in := &dynamodb.QueryInput{
		TableName: &w.table.Name, ConsistentRead: aws.Bool(true), KeyConditionExpression: &condition,
		ExpressionAttributeNames:  map[string]string{"#r": "report_id"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":r": &types.AttributeValueMemberS{Value: w.id}},
	}
	if key != "" {
		in.ExpressionAttributeNames["#k"] = "sk"
		in.ExpressionAttributeValues[":k"] = &types.AttributeValueMemberS{Value: key}
	}
	for p := dynamodb.NewQueryPaginator(w.table.Client, in); p.HasMorePages() && w.err == nil && !w.ended; {
		page, err := p.NextPage(w.ctx)
		if err != nil {
			w.err = err
			return
		}
		for _, attrs := range page.Items {
			each(packedOf(attrs))
		}
	}
}
