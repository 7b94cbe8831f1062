package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	pluginsdynamo "github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
)

// stack is the two that are deployed, seen from beside the proxy.
type stack struct {
	names     map[string]string // of resources, by their physical names
	resources map[string]string // the other way round
	queues    map[string]string // URLs, by name
	sns       *sns.Client
	sqs       *sqs.Client
	lambda    *lambda.Client
	store     *dynamo.Store
	receipts  plugindata.Receipts
}

// findStack skips the test where nothing is deployed.
func findStack(t *testing.T) *stack {
	t.Helper()
	if os.Getenv("CRASH_PROXY") == "" {
		t.Skip("CRASH_PROXY is not set: make crash deploys a stack")
	}
	cfg := enginetest.Config(t, "AWS_ENDPOINT_URL")
	cfg.Logger = logging.Nop{} // the engine breaks idle connections, and the SDK tells each
	text, err := os.ReadFile(os.Getenv("AR_CONFIG"))
	require.NoError(t, err)
	var settings struct{ StackName, TestStackName string }
	require.NoError(t, json.Unmarshal(text, &settings))
	s := &stack{
		names: map[string]string{}, resources: map[string]string{}, queues: map[string]string{},
		sns: sns.NewFromConfig(cfg), sqs: sqs.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg),
	}
	for _, name := range []string{settings.StackName, settings.TestStackName} {
		s.look(t, cloudformation.NewFromConfig(cfg), name)
	}
	tables := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.DisableValidateResponseChecksum = true })
	s.store = dynamo.New(tables, dynamo.Tables{AlertMap: s.resources["AlertMap"], ReportData: s.resources["ReportData"]}, 90*24*time.Hour)
	s.receipts = pluginsdynamo.New(tables, s.resources["PluginData"])
	_, err = ssm.NewFromConfig(cfg).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/alertresponder/" + settings.StackName + "/inspectors/" + absent), Value: &domain.Type, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	require.NoError(t, err)
	return s
}

func (s *stack) look(t *testing.T, client *cloudformation.Client, name string) {
	pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, r := range page.StackResourceSummaries {
			s.names[*r.PhysicalResourceId], s.resources[*r.LogicalResourceId] = *r.LogicalResourceId, *r.PhysicalResourceId
			if *r.ResourceType == "AWS::SQS::Queue" {
				s.queues[*r.LogicalResourceId] = *r.PhysicalResourceId
			}
		}
	}
}

// hurry has messages come back after this time; one that is redelivered while a busy machine still works on it does no harm.
func (s *stack) hurry(t *testing.T, visibility time.Duration) {
	for name, url := range s.queues {
		_, err := s.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl: &url, Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(visibility.Seconds()))},
		})
		require.NoError(t, err, name)
	}
}

// mappings are those of queues to functions.
func (s *stack) mappings(t *testing.T) (all []lambdatypes.EventSourceMappingConfiguration) {
	pages := lambda.NewListEventSourceMappingsPaginator(s.lambda, &lambda.ListEventSourceMappingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		all = append(all, page.EventSourceMappings...)
	}
	require.NotEmpty(t, all)
	return all
}

// oneByOne gives functions one message at a time, so that a process works on one incident.
func (s *stack) oneByOne(t *testing.T) {
	for _, m := range s.mappings(t) {
		_, err := s.lambda.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, BatchSize: aws.Int32(1)})
		require.NoError(t, err)
	}
}

// listen has a function get messages, or not.
func (s *stack) listen(t *testing.T, function string, on bool) {
	found := false
	for _, m := range s.mappings(t) {
		if !strings.HasSuffix(*m.FunctionArn, ":"+s.resources[function]) {
			continue
		}
		_, err := s.lambda.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, Enabled: &on})
		require.NoError(t, err)
		found = true
	}
	require.True(t, found, function)
}

// inspectionDelay changes the setting of the deployed receptor, whose processes begin anew.
func (s *stack) inspectionDelay(t *testing.T, d time.Duration) {
	name := aws.String(s.resources["Receptor"])
	now, err := s.lambda.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: name})
	require.NoError(t, err)
	env := now.Environment.Variables
	require.Contains(t, env, "INSPECTION_DELAY")
	env["INSPECTION_DELAY"] = strconv.Itoa(int(d.Seconds()))
	_, err = s.lambda.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: name, Environment: &lambdatypes.Environment{Variables: env},
	})
	require.NoError(t, err)
}

func (s *stack) publish(ctx context.Context, message string) error {
	_, err := s.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(s.resources["AlertNotification"]), Message: &message})
	return err
}

func (s *stack) submit(ctx context.Context, message string) error {
	_, err := s.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(s.resources["SubmissionQueue"]), MessageBody: &message})
	return err
}

// left is how many messages are where, those that somebody has and those that are delayed included.
func (s *stack) left(ctx context.Context) (map[string]int, error) {
	counts := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	left := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		out, err := s.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(s.queues[name]), AttributeNames: counts})
		if err != nil {
			return nil, fmt.Errorf("queue %s: %w", name, err)
		}
		for _, c := range counts {
			n, err := strconv.Atoi(out.Attributes[string(c)])
			if err != nil {
				return nil, fmt.Errorf("queue %s: %s: %w", name, c, err)
			}
			if left[name] += n; left[name] == 0 {
				delete(left, name)
			}
		}
	}
	return left, nil
}

// dead says of a queue that nobody works it off: at rest it must be empty all the same.
func dead(queue string) bool {
	return strings.HasSuffix(queue, "DeadLetters") || strings.HasSuffix(queue, "Undelivered")
}
