package inprocess

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	pluginsdynamo "github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/policy"
	"github.com/m-mizutani/AlertResponder/internal/policy/remote"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	registryssm "github.com/m-mizutani/AlertResponder/internal/registry/ssm"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// engine has the pipeline run on the drivers of AWS, with the SDK's clients. DynamoDB is the engine at
// DYNAMODB_ENDPOINT, where each world has incidents of its own; what is asked of SNS, SQS, the Parameter Store and Lambda
// is answered in the client's middleware, by the world's bus, its list of inspectors and its policy.
type engine struct {
	config  aws.Config
	calm    *dynamodb.Client
	core    dynamo.Tables
	plugins string
	made    madeCalls
	worlds  atomic.Int64
}

// newEngine skips the test where there is no engine.
func newEngine(t *testing.T) *engine {
	t.Helper()
	e := &engine{calm: dynamotest.Client(t)}
	e.core, e.plugins = dynamotest.Core(t, e.calm), dynamotest.Plugin(t, e.calm)
	e.config = aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(os.Getenv("DYNAMODB_ENDPOINT")),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.RateLimiter = attempts, ratelimit.None
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
	return e
}

// attempts is how often a client tries, as onaws has it.
const attempts = 4

// play runs a scenario on the engine.
func (e *engine) play(ctx context.Context, s scenario, plan schedule) *world {
	return run(ctx, e.begin(s, plan))
}

// The wiring is that of package onaws and lib/awslambda; which variable says what is tested there.
func (e *engine) begin(s scenario, plan schedule) *world {
	w := &world{scenario: s, on: e, salt: fmt.Sprintf(" of world %d at %d", e.worlds.Add(1), os.Getpid())}
	c := w.clientConfig()
	table := func(o *dynamodb.Options) { o.DisableValidateResponseChecksum = true }
	db, queues := dynamodb.NewFromConfig(c, table), sqs.NewFromConfig(c)
	retention := Defaults.Retention
	w.under = under{dynamo.New(e.calm, e.core, retention), pluginsdynamo.New(e.calm, e.plugins)}
	w.start(plan, Wrap{
		Store: func(store.Store) store.Store {
			lean := dynamo.New(db, e.core, retention).Lean(func() dynamo.Reducer { return record.Lean() })
			return seenStore{w, lean}
		},
		Bus:        func(bus.Bus) bus.Bus { return seenBus{w, awsbus.New(sns.NewFromConfig(c), queues, sendsTo())} },
		Receipts:   func(plugindata.Receipts) plugindata.Receipts { return pluginsdynamo.New(db, e.plugins) },
		Postpone:   func(host.Postponer) host.Postponer { return visibility.Postponer{Client: queues} },
		Inspectors: func(handout.Inspectors) handout.Inspectors { return w.lists(ssm.NewFromConfig(c)) },
		Handler:    w.wrap,
	})
	w.step = w.p.bus.Step
	return w
}

func (w *world) clientConfig() aws.Config {
	c := w.on.config.Copy()
	c.APIOptions = append(slices.Clone(c.APIOptions), w.spoil)
	return c
}

func sendsTo() awsbus.Names {
	n := awsbus.Names{Topics: map[string]string{}, Queues: map[string]string{}}
	for _, t := range []string{bus.TaskNotification, bus.ReportNotification} {
		n.Topics[t] = membus.TopicARN(t)
	}
	for _, q := range []string{bus.AlertQueue, bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue} {
		n.Queues[q] = "https://sqs.local.amazonaws.com/000000000000/" + q
	}
	return n
}

const inspectorsPath = "/alertresponder/stack/inspectors"

// lists gives each function a list of its own, kept for a minute as it does.
func (w *world) lists(client *ssm.Client) handout.Inspectors {
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	now := func() time.Time { return w.p.Now() }
	list := func() *registry.Cached { return registryssm.New(client, inspectorsPath, now, log) }
	return listsOf{w, map[string]*registry.Cached{bus.AlertQueue: list(), bus.SubmissionQueue: list()}}
}

type listsOf struct {
	*world
	lists map[string]*registry.Cached
}

func (l listsOf) Inspectors(ctx context.Context) ([]registry.Inspector, error) {
	return l.lists[l.top().queue].Inspectors(ctx)
}

// judge is a reviewer of one's own: on the engine a function that is invoked.
func (w *world) judge() responder.Reviewer {
	if w.on == nil {
		return policy.Strongest{}
	}
	return remote.New(lambda.NewFromConfig(w.clientConfig()), "arn:aws:lambda:eu-west-1:123456789012:function:judge")
}

// reach answers a call in the place of the service; false where the engine answers itself.
func (w *world) reach(ctx context.Context, input any) (any, bool, error) {
	switch in := input.(type) {
	case *sns.PublishInput:
		topic := last(*in.TopicArn, ":")
		m := bus.Message{Body: *in.Message, Attributes: topicAttributes(in.MessageAttributes)}
		err := w.p.bus.Publish(ctx, topic, m)
		if err == nil {
			w.told(topic, m)
		}
		return &sns.PublishOutput{MessageId: aws.String("m")}, true, err
	case *sqs.SendMessageInput:
		m := bus.Message{Body: *in.MessageBody, Attributes: queueAttributes(in.MessageAttributes)}
		sum := md5.Sum([]byte(m.Body))
		err := w.p.bus.Send(ctx, last(*in.QueueUrl, "/"), m, time.Duration(in.DelaySeconds)*time.Second)
		return &sqs.SendMessageOutput{MD5OfMessageBody: aws.String(hex.EncodeToString(sum[:]))}, true, err
	case *sqs.ChangeMessageVisibilityInput:
		err := w.p.bus.Postpone(ctx, membus.QueueARN(last(*in.QueueUrl, "/")), *in.ReceiptHandle, time.Duration(in.VisibilityTimeout)*time.Second)
		return &sqs.ChangeMessageVisibilityOutput{}, true, err
	case *ssm.GetParametersByPathInput:
		return w.parameters(*in.Path), true, nil
	case *lambda.InvokeInput:
		return w.invoked(ctx, in.Payload)
	}
	return nil, false, nil
}

func last(s, sep string) string { return s[strings.LastIndex(s, sep)+1:] }

func topicAttributes(of map[string]snstypes.MessageAttributeValue) (list []bus.Attribute) {
	for name, v := range of {
		list = append(list, attributeOf(name, *v.DataType, *v.StringValue))
	}
	return list
}

func queueAttributes(of map[string]sqstypes.MessageAttributeValue) (list []bus.Attribute) {
	for name, v := range of {
		list = append(list, attributeOf(name, *v.DataType, *v.StringValue))
	}
	return list
}

func attributeOf(name, kind, text string) bus.Attribute {
	a := bus.Attribute{Name: name, Value: text}
	if kind == "String.Array" {
		if err := json.Unmarshal([]byte(text), &a.List); err != nil {
			panic(err)
		}
	}
	return a
}

func (w *world) parameters(path string) *ssm.GetParametersByPathOutput {
	out := &ssm.GetParametersByPathOutput{}
	for _, i := range w.inspectors {
		if !i.unlisted {
			out.Parameters = append(out.Parameters, ssmtypes.Parameter{
				Name: aws.String(path + "/" + i.id), Value: aws.String(strings.Join(i.types, ",")),
			})
		}
	}
	return out
}

// invoked is the function of a reviewer of one's own.
func (w *world) invoked(ctx context.Context, payload []byte) (any, bool, error) {
	var r responder.Report
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, true, err
	}
	result, err := policy.Strongest{}.Review(ctx, r)
	if err != nil {
		return nil, true, err
	}
	answer, err := json.Marshal(result)
	return &lambda.InvokeOutput{StatusCode: http.StatusOK, Payload: answer}, true, err
}
