package redrivetest

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// maxBatch is how many bytes a batch of messages may have, and each of them.
const maxBatch = 1 << 20

// ids says why SQS would not take a batch with entries of these ids.
func ids(list []*string) error {
	seen := map[string]bool{}
	for _, id := range list {
		if id == nil || seen[*id] {
			return apiError("AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
		}
		seen[*id] = true
	}
	switch n := len(list); {
	case n == 0:
		return apiError("AWS.SimpleQueueService.EmptyBatchRequest")
	case n > 10:
		return apiError("AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
	}
	return nil
}

func column[E any](entries []E, of func(E) *string) (list []*string) {
	for _, e := range entries {
		list = append(list, of(e))
	}
	return list
}

func failed(id *string, f Fault) types.BatchResultErrorEntry {
	if f == Refused {
		return types.BatchResultErrorEntry{Id: id, Code: aws.String("InvalidMessageContents"), Message: aws.String("says the test"), SenderFault: true}
	}
	return types.BatchResultErrorEntry{Id: id, Code: aws.String("ServiceUnavailable"), Message: aws.String("says the test")}
}

func (s *SQS) entry(name, body string) Fault {
	if s.Entry == nil {
		return None
	}
	return s.Entry(name, body)
}

// SendMessageBatch takes messages, each by itself.
func (s *SQS) SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	_, f, err := s.call(ctx, "SendMessageBatch", *in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := ids(column(in.Entries, func(e types.SendMessageBatchRequestEntry) *string { return e.Id })); err != nil {
		return nil, err
	}
	total := 0
	for _, e := range in.Entries {
		total += size(e)
	}
	if s.Bytes = max(s.Bytes, total); total > maxBatch {
		return nil, apiError("AWS.SimpleQueueService.BatchRequestTooLong")
	}
	out := &sqs.SendMessageBatchOutput{}
	for _, e := range in.Entries {
		fault := s.entry("SendMessageBatch", *e.MessageBody)
		if len(e.MessageAttributes) > 10 {
			fault = Refused
		}
		if fault == None || fault == Lost {
			s.take(*in.QueueUrl, e)
		}
		switch fault {
		case None:
			out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id})
		case Refused, Busy:
			out.Failed = append(out.Failed, failed(e.Id, fault))
		}
	}
	if f == Lost {
		return nil, errLost
	}
	return out, nil
}

func size(e types.SendMessageBatchRequestEntry) int {
	n := len(*e.MessageBody)
	for name, a := range e.MessageAttributes {
		n += len(name) + len(aws.ToString(a.DataType)) + len(aws.ToString(a.StringValue)) + len(a.BinaryValue)
	}
	return n
}

func (s *SQS) take(url string, e types.SendMessageBatchRequestEntry) {
	m := s.Add(url, *e.MessageBody, time.Now())
	m.Attributes = e.MessageAttributes
	if trace, ok := e.MessageSystemAttributes["AWSTraceHeader"]; ok {
		m.System["AWSTraceHeader"] = *trace.StringValue
	}
	if e.MessageGroupId != nil {
		m.System["MessageGroupId"] = *e.MessageGroupId
	}
	if s.Sent != nil {
		s.Sent(url, m)
	}
}

// DeleteMessageBatch deletes messages, each by itself, by the last handle. Any other is taken for done, as AWS does.
func (s *SQS) DeleteMessageBatch(ctx context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	q, f, err := s.call(ctx, "DeleteMessageBatch", *in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := ids(column(in.Entries, func(e types.DeleteMessageBatchRequestEntry) *string { return e.Id })); err != nil {
		return nil, err
	}
	out := &sqs.DeleteMessageBatchOutput{}
	for _, e := range in.Entries {
		i := q.byHandle(e.ReceiptHandle)
		fault := None
		if i >= 0 {
			fault = s.entry("DeleteMessageBatch", q.Messages[i].Body)
		}
		if i >= 0 && (fault == None || fault == Lost) {
			q.Deleted = append(q.Deleted, q.Messages[i])
			q.Messages = slices.Delete(q.Messages, i, i+1)
		}
		if i < 0 && s.Picky {
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("ReceiptHandleIsInvalid"), SenderFault: true})
			continue
		}
		switch fault {
		case None:
			out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: e.Id})
		case Refused, Busy:
			out.Failed = append(out.Failed, failed(e.Id, fault))
		}
	}
	if f == Lost {
		return nil, errLost
	}
	return out, nil
}

// ChangeMessageVisibilityBatch shows or hides messages.
func (s *SQS) ChangeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	q, f, err := s.call(ctx, "ChangeMessageVisibilityBatch", *in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := ids(column(in.Entries, func(e types.ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id })); err != nil {
		return nil, err
	}
	for _, e := range in.Entries {
		if i := q.byHandle(e.ReceiptHandle); i >= 0 {
			q.Messages[i].Visible = time.Now().Add(time.Duration(e.VisibilityTimeout) * time.Second)
		}
	}
	if f == Lost {
		return nil, errLost
	}
	return &sqs.ChangeMessageVisibilityBatchOutput{}, nil
}

// GetQueueAttributes counts. A queue's ARN and redrive policy are for who knows the stack.
func (s *SQS) GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	q, _, err := s.call(ctx, "GetQueueAttributes", *in.QueueUrl)
	if err != nil {
		return nil, err
	}
	waiting := q.Waiting()
	return &sqs.GetQueueAttributesOutput{Attributes: map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(waiting),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(len(q.Messages) - waiting),
	}}, nil
}
