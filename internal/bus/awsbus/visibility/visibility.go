// Package visibility makes messages wait in the queue that they were received from, over Amazon SQS.
//
// in → out: a queue's ARN, a receipt handle and a time → one call of ChangeMessageVisibility. It is apart from
// awsbus since plugins need it, and nothing of SNS.
package visibility

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/bus"
)

// Client is the part of the client of Amazon SQS that is called.
type Client interface {
	ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Postponer implements host.Postponer.
type Postponer struct{ Client Client }

// maxVisibility is the longest that SQS hides a message (Amazon SQS API Reference, ChangeMessageVisibility).
const maxVisibility = 43200 * time.Second

// Postpone hides a message for d: 0 to 12 hours, in whole seconds, rounded up. An error means that it comes
// back after the queue's visibility time-out.
func (p Postponer) Postpone(ctx context.Context, queueARN, receiptHandle string, d time.Duration) error {
	url, err := QueueURL(queueARN)
	if err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	_, err = p.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &url, ReceiptHandle: &receiptHandle,
		VisibilityTimeout: int32(bus.ClampDelay(d, maxVisibility) / time.Second),
	})
	if err != nil {
		return fmt.Errorf("postpone in queue %s: %w", queueARN, err)
	}
	return nil
}

// QueueURL makes a queue's URL of its ARN, arn:<partition>:sqs:<region>:<account>:<name>. Which host is called
// is for the client to say; the service reads account and name (Amazon SQS Developer Guide, "Queue and message
// identifiers").
func QueueURL(arn string) (string, error) {
	p := strings.Split(arn, ":")
	if len(p) != 6 || p[0] != "arn" || p[2] != "sqs" || p[3] == "" || p[4] == "" || p[5] == "" {
		return "", fmt.Errorf("queue: %.200q, expected the ARN of an SQS queue", arn)
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(p[1], "aws-cn") {
		domain = "amazonaws.com.cn"
	}
	return fmt.Sprintf("https://sqs.%s.%s/%s/%s", p[3], domain, p[4], p[5]), nil
}
