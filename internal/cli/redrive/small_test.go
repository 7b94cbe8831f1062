package redrive_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive/redrivetest"
)

// small takes 30 bytes in a batch.
type small struct{ *redrivetest.SQS }

func (s small) SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	n := 0
	for _, e := range in.Entries {
		n += len(*e.MessageBody)
	}
	if n > 30 {
		return nil, &smithy.GenericAPIError{Code: "AWS.SimpleQueueService.BatchRequestTooLong", Fault: smithy.FaultClient}
	}
	return s.SQS.SendMessageBatch(ctx, in)
}
