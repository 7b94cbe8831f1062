package alertresponder

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
)

// sender is a service whose findings a rule of the stack sends.
type sender struct {
	rule, source, detailType string
	levels                   []string // from what no value of the rule's parameter lets through to what each does
	detail                   string   // %[1]s is an id, %[2]s what a level is in it
	in                       map[string]string
}

// senders are those that template.yml has a rule for; the shape of their events is in the documents that it names.
var senders = []sender{
	{"GuardDuty", "aws.guardduty", "GuardDuty Finding", severities,
		`{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","id":"%[1]s","type":"UnauthorizedAccess:EC2/SSHBruteForce",
		"severity":%[2]s,"resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-1234567890abcdef0"}},
		"service":{"action":{"actionType":"NETWORK_CONNECTION","networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"198.51.100.7"}}}}}`,
		map[string]string{"": `"none"`, "low": "2", "medium": "5.5", "high": "7", "critical": "9.3"}},
	{"SecurityHub", "aws.securityhub", "Security Hub Findings - Imported", severities,
		`{"findings":[{"SchemaVersion":"2018-10-08","Id":"%[1]s","ProductArn":"arn:aws:securityhub:us-east-1::product/aws/securityhub",
		"GeneratorId":"security-control/S3.8","AwsAccountId":"111122223333","Title":"A bucket is open","Severity":{"Label":"%[2]s"},"Compliance":{"Status":"FAILED"},
		"Resources":[{"Type":"AwsS3Bucket","Id":"arn:aws:s3:::amzn-s3-demo-bucket"}],"RecordState":"ACTIVE","Workflow":{"Status":"NEW"}}]}`,
		map[string]string{"": "INFORMATIONAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "critical": "CRITICAL"}},
	{"SecurityHubV2", "aws.securityhub", "Findings Imported V2", severities,
		`{"findings":[{"class_uid":2004,"category_uid":2,"type_uid":200401,"activity_id":1,"severity_id":%[2]s,"status_id":1,"time":1767225600000,
		"metadata":{"version":"1.6.0","product":{"name":"GuardDuty","vendor_name":"AWS"},"uid":"%[1]s"},"finding_info":{"uid":"%[1]s","title":"Exposed"},
		"cloud":{"provider":"AWS","region":"us-east-1","account":{"uid":"111122223333"}}}]}`,
		map[string]string{"": "1", "low": "2", "medium": "3", "high": "4", "critical": "5"}},
	{"Macie", "aws.macie", "Macie Finding", severities[:4],
		`{"schemaVersion":"1.0","id":"%[1]s","accountId":"111122223333","partition":"aws","region":"us-east-1","type":"Policy:IAMUser/S3BucketPublic",
		"title":"A bucket is public","severity":{"score":3,"description":"%[2]s"},"resourcesAffected":{"s3Bucket":{"name":"amzn-s3-demo-bucket"}}}`,
		map[string]string{"": "Unknown", "low": "Low", "medium": "Medium", "high": "High"}},
	{"Inspector", "aws.inspector2", "Inspector2 Finding", severities,
		`{"awsAccountId":"111122223333","findingArn":"arn:aws:inspector2:us-east-1:111122223333:finding/%[1]s","type":"PACKAGE_VULNERABILITY","severity":"%[2]s",
		"status":"ACTIVE","title":"CVE-2021-44228","resources":[{"id":"i-1234567890abcdef0","type":"AWS_EC2_INSTANCE"}]}`,
		map[string]string{"": "UNTRIAGED", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "critical": "CRITICAL"}},
	{"AccessAnalyzer", "aws.access-analyzer", "Access Analyzer Finding", []string{"", "external", "public"},
		`{"version":"1.0","id":"%[1]s","status":"ACTIVE","resourceType":"AWS::S3::Bucket","resource":"arn:aws:s3:::amzn-s3-demo-bucket",
		"accountId":"111122223333","region":"us-east-1","principal":{"AWS":"*"},"action":["s3:GetObject"],"isDeleted":false,"isPublic":%[2]s}`,
		map[string]string{"": "null", "external": "false", "public": "true"}},
}

var severities = []string{"", "low", "medium", "high", "critical"}

// event is one at a level, as it comes from a bus.
func (s sender) event(d *deployed, source, level, id string) string {
	detail := fmt.Sprintf(s.detail, id, s.in[level])
	queue, _ := arn.Parse(d.outputs["AlertQueueArn"])
	text, _ := json.Marshal(map[string]any{ // of texts
		"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": s.detailType, "source": source, "account": queue.AccountID,
		"region": queue.Region, "time": "2026-01-01T00:00:00Z", "resources": []string{id}, "detail": json.RawMessage(detail),
	})
	return string(text)
}

// theRule is a sender's rule in the stack, and the levels that it does not let through and does.
func (s sender) theRule(t *testing.T, d *deployed) (rule *eventbridge.DescribeRuleOutput, out, in []string) {
	t.Helper()
	name, err := d.resource(t, d.StackName, s.rule+"Rule")
	if err != nil {
		t.Skip("the rule is not switched on: " + err.Error())
	}
	rule, err = eventbridge.NewFromConfig(d.aws).DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: &name})
	require.NoError(t, err)
	var config map[string]any
	decode(t, os.Getenv("AR_CONFIG"), &config)
	for _, parameter := range []string{s.rule + "Severity", s.rule + "Findings"} {
		for i, level := range s.levels {
			if level != "" && level == config[parameter] {
				return rule, s.levels[:i], s.levels[i:]
			}
		}
	}
	require.Fail(t, "no such level", s.rule)
	return
}

// A rule lets through what is at least so severe as its parameter says, nothing that is less, and no other event. Not in parallel
// with the test that has rules listen to other sources.
func TestRulesOfSenders(t *testing.T) {
	d := theStack(t)
	for _, s := range senders {
		t.Run(s.rule, func(t *testing.T) {
			rule, out, in := s.theRule(t, d)
			matches := func(event string) bool {
				got, err := eventbridge.NewFromConfig(d.aws).TestEventPattern(t.Context(), &eventbridge.TestEventPatternInput{
					Event: &event, EventPattern: rule.EventPattern,
				})
				require.NoError(t, err)
				return got.Result
			}
			for _, level := range out {
				assert.False(t, matches(s.event(d, s.source, level, "id")), "%q", level)
			}
			for _, level := range in {
				event := s.event(d, s.source, level, "id")
				assert.True(t, matches(event), "%q", level)
				assert.False(t, matches(strings.Replace(event, s.detailType, s.detailType+" Summary", 1)), "another type")
				assert.False(t, matches(strings.Replace(event, s.source, "example", 1)), "another source")
			}
		})
	}
}

// What a rule lets through becomes a report, and nothing else does. Nobody but AWS puts events of aws.*: meanwhile the rule
// listens to a source of the test's.
func TestRulesOfSendersDeliver(t *testing.T) {
	t.Parallel()
	d := theStack(t)
	for _, s := range senders {
		t.Run(s.rule, func(t *testing.T) {
			rule, out, in := s.theRule(t, d)
			s.targets(t, d, *rule.Name)
			source := "test." + strings.ToLower(rand.Text())
			s.listen(t, d, rule, source)
			sent, less := s.event(d, source, in[len(in)-1], rand.Text()), s.event(d, source, out[0], rand.Text())
			for round := 0; len(d.told(t, keyOf(t, sent))) == 0; round++ {
				if round%20 == 0 {
					s.put(t, d, less, sent)
				}
				require.True(t, d.wait(), "the event has arrived")
			}
			verdict := await(t, d, keyOf(t, sent), "a verdict", published)
			assert.NotEmpty(t, verdict.Alert.Rule)
			assert.Empty(t, d.told(t, keyOf(t, less)), "less than what was asked for")
		})
	}
}

// targets looks at where a rule sends: the whole event, and what cannot be delivered is kept.
func (s sender) targets(t *testing.T, d *deployed, rule string) {
	t.Helper()
	out, err := eventbridge.NewFromConfig(d.aws).ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: &rule})
	require.NoError(t, err)
	require.Len(t, out.Targets, 1)
	target := out.Targets[0]
	assert.Equal(t, d.outputs["AlertQueueArn"], *target.Arn)
	assert.Contains(t, *target.DeadLetterConfig.Arn, "AlertUndelivered")
	assert.Nil(t, target.Input)
	assert.Nil(t, target.InputPath)
	assert.Nil(t, target.InputTransformer)
	assert.Nil(t, target.RoleArn)
}

// listen has a rule listen to another source until the test ends.
func (s sender) listen(t *testing.T, d *deployed, rule *eventbridge.DescribeRuleOutput, source string) {
	t.Helper()
	bus := eventbridge.NewFromConfig(d.aws)
	put := func(ctx context.Context, pattern string) error {
		_, err := bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule.Name, EventPattern: &pattern, Description: rule.Description, State: rule.State})
		return err
	}
	t.Cleanup(func() { assert.NoError(t, put(context.Background(), *rule.EventPattern)) })
	require.NoError(t, put(t.Context(), strings.Replace(*rule.EventPattern, s.source, source, 1)))
}

// put puts events on the bus.
func (s sender) put(t *testing.T, d *deployed, list ...string) {
	t.Helper()
	var entries []events.PutEventsRequestEntry
	for _, text := range list {
		var e struct {
			Source    string
			Resources []string
			Detail    json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(text), &e))
		entries = append(entries, events.PutEventsRequestEntry{
			Source: &e.Source, DetailType: &s.detailType, Resources: e.Resources, Detail: aws.String(string(e.Detail)),
		})
	}
	out, err := eventbridge.NewFromConfig(d.aws).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries})
	require.NoError(t, err)
	require.Zero(t, out.FailedEntryCount)
}

// keyOf is the key of the one alert in a message.
func keyOf(t *testing.T, message string) string {
	t.Helper()
	alerts := ingest.Alerts(envelope.Delivery{ID: "d", Body: message, SentAt: time.Now()})
	require.Len(t, alerts, 1)
	return alerts[0].Alert.Key
}

// An account that TrustedAccounts names sends to the topic and to the queue, and does nothing else there; another account does
// nothing. The engine takes an account's number for the key of its root user.
func TestOtherAccounts(t *testing.T) {
	t.Parallel()
	d := theStack(t)
	if !strings.Contains(d.outputs["AlertQueueArn"], ":000000000000:") {
		t.Log("there are no other accounts to try it with")
		return
	}
	message, queue := aws.String(alert(t, "other-"+rand.Text(), address("192.0.2.14"))), aws.String(d.outputs["AlertQueueUrl"])
	for account, trusted := range map[string]bool{"111122223333": true, "444455556666": false} {
		assert.Equal(t, trusted, strings.Contains(d.TrustedAccounts, account))
		of := d.aws.Copy()
		of.Credentials = credentials.NewStaticCredentialsProvider(account, "test", "")
		topics, queues := sns.NewFromConfig(of), sqs.NewFromConfig(of)
		_, err := topics.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(d.outputs["AlertNotificationArn"]), Message: message})
		assert.Equal(t, trusted, err == nil, "%s publishes alerts: %v", account, err)
		_, err = queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: message})
		assert.Equal(t, trusted, err == nil, "%s sends alerts: %v", account, err)
		_, err = queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue})
		assert.ErrorContains(t, err, "AccessDenied", "%s receives", account)
		for _, name := range []string{"TaskNotificationArn", "ReportNotificationArn", "ErrorNotificationArn"} {
			_, err = topics.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(d.outputs[name]), Message: message})
			assert.Error(t, err, "%s: %s publishes", name, account)
		}
	}
}
