package meter

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (d *DynamoDB) put(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	at, err := d.find(in.TableName, in.Item)
	if err != nil {
		return nil, err
	}
	ok, err := holds(in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, at.row())
	if err != nil {
		return nil, err
	}
	err = d.write("dynamodb:PutItem "+*in.TableName, at, maps.Clone(in.Item), ok, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	return &dynamodb.PutItemOutput{}, nil
}

func (d *DynamoDB) update(in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	at, err := d.find(in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	was := at.row()
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
	err = d.write("dynamodb:UpdateItem "+*in.TableName, at, next, ok, in.ReturnValuesOnConditionCheckFailure)
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
	at, err := d.find(in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	ok, err := holds(in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, at.row())
	if err != nil {
		return nil, err
	}
	err = d.write("dynamodb:DeleteItem "+*in.TableName, at, nil, ok, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	return &dynamodb.DeleteItemOutput{}, nil
}

// batch deletes rows, which is all that the drivers do in batches.
func (d *DynamoDB) batch(in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	var billed int64
	for name, requests := range in.RequestItems {
		for _, r := range requests {
			if r.DeleteRequest == nil {
				return nil, invalid("BatchWriteItem: expected deletions")
			}
			at, err := d.find(&name, r.DeleteRequest.Key)
			if err != nil {
				return nil, err
			}
			billed += units(sizeOf(at.row()), writeUnit) + at.delete(at.partition, at.sort, at.row())
		}
	}
	d.note("dynamodb:BatchWriteItem", billed, 0)
	return &dynamodb.BatchWriteItemOutput{}, nil
}
