package alertresponder

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// patience is how long a deployed pipeline may take: cold starts, and a minute until a new inspector is awaited.
const patience = 3 * time.Minute

// settings are what the tests need of config.json.
type settings struct {
	StackName, TestStackName, Region, WatchlistBucket, WebhookUrl, TrustedAccounts, VirustotalSecretArn, AwscontextOn, HistoryOn string

	ReviewDelay any // seconds, as a text or a number
}

// params are what the deployment of the test stack wrote down.
type params struct {
	Reports string // table of what the emitter was told
	Clerk   string // URL of the queue of the inspector that the tests are themselves
}

// deployed is a stack on AWS.
type deployed struct {
	settings
	params
	aws     aws.Config
	outputs map[string]string
	tables  *dynamodb.Client
	topics  *sns.Client
	queues  *sqs.Client
	until   time.Time
}

func newDeployed(t *testing.T, path string) *deployed {
	t.Helper()
	d := &deployed{outputs: map[string]string{}, until: time.Now().Add(patience)}
	decode(t, path, &d.settings)
	decode(t, "tester/params.json", &d.params)

	var err error
	d.aws, err = config.LoadDefaultConfig(t.Context(), config.WithRegion(d.Region))
	require.NoError(t, err)
	d.tables, d.topics, d.queues = dynamodb.NewFromConfig(d.aws), sns.NewFromConfig(d.aws), sqs.NewFromConfig(d.aws)
	out, err := cloudformation.NewFromConfig(d.aws).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &d.StackName})
	require.NoError(t, err)
	for _, o := range out.Stacks[0].Outputs {
		d.outputs[*o.OutputKey] = *o.OutputValue
	}
	hooks()
	return d
}

func decode(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, v), path)
}

func (d *deployed) publish(t *testing.T, message string) {
	t.Helper()
	_, err := d.topics.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(d.outputs["AlertNotificationArn"]), Message: &message})
	require.NoError(t, err)
}

func (d *deployed) told(t *testing.T, key string) []responder.Report {
	t.Helper()
	out, err := d.tables.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &d.Reports, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("#k = :k"), ExpressionAttributeNames: map[string]string{"#k": "key"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":k": &types.AttributeValueMemberS{Value: key}},
	})
	require.NoError(t, err)
	var list []responder.Report
	for _, item := range out.Items {
		var r responder.Report
		text, _ := item["report"].(*types.AttributeValueMemberS)
		require.NotNil(t, text)
		require.NoError(t, json.Unmarshal([]byte(text.Value), &r))
		list = append(list, r)
	}
	return list
}

func (d *deployed) wait() bool {
	<-time.After(250 * time.Millisecond)
	return time.Now().Before(d.until)
}

// resource is the physical id of a resource of a stack.
func (d *deployed) resource(t *testing.T, stack, logical string) (string, error) {
	t.Helper()
	out, err := cloudformation.NewFromConfig(d.aws).DescribeStackResource(t.Context(), &cloudformation.DescribeStackResourceInput{
		StackName: &stack, LogicalResourceId: &logical,
	})
	if err != nil {
		return "", err
	}
	return *out.StackResourceDetail.PhysicalResourceId, nil
}

// check looks at what else there is to see of a verdict.
func (d *deployed) check(t *testing.T, told responder.Report) {
	store := dynamo.New(d.tables, dynamo.Tables{AlertMap: d.outputs["AlertMapName"], ReportData: d.outputs["ReportDataName"]}, 90*24*time.Hour)
	verdict, ok, err := store.Latest(t.Context(), told.ReportID)
	require.NoError(t, err)
	require.True(t, ok, "the verdict is in the table")
	assert.Equal(t, told.Result.Severity, verdict.Severity)
	assert.Equal(t, told.Seq, 2*verdict.Ver+1)

	if d.WatchlistBucket != "" {
		assert.True(t, inspected(told, "watchlist"), "the watchlist answered: %v", told.Inspections)
	}
	if strings.HasPrefix(d.WebhookUrl, "http://127.0.0.1:") {
		select {
		case header := <-hooks():
			assert.Contains(t, header.Get("Content-Type"), "json")
		case <-time.After(time.Until(d.until)):
			t.Error("the webhook was not called")
		}
	}
}

func inspected(r responder.Report, inspector string) bool {
	for _, i := range r.Inspections {
		if i.Inspector == inspector && (i.Outcome == responder.Found || i.Outcome == responder.Nothing) {
			return true
		}
	}
	return false
}

// hooks is what the emitter webhook sent to an address of this machine, as with a local engine; it listens until
// all tests have ended. Nil where the webhook sends elsewhere, or cannot be listened to.
var hooks = sync.OnceValue(func() chan http.Header {
	var s settings
	text, err := os.ReadFile(os.Getenv("AR_CONFIG"))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return nil
	}
	u, err := url.Parse(s.WebhookUrl)
	if err != nil || !strings.HasPrefix(u.Host, "127.0.0.1:") {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", u.Host)
	if err != nil {
		return nil
	}
	got := make(chan http.Header, 1000)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case got <- r.Header:
		default:
		}
	})}
	go func() { _ = server.Serve(l) }()
	return got
})
