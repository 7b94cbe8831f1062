package meter

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// DynamoDB answers a client's calls as DynamoDB would, as far as the drivers make them, and notes what each is billed.
// It stands in the client itself, in front of the network.
type DynamoDB struct {
	note   func(call string, writes, halfReads int64)
	mu     sync.Mutex
	tables map[string]*table
}

// NewDynamoDB makes one without tables. It tells note of each call.
func NewDynamoDB(note func(call string, writes, halfReads int64)) *DynamoDB {
	return &DynamoDB{note: note, tables: map[string]*table{}}
}

// Add makes an empty table with these keys, and the index if it is not nil.
func (d *DynamoDB) Add(name string, index *Index, keys ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tables[name] = &table{keys: keys, index: index, rows: map[string]map[string]item{}}
}

// Client is a client whose calls end here.
func (d *DynamoDB) Client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", APIOptions: []func(*middleware.Stack) error{
		func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("meter", func(
				ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler,
			) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
				if err = ctx.Err(); err == nil {
					out.Result, err = d.answer(in.Parameters)
				}
				return out, meta, err
			}), middleware.Before)
		},
	}})
}

func (d *DynamoDB) answer(call any) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch in := call.(type) {
	case *dynamodb.GetItemInput:
		return d.get(in)
	case *dynamodb.QueryInput:
		return d.query(in)
	case *dynamodb.PutItemInput:
		return d.put(in)
	case *dynamodb.UpdateItemInput:
		return d.update(in)
	case *dynamodb.DeleteItemInput:
		return d.delete(in)
	case *dynamodb.BatchWriteItemInput:
		return d.batch(in)
	}
	return nil, invalid("%T: the drivers do not call it", call)
}

func (d *DynamoDB) table(name *string) (*table, error) {
	t := d.tables[aws.ToString(name)]
	if t == nil {
		return nil, invalid("table %q: there is none", aws.ToString(name))
	}
	return t, nil
}

// place is where a row stands, or would.
type place struct {
	*table
	partition, sort string
}

func (p place) row() item { return p.rows[p.partition][p.sort] }

func (d *DynamoDB) find(name *string, key item) (place, error) {
	t, err := d.table(name)
	if err != nil {
		return place{}, err
	}
	partition, sort, err := t.key(key)
	return place{t, partition, sort}, err
}

// halves is what reading so many bytes is billed as, in halves of a unit.
func halves(bytes int, consistent *bool) int64 {
	if aws.ToBool(consistent) {
		return 2 * units(bytes, readUnit)
	}
	return units(bytes, readUnit)
}

func (d *DynamoDB) get(in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	at, err := d.find(in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	row := at.row()
	d.note("dynamodb:GetItem "+*in.TableName, 0, halves(sizeOf(row), in.ConsistentRead))
	return &dynamodb.GetItemOutput{Item: row}, nil
}

// query answers one page, which ends with the row that brings it to a megabyte.
func (d *DynamoDB) query(in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	t, err := d.table(in.TableName)
	if err != nil {
		return nil, err
	}
	rows, err := t.selected(in)
	if err != nil {
		return nil, err
	}
	out, bytes := &dynamodb.QueryOutput{}, 0
	waiting := in.ExclusiveStartKey != nil
	for n, row := range rows {
		if waiting {
			waiting = t.name(row) != t.name(in.ExclusiveStartKey)
			continue
		}
		out.Items = append(out.Items, t.shown(row, in))
		bytes += sizeOf(row)
		full := bytes >= maxPage || in.Limit != nil && len(out.Items) >= int(*in.Limit)
		if full && n < len(rows)-1 {
			out.LastEvaluatedKey = t.keyOf(row)
			break
		}
	}
	d.note("dynamodb:Query "+*in.TableName, 0, halves(bytes, in.ConsistentRead))
	return out, nil
}

func (t *table) keyOf(row item) item {
	key := item{}
	for _, k := range t.keys {
		key[k] = row[k]
	}
	return key
}

// shown is what a query shows of a row; a projection to the keys is all that the drivers ask for.
func (t *table) shown(row item, in *dynamodb.QueryInput) item {
	if in.ProjectionExpression != nil {
		return t.keyOf(row)
	}
	return row
}

// write changes a row if a condition holds. What fails is billed by what stands.
func (d *DynamoDB) write(call string, at place, next item, ok bool, old types.ReturnValuesOnConditionCheckFailure) error {
	was := at.row()
	if !ok {
		d.note(call, units(sizeOf(was), writeUnit), 0)
		failed := &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
		if old == types.ReturnValuesOnConditionCheckFailureAllOld {
			failed.Item = was
		}
		return failed
	}
	if size := sizeOf(next); size > maxRow {
		return fmt.Errorf("ValidationException: item of %d bytes, expected at most %d", size, maxRow)
	}
	billed := units(max(sizeOf(was), sizeOf(next)), writeUnit)
	if next == nil {
		billed += at.delete(at.partition, at.sort, was)
	} else {
		billed += at.put(at.partition, at.sort, was, next)
	}
	d.note(call, billed, 0)
	return nil
}

// The tables of the stack, as template.yml has them.
const (
	AlertMap   = "AlertMap"
	ReportData = "ReportData"
	PluginData = "PluginData"
)

// AddTables makes the tables of the stack.
func (d *DynamoDB) AddTables() {
	d.Add(AlertMap, nil, "fingerprint")
	d.Add(ReportData, &Index{Name: "ByDay", Keys: []string{"day", "opened_at"}, Projected: []string{"severity", "title"}}, "report_id", "sk")
	d.Add(PluginData, nil, "key")
}
