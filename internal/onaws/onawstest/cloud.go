package onawstest

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/require"
)

// Answer is what AWS answers to a call: a status, and a body in the service's format.
type Answer struct {
	Status int
	Body   string
}

// Work is a start of a function, the messages that it gets, one event each, and how AWS answers: by action, the nth time with
// the nth answer or the last one. What is not said is done.
type Work struct {
	Variables map[string]string // beside what the template says
	Answers   map[string][]Answer
	Bodies    []string
	NoTime    bool   // is left to handle them
	Also      []Call // that the function makes in other cases
}

// Role has a function start as it does on Lambda, with the environment that the template gives it, and work. Then it
// compares what the function called with its role.
func Role(t *testing.T, template, function string, start func() lambda.Handler, works ...Work) {
	t.Helper()
	made := map[Call]bool{}
	for _, w := range works {
		w.run(t, template, function, start, made)
	}
	require.NotEmpty(t, made)
	for _, w := range works {
		for _, c := range w.Also {
			made[c] = true
		}
	}
	Allowed(t, template, function, made)
}

func (w Work) run(t *testing.T, template, function string, start func() lambda.Handler, made map[Call]bool) {
	t.Helper()
	resources := resourcesOf(t, template)
	handler := w.started(t, resources, function, start, &cloud{answers: w.Answers, made: made})
	for _, body := range w.Bodies {
		_, err := handler.Invoke(w.context(t), event(t, ownOf(t, resources, function).queue, body))
		require.NoError(t, err)
	}
}

// aws is where the functions of this process find AWS: they keep the clients that they made.
var aws = sync.OnceValue(func() *place {
	p := &place{}
	p.Server = httptest.NewServer(p)
	return p
})

// place is an address at which there is one AWS after the other.
type place struct {
	*httptest.Server
	now atomic.Pointer[cloud]
}

// ServeHTTP implements http.Handler.
func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.now.Load().ServeHTTP(w, r) }

// started is the handler of a function that starts with the environment that the template gives it, in this AWS.
func (w Work) started(t *testing.T, resources map[string]any, function string, start func() lambda.Handler, c *cloud) lambda.Handler {
	t.Helper()
	c.asked = map[string]int{}
	server := aws()
	server.now.Store(c)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": Region, "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": "/dev/null",
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
	variables, _ := at(resources, function, "Properties", "Environment", "Variables").(map[string]any)
	for name, v := range variables {
		t.Setenv(name, variable(t, resources, name, v))
	}
	for name, value := range w.Variables {
		require.Contains(t, variables, name)
		t.Setenv(name, value)
	}
	return start()
}

func (w Work) context(t *testing.T) context.Context {
	if w.NoTime {
		return &hurried{Context: t.Context()}
	}
	return t.Context()
}

// hurried is over for who asks first how long it lasts: that is the function's host, which keeps the end of its time for
// messages that it could not begin.
type hurried struct {
	context.Context
	asked bool
}

// Deadline implements context.Context.
func (h *hurried) Deadline() (time.Time, bool) {
	if h.asked {
		return h.Context.Deadline()
	}
	h.asked = true
	return time.Now(), true
}

// variable is the value of a variable: what a Ref yields differs by what it is of.
func variable(t *testing.T, resources map[string]any, variable string, v any) string {
	t.Helper()
	name, _ := at(v, "Ref").(string)
	switch at(resources, name, "Type") {
	case "AWS::SQS::Queue":
		return "https://sqs." + Region + ".amazonaws.com/" + Account + "/" + name
	case "AWS::SNS::Topic":
		return "arn:aws:sns:" + Region + ":" + Account + ":" + name
	case "AWS::DynamoDB::Table":
		return name
	}
	if value, ok := values[variable]; ok {
		return value
	}
	if m, ok := at(v, "Fn::FindInMap").([]any); ok {
		require.Equal(t, "Types", m[2])
		return "*"
	}
	if _, ok := at(v, "Fn::Join").([]any); ok {
		return "*"
	}
	return text(t, v)
}

// event is what Lambda hands to a function for one message.
func event(t *testing.T, queue, body string) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"messageId": "00000000-0000-4000-8000-000000000001", "receiptHandle": "handle", "body": body,
		"attributes":  map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": strconv.FormatInt(time.Now().UnixMilli(), 10)},
		"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:" + Region + ":" + Account + ":" + queue, "awsRegion": Region,
	}}})
	require.NoError(t, err)
	return text
}

// cloud is an AWS that notes what it is asked.
type cloud struct {
	answers map[string][]Answer
	spoil   func(n int) Fault // what goes wrong with the nth call, from 0; nil: nothing does
	mu      sync.Mutex
	made    map[Call]bool
	asked   map[string]int
	told    []told
}

// ServeHTTP implements http.Handler.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := callOf(r, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.goesThrough(w, call, body) {
		return
	}
	c.made[call] = true
	n := c.asked[call.Action]
	c.asked[call.Action]++
	a := Answer{Status: http.StatusOK, Body: usual(call, body)}
	if said := c.answers[call.Action]; len(said) > 0 {
		a = said[min(n, len(said)-1)]
	}
	if !strings.HasPrefix(call.Action, "s3:") {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	}
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

// usual is what AWS answers to what just has to be done.
func usual(call Call, body []byte) string {
	switch call.Action {
	case "sns:Publish":
		return "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
	case "sqs:SendMessage":
		var in struct{ MessageBody string }
		_ = json.Unmarshal(body, &in) // the client checks the sum
		sum := md5.Sum([]byte(in.MessageBody))
		return `{"MessageId":"m","MD5OfMessageBody":"` + hex.EncodeToString(sum[:]) + `"}`
	}
	return "{}"
}

// services are how the services that have JSON protocols are called in a request, and in IAM.
var services = map[string]string{
	"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager", "AmazonSSM": "ssm",
}

// callOf reads what a request asks for.
func callOf(r *http.Request, body []byte) Call {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		service, _, _ := strings.Cut(target, ".")
		return Call{Action: cmp.Or(services[service], signedFor(r)) + ":" + last(target, "."), Resource: resourceOf(body)}
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if form, err := url.ParseQuery(string(body)); err == nil && looksIntoAccounts(signedFor(r)+":"+form.Get("Action")) {
		return Call{Action: signedFor(r) + ":" + form.Get("Action")}
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == "Publish" {
		return Call{Action: "sns:Publish", Resource: last(form.Get("TopicArn"), ":") + form.Get("TargetArn") + form.Get("PhoneNumber")}
	}
	if action := findings[signedFor(r)+" "+r.Method+" "+last("/"+path, "/")]; action != "" {
		return Call{Action: action, Resource: "*"}
	}
	if name, ok := strings.CutSuffix(strings.TrimPrefix(path, "2015-03-31/functions/"), "/invocations"); ok {
		return Call{Action: "lambda:InvokeFunction", Resource: name}
	}
	if key := strings.TrimSuffix(path, "/"); !strings.Contains(key, "/") && r.URL.Query().Get("list-type") == "2" {
		return Call{"s3:ListBucket", "arn:aws:s3:::" + key, r.URL.Query().Get("prefix")}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return Call{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + path}
	}
	return Call{Action: fmt.Sprint("unknown: ", r.Method, " ", r.URL.Path)}
}

// findings are the actions of the services that have findings, by the method and the end of the path (API References of AWS
// Security Hub and Amazon GuardDuty).
var findings = map[string]string{
	"securityhub POST findings": "securityhub:GetFindings", "securityhub PATCH batchupdate": "securityhub:BatchUpdateFindings",
	"guardduty POST get": "guardduty:GetFindings", "guardduty POST archive": "guardduty:ArchiveFindings",
	"guardduty POST unarchive": "guardduty:UnarchiveFindings", "guardduty GET detector": "guardduty:ListDetectors",
}

// signedFor is the service that a request is signed for (AWS General Reference, "Signature Version 4", credential scope).
func signedFor(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}

func looksIntoAccounts(action string) bool {
	_, known := readings[action]
	return known || action == "sts:AssumeRole"
}

func resourceOf(body []byte) string {
	var in struct {
		QueueUrl, TableName, SecretId, Path string
		IndexName                           *string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return err.Error()
	}
	return last(in.QueueUrl, "/") + in.TableName + Index(in.IndexName) + in.SecretId + in.Path
}

func last(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }

// Index is what the index of a table adds to what a call is about: IAM knows it as a resource of its own.
func Index(name *string) string {
	if name == nil {
		return ""
	}
	return "/index/" + *name
}
