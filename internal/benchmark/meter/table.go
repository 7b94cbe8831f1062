package meter

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Index is an index of a table, which holds the rows that have its keys.
type Index struct {
	Name      string
	Keys      []string // partition, sort
	Projected []string // besides the keys of both
}

// table is one table of the DynamoDB that meters.
type table struct {
	keys  []string // partition, sort
	index *Index   // may be nil
	rows  map[string]map[string]item
}

// key is the partition and the sort key of a row, "" where the table has no sort key.
func (t *table) key(i item) (string, string, error) {
	partition, sort := textOf(i[t.keys[0]]), ""
	if len(t.keys) > 1 {
		sort = textOf(i[t.keys[1]])
	}
	if partition == "" || len(t.keys) > 1 && sort == "" {
		return "", "", invalid("key of %v: empty", t.keys)
	}
	return partition, sort, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("the metering DynamoDB: "+format, args...)
}

// put lets a row stand, and says what the index takes for it.
func (t *table) put(partition, sort string, was, next item) int64 {
	if t.rows[partition] == nil {
		t.rows[partition] = map[string]item{}
	}
	t.rows[partition][sort] = next
	return t.indexed(was, next)
}

func (t *table) delete(partition, sort string, was item) int64 {
	delete(t.rows[partition], sort)
	return t.indexed(was, nil)
}

// indexed is what an index takes for a change of a row: one write where the row comes, goes or changes in it, two where
// its key changes (Amazon DynamoDB Developer Guide, "Provisioned throughput considerations for global secondary
// indexes"; on-demand tables are billed alike).
func (t *table) indexed(was, next item) int64 {
	before, after := t.projected(was), t.projected(next)
	switch {
	case before == nil && after == nil, equal(before, after):
		return 0
	case before == nil:
		return units(sizeOf(after), writeUnit)
	case after == nil:
		return units(sizeOf(before), writeUnit)
	}
	same := true
	for _, k := range t.index.Keys {
		same = same && equal(item{k: before[k]}, item{k: after[k]})
	}
	if same {
		return units(max(sizeOf(before), sizeOf(after)), writeUnit)
	}
	return units(sizeOf(before), writeUnit) + units(sizeOf(after), writeUnit)
}

// projected is a row as the index has it; nil if it is not in the index.
func (t *table) projected(i item) item {
	if t.index == nil || i == nil {
		return nil
	}
	p := item{}
	for _, name := range slices.Concat(t.index.Keys, t.keys, t.index.Projected) {
		if v, ok := i[name]; ok {
			p[name] = v
		}
	}
	for _, k := range t.index.Keys {
		if p[k] == nil {
			return nil
		}
	}
	return p
}

func equal(a, b item) bool {
	return maps.EqualFunc(a, b, func(x, y types.AttributeValue) bool {
		c, ok := order(x, y)
		return ok && c == 0
	})
}

// selected are the rows that a query asks for, in order.
func (t *table) selected(in *dynamodb.QueryInput) ([]item, error) {
	list, err := tokens(aws.ToString(in.KeyConditionExpression))
	if err != nil {
		return nil, err
	}
	keys := t.keys
	var candidates []item
	if in.IndexName != nil {
		keys = t.index.Keys
		for _, rows := range t.rows {
			for _, i := range rows {
				if p := t.projected(i); p != nil {
					candidates = append(candidates, p)
				}
			}
		}
	} else if len(list) > 2 && nameOf(list[0], in.ExpressionAttributeNames) == keys[0] && list[1] == "=" {
		candidates = slices.Collect(maps.Values(t.rows[textOf(in.ExpressionAttributeValues[list[2]])]))
	} else {
		return nil, invalid("query: expected %s = :value first", keys[0])
	}
	var rows []item
	for _, i := range candidates {
		ok, err := holds(in.KeyConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, i)
		if err != nil {
			return nil, err
		}
		if ok {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b item) int {
		if c, _ := order(a[keys[1]], b[keys[1]]); c != 0 {
			return c
		}
		return strings.Compare(t.name(a), t.name(b))
	})
	return rows, nil
}

// name is the whole key of a row, to tell rows apart.
func (t *table) name(i item) string {
	var parts []string
	for _, k := range t.keys {
		parts = append(parts, textOf(i[k]))
	}
	return strings.Join(parts, "\x00")
}
