package onawstest

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/require"
)

// Answer is what AWS answers to a call: a status, and a body in the service's format.
type Answer struct {
	Status int
	Body   string
}

// Plugin has a plugin's function handle events with the environment that the template gives it, on an AWS that answers as
// said, by action, the nth time with the nth answer or the last one; what is not said is done. Then it compares what the
// function called with its role. Bodies are the messages of its queue, one event each.
func Plugin(t *testing.T, template, function string, start func() lambda.Handler, answers map[string][]Answer, bodies ...string) {
	t.Helper()
	cloud := &cloud{answers: answers, made: map[Call]bool{}}
	server := httptest.NewServer(cloud)
	defer server.Close()
	resources := resourcesOf(t, template)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": Region, "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": "/dev/null",
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
	variables, _ := at(resources, function, "Properties", "Environment", "Variables").(map[string]any)
	for name, v := range variables {
		t.Setenv(name, variable(t, resources, v))
	}
	queue, _ := at(resources, function, "Properties", "Events", "Source", "Properties", "Queue", "Fn::GetAtt", 0).(string)
	require.NotEmpty(t, queue, "%s: a queue", function)
	handler := start()
	for _, body := range bodies {
		_, err := handler.Invoke(t.Context(), event(t, queue, body))
		require.NoError(t, err)
	}
	require.NotEmpty(t, cloud.made)
	Allowed(t, template, function, cloud.made)
}

// variable is the value of a variable: what a Ref yields differs by what it is of.
func variable(t *testing.T, resources map[string]any, v any) string {
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
	if name == "RetentionDays" {
		return "90"
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
		"attributes":  map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": "1772600000000"},
		"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:" + Region + ":" + Account + ":" + queue, "awsRegion": Region,
	}}})
	require.NoError(t, err)
	return text
}

// cloud is an AWS that notes what it is asked.
type cloud struct {
	answers map[string][]Answer
	mu      sync.Mutex
	made    map[Call]bool
	asked   map[string]int
}

// ServeHTTP implements http.Handler.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := callOf(r, body)
	c.mu.Lock()
	c.made[call] = true
	if c.asked == nil {
		c.asked = map[string]int{}
	}
	n := c.asked[call.Action]
	c.asked[call.Action]++
	c.mu.Unlock()
	a := Answer{Status: http.StatusOK, Body: usual(call.Action, body)}
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
func usual(action string, body []byte) string {
	if action != "sqs:SendMessage" {
		return "{}"
	}
	var in struct{ MessageBody string }
	_ = json.Unmarshal(body, &in) // the client checks the sum
	sum := md5.Sum([]byte(in.MessageBody))
	return `{"MessageId":"m","MD5OfMessageBody":"` + hex.EncodeToString(sum[:]) + `"}`
}

// services are how the services that have JSON protocols are called in a request, and in IAM.
var services = map[string]string{
	"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager", "AmazonSSM": "ssm",
}

// callOf reads what a request asks for.
func callOf(r *http.Request, body []byte) Call {
	target, operation, json := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if json {
		return Call{Action: services[target] + ":" + operation, Resource: resourceOf(body)}
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if key := strings.TrimSuffix(path, "/"); !strings.Contains(key, "/") && r.URL.Query().Get("list-type") == "2" {
		return Call{"s3:ListBucket", "arn:aws:s3:::" + key, r.URL.Query().Get("prefix")}
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return Call{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + path}
	}
	return Call{Action: fmt.Sprint("unknown: ", r.Method, " ", r.URL.Path)}
}

func resourceOf(body []byte) string {
	var in struct {
		QueueUrl, TableName, SecretId, Path string
		IndexName                           *string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return err.Error()
	}
	return in.QueueUrl[strings.LastIndex(in.QueueUrl, "/")+1:] + in.TableName + Index(in.IndexName) + in.SecretId + in.Path
}

// Index is what the index of a table adds to what a call is about: IAM knows it as a resource of its own.
func Index(name *string) string {
	if name == nil {
		return ""
	}
	return "/index/" + *name
}
