package redrive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// tries is how often a batch's failed entries are tried: the SDK repeats calls, not entries.
const tries = 3

// send sends a batch. What SQS refuses, or does not take after some tries, stays. The error is for what the next batch
// would fail of too.
func (w *work) send(ctx context.Context, url string, batch []letter) error {
	if w.Dry {
		for _, l := range batch {
			w.accepted(l)
		}
		return nil
	}
	took, why := false, map[string]error{}
	for try := 1; len(batch) > 0 && try <= tries; try++ {
		if try > 1 {
			wait(ctx, try)
		}
		out, err := w.SQS.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries(batch)})
		if err != nil {
			return w.refused(ctx, url, batch, err)
		}
		before := len(batch)
		batch = w.sorted(batch, out, why)
		took = took || len(batch) < before
	}
	for _, l := range batch {
		w.fail(l, why[l.id])
	}
	if len(batch) > 0 && !took {
		return why[batch[0].id]
	}
	return nil
}

func entries(batch []letter) []types.SendMessageBatchRequestEntry {
	list := make([]types.SendMessageBatchRequestEntry, len(batch))
	for i, l := range batch {
		list[i] = l.entry(strconv.Itoa(i))
	}
	return list
}

// sorted notes what SQS took and what it refuses for good, and gives what is to be tried again, with the reasons.
func (w *work) sorted(batch []letter, out *sqs.SendMessageBatchOutput, why map[string]error) (again []letter) {
	taken := map[string]bool{}
	for _, s := range out.Successful {
		taken[aws.ToString(s.Id)] = true
	}
	failed := map[string]types.BatchResultErrorEntry{}
	for _, f := range out.Failed {
		failed[aws.ToString(f.Id)] = f
	}
	for i, l := range batch {
		f, isFailed := failed[strconv.Itoa(i)]
		switch {
		case taken[strconv.Itoa(i)]:
			w.accepted(l)
		case isFailed && final(f):
			w.fail(l, entryError(f))
		default: // also what SQS says nothing of
			why[l.id] = entryError(f)
			again = append(again, l)
		}
	}
	return again
}

// final says whether it is for good that an entry failed. Too many calls are the caller's fault too, and not for good.
func final(f types.BatchResultErrorEntry) bool {
	return f.SenderFault && !strings.Contains(aws.ToString(f.Code), "Throttl")
}

func entryError(f types.BatchResultErrorEntry) error {
	if f.Code == nil {
		return errors.New("SQS does not say what became of it")
	}
	return fmt.Errorf("%s: %s", *f.Code, aws.ToString(f.Message))
}

// parted are the errors of a whole batch for which one of its messages may be at fault.
//
// Codes: Amazon SQS API Reference, SendMessageBatch, SendMessage and "Common Errors".
var parted = map[string]bool{
	"BatchRequestTooLong": true, "AWS.SimpleQueueService.BatchRequestTooLong": true, "InvalidMessageContents": true,
	"InvalidParameterValue": true, "InvalidAttributeValue": true, "InvalidBatchEntryId": true, "AWS.SimpleQueueService.InvalidBatchEntryId": true,
}

// refused parts a batch that SQS does not take, down to the message for which it does not; that one stays. Any other
// error would come again.
func (w *work) refused(ctx context.Context, url string, batch []letter, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || !parted[api.ErrorCode()] {
		return err
	}
	if len(batch) == 1 {
		w.fail(batch[0], err)
		return nil
	}
	half := len(batch) / 2
	if err := w.send(ctx, url, batch[:half]); err != nil {
		return err
	}
	return w.send(ctx, url, batch[half:])
}

// delete deletes letters that are put back. The error is for what the next batch would fail of too: more would only be
// sent twice.
func (w *work) delete(ctx context.Context, ids []string) error {
	before := len(ids)
	for try := 1; len(ids) > 0 && try <= tries; try++ {
		if try > 1 {
			wait(ctx, try)
		}
		for chunk := range slices.Chunk(ids, batchSize) {
			if err := w.deleteBatch(ctx, chunk); err != nil {
				return fmt.Errorf("what was put back could not be deleted: %w", err)
			}
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return w.undeleted[id] == "" })
	}
	if before > 0 && len(ids) == before {
		return errors.New("what was put back could not be deleted")
	}
	return nil
}

func (w *work) deleteBatch(ctx context.Context, ids []string) error {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &w.out.Queue.URL}
	for i, id := range ids {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(w.undeleted[id])})
	}
	out, err := w.SQS.DeleteMessageBatch(ctx, in)
	if err != nil {
		return err
	}
	var done []*string
	for _, s := range out.Successful {
		done = append(done, s.Id)
	}
	for _, f := range out.Failed {
		// The SDK has repeated a call whose answer was lost: what the handle was for is gone. AWS itself calls that a success.
		if strings.Contains(aws.ToString(f.Code), "ReceiptHandleIsInvalid") {
			done = append(done, f.Id)
		}
	}
	for _, id := range done {
		if i, err := strconv.Atoi(aws.ToString(id)); err == nil && i >= 0 && i < len(ids) {
			delete(w.undeleted, ids[i])
		}
	}
	return nil
}

// release lets messages be seen again. Where that fails, they come back by themselves.
func release(ctx context.Context, client SQS, url string, handles map[string]string) {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(handles)), batchSize) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url}
		for i, id := range ids {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(handles[id]), VisibilityTimeout: 0,
			})
		}
		if _, err := client.ChangeMessageVisibilityBatch(ctx, in); err != nil {
			return
		}
	}
}

// wait waits before a try, longer each time.
func wait(ctx context.Context, try int) {
	timer := time.NewTimer(time.Duration(try-1) * time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
