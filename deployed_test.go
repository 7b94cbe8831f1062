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
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// patience is how long a deployed pipeline may take: cold starts, and a minute until a new inspector is awaited.
const patience = 3 * time.Minute

// settings are what the tests need of config.json.
type settings struct {
	StackName, Region, WatchlistBucket, WebhookUrl string
}

// deployed is a stack on AWS.
type deployed struct {
	settings
	outputs map[string]string
	reports string // table of the test stack
	tables  *dynamodb.Client
	topics  *sns.Client
	until   time.Time
	hooks   chan http.Header
}

func newDeployed(t *testing.T, path string) *deployed {
	t.Helper()
	d := &deployed{outputs: map[string]string{}, until: time.Now().Add(patience)}
	decode(t, path, &d.settings)
	var params struct{ Reports string }
	decode(t, "tester/params.json", &params)
	d.reports = params.Reports

	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(d.Region))
	require.NoError(t, err)
	d.tables, d.topics = dynamodb.NewFromConfig(cfg), sns.NewFromConfig(cfg)
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &d.StackName})
	require.NoError(t, err)
	for _, o := range out.Stacks[0].Outputs {
		d.outputs[*o.OutputKey] = *o.OutputValue
	}
	d.listen(t)
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
		TableName: &d.reports, ConsistentRead: aws.Bool(true),
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
	if d.hooks != nil {
		select {
		case header := <-d.hooks:
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

// listen takes what the emitter webhook sends where it sends to this machine, as on a local engine.
func (d *deployed) listen(t *testing.T) {
	u, err := url.Parse(d.WebhookUrl)
	if err != nil || !strings.HasPrefix(u.Host, "127.0.0.1:") {
		return
	}
	d.hooks = make(chan http.Header, 100)
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", u.Host)
	require.NoError(t, err)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case d.hooks <- r.Header:
		default:
		}
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
}
