package awscontext

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	ownAccount   = "111111111111"
	otherAccount = "222222222222"
	otherRole    = "arn:aws:iam::222222222222:role/security/look"
)

// request is a request as the fake AWS gets it.
type request struct {
	action  string // ec2:DescribeInstances; of REST services s3:GET and lambda:GET
	params  url.Values
	path    string // with the query, of REST services
	body    string // of JSON services
	region  string // that it is signed for
	account string // whose credentials sign it
	owner   string // that a bucket has to be of
}

// reply is what the fake AWS says; the zero reply is an empty one.
type reply struct {
	status int
	body   string
	header http.Header
}

// fakeAWS is AWS as its API references describe it. What a test says nothing of is denied, as by a role that has too little.
type fakeAWS struct {
	t       *testing.T
	mu      sync.Mutex
	answers map[string]func(request) reply
	calls   []string
	busy    int // that many calls are throttled first
}

func newFake(t *testing.T) *fakeAWS {
	f := &fakeAWS{t: t, answers: map[string]func(request) reply{}}
	f.on("sts:GetCallerIdentity", func(request) reply {
		return reply{body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>` + ownAccount + `</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`}
	})
	return f
}

func (f *fakeAWS) on(action string, g func(request) reply) { f.answers[action] = g }

// says answers an action with the same body always.
func (f *fakeAWS) says(action, body string) {
	f.on(action, func(request) reply { return reply{body: body} })
}

// refuses answers an action with an error in the form of its service.
func (f *fakeAWS) refuses(action string, status int, code string) {
	f.on(action, func(request) reply { return refused(action, status, code) })
}

func refused(action string, status int, code string) reply {
	switch service, _, _ := strings.Cut(action, ":"); service {
	case "ec2": // "Error responses" in the Amazon EC2 API Reference
		return reply{status: status, body: "<Response><Errors><Error><Code>" + code + "</Code><Message>secret words</Message></Error></Errors><RequestID>r</RequestID></Response>"}
	case "s3": // "Error responses" in the Amazon S3 API Reference
		return reply{status: status, body: "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>secret words</Message></Error>"}
	case "cloudtrail":
		return reply{status: status, body: `{"__type":"com.amazonaws.cloudtrail.v20131101#` + code + `","message":"secret words"}`}
	case "lambda":
		return reply{status: status, header: http.Header{"X-Amzn-Errortype": {code + ":http://internal.example/"}}, body: `{"Message":"secret words"}`}
	}
	return reply{status: status, body: "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>secret words</Message></Error></ErrorResponse>"}
}

var scope = regexp.MustCompile(`Credential=([^/]+)/[0-9]{8}/([^/]+)/([^/]+)/aws4_request`)

// Do implements aws.HTTPClient.
func (f *fakeAWS) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return nil, fmt.Errorf("a request that is not signed: %s", r.URL)
	}
	q := request{path: r.URL.RequestURI(), body: string(body), region: m[2], account: m[1], owner: r.Header.Get("X-Amz-Expected-Bucket-Owner")}
	q.params, _ = url.ParseQuery(string(body))
	_, target, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".CloudTrail_20131101.")
	switch {
	case ok:
		q.action = m[3] + ":" + target
	case q.params.Has("Action"):
		q.action = m[3] + ":" + q.params.Get("Action")
	default:
		q.action = m[3] + ":" + r.Method
	}
	a := f.reply(q)
	if a.header == nil {
		a.header = http.Header{}
	}
	return &http.Response{StatusCode: max(a.status, 200), Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, r.Context().Err()
}

func (f *fakeAWS) reply(q request) reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, q.action)
	if f.busy > 0 {
		f.busy--
		return refused(q.action, 400, map[bool]string{true: "RequestLimitExceeded", false: "Throttling"}[strings.HasPrefix(q.action, "ec2:")])
	}
	if g := f.answers[q.action]; g != nil {
		return g(q)
	}
	return refused(q.action, 403, map[bool]string{true: "UnauthorizedOperation", false: "AccessDenied"}[strings.HasPrefix(q.action, "ec2:")])
}

// config is the one of the function.
func (f *fakeAWS) config(context.Context) (aws.Config, error) {
	return aws.Config{Region: "eu-west-1", HTTPClient: f, Retryer: impatient,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: ownAccount, SecretAccessKey: "secret"}, nil
		})}, nil
}

func impatient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 3
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// assumable lets the role of the other account be assumed.
func (f *fakeAWS) assumable() {
	f.on("sts:AssumeRole", func(q request) reply {
		assert.Equal(f.t, otherRole, q.params.Get("RoleArn"))
		return reply{body: `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>` + otherAccount + `</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
			<SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`}
	})
}

// inspector is one that sees the fake.
func (f *fakeAWS) inspector(roles ...string) responder.Inspector {
	i, err := New(Options{Config: f.config, Roles: roles})
	require.NoError(f.t, err)
	return i
}

// ask inspects one attribute of an alert of an account and region.
func (f *fakeAWS) ask(i responder.Inspector, kind, value, account, region string) responder.Page {
	page, err := f.try(i, kind, value, account, region)
	require.NoError(f.t, err)
	return page
}

func (f *fakeAWS) try(i responder.Inspector, kind, value, account, region string) (responder.Page, error) {
	return i.Inspect(f.t.Context(), responder.Task{ReportID: "A-1", Attribute: responder.Attribute{Type: kind, Value: value},
		Alert: responder.Alert{Account: account, Region: region}})
}
