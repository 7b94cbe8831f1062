package visibility_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

var (
	_ host.Postponer    = visibility.Postponer{}
	_ visibility.Client = (*sqs.Client)(nil)
)

// service notes what it is asked to do.
type service struct {
	calls []any
	err   error
}

func (s *service) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	s.calls = append(s.calls, in)
	return &sqs.ChangeMessageVisibilityOutput{}, s.err
}

const queueARN = "arn:aws:sqs:eu-west-1:111122223333:pages"

func TestPostponeSays(t *testing.T) {
	for d, seconds := range map[time.Duration]int32{
		-1: 0, 0: 0, 1: 1, time.Minute + 1: 61, 12 * time.Hour: 43200, 12*time.Hour + 1: 43200, 1 << 62: 43200,
	} {
		s := &service{}
		require.NoError(t, visibility.Postponer{Client: s}.Postpone(t.Context(), queueARN, "handle", d))
		assert.Equal(t, []any{&sqs.ChangeMessageVisibilityInput{
			QueueUrl:      aws.String("https://sqs.eu-west-1.amazonaws.com/111122223333/pages"),
			ReceiptHandle: aws.String("handle"), VisibilityTimeout: seconds,
		}}, s.calls, d)
	}
	s := &service{err: &sqstypes.MessageNotInflight{}}
	err := visibility.Postponer{Client: s}.Postpone(t.Context(), queueARN, "handle", 0)
	assert.ErrorIs(t, err, s.err)
	assert.ErrorContains(t, err, queueARN)
}

func TestQueueURL(t *testing.T) {
	for arn, url := range map[string]string{
		queueARN:                               "https://sqs.eu-west-1.amazonaws.com/111122223333/pages",
		"arn:aws-us-gov:sqs:us-gov-east-1:1:q": "https://sqs.us-gov-east-1.amazonaws.com/1/q",
		"arn:aws-cn:sqs:cn-north-1:1:q":        "https://sqs.cn-north-1.amazonaws.com.cn/1/q",
	} {
		got, err := visibility.QueueURL(arn)
		require.NoError(t, err)
		assert.Equal(t, url, got)
	}
	s := &service{}
	for _, arn := range []string{"", "q", "arn:aws:sns:r:1:q", "arn:aws:sqs::1:q", "arn:aws:sqs:r::q", "arn:aws:sqs:r:1:", "x:aws:sqs:r:1:q", "arn:aws:sqs:r:1:q:x"} {
		_, err := visibility.QueueURL(arn)
		assert.ErrorContains(t, err, "expected the ARN of an SQS queue", arn)
		assert.Error(t, visibility.Postponer{Client: s}.Postpone(t.Context(), arn, "handle", 0))
	}
	assert.Empty(t, s.calls)
}
