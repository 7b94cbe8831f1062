package meter

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (d *DynamoDB) put(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	t, err := d.table(in.TableName)
	if err != nil {
		return nil, err
	}
	partition, sort, err := t.key(in.Item)
	if err != nil {
		return nil, err
	}
	ok, err := holds(in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, t.rows[partition][sort])
	if err != nil {
		return nil, err
	}
	err = d.write("dynamodb:PutItem "+*in.TableName, t, partition, sort, maps.Clone(in.Item), ok, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	return &dynamodb.PutItemOutput{}, nil
}

func (d *DynamoDB) update(in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	t, err := d.table(in.TableName)
	if err != nil {
		return nil, err
	}
	partition, sort, err := t.key(in.Key)
	if err != nil {
		return nil, err
	}
	was := t.rows[partition][sort]
	ok, err := holds(in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, was)
	if err != nil {
		return nil, err
	}
	base := was
	if base == nil {
		base = in.Key
	}
	next, err := updated(base, in)
	if err != nil {
		return nil, err
	}
	err = d.write("dynamodb:UpdateItem "+*in.TableName, t, partition, sort, next, ok, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.UpdateItemOutput{}
	switch in.ReturnValues {
	case types.ReturnValueAllNew:
		out.Attributes = next
	case types.ReturnValueAllOld:
		out.Attributes = was
	}
	return out, nil
}

func (d *DynamoDB) delete(in *dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
	t, err := d.table(in.TableName)
	if err != nil {
		return nil, err
	}
	partition, sort, err := t.key(in.Key)
	if err != nil {
		return nil, err
	}
	ok, err := holds(in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, t.rows[partition][sort])
	if err != nil {
		return nil, err
	}
	err = d.write("dynamodb:DeleteItem "+*in.TableName, t, partition, sort, nil, ok, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	return &dynamodb.DeleteItemOutput{}, nil
}

// batch deletes rows, which is all that the drivers do in batches.
func (d *DynamoDB) batch(in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	var billed int64
	for name, requests := range in.RequestItems {
		t, err := d.table(&name)
		if err != nil {
			return nil, err
		}
		for _, r := range requests {
			if r.DeleteRequest == nil {
				return nil, invalid("BatchWriteItem: expected deletions")
			}
			partition, sort, err := t.key(r.DeleteRequest.Key)
			if err != nil {
				return nil, err
			}
			was := t.rows[partition][sort]
			billed += units(sizeOf(was), writeUnit) + t.delete(partition, sort, was)
		}
	}
	d.note("dynamodb:BatchWriteItem", billed, 0)
	return &dynamodb.BatchWriteItemOutput{}, nil
}
