package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// there answers in turn, and the last answer always.
type there struct {
	answers []func(*http.Request) (*http.Response, error)
	asked   []*http.Request
	bodies  []string
}

// Do implements aws.HTTPClient.
func (s *there) Do(r *http.Request) (*http.Response, error) {
	b, _ := io.ReadAll(r.Body)
	s.asked, s.bodies = append(s.asked, r), append(s.bodies, string(b))
	return s.answers[min(len(s.asked), len(s.answers))-1](r)
}

func says(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func client(region string, answers ...func(*http.Request) (*http.Response, error)) (Client, *there) {
	s := &there{answers: answers}
	return Client{Region: region, Config: aws.Config{HTTPClient: s, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "hush", SessionToken: "token"}, nil
	})}}, s
}

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		region, want, body string
		call               Call
	}{
		{"eu-west-1", "POST https://ec2.eu-west-1.amazonaws.com/ ec2 eu-west-1", "Action=DescribeInstances&InstanceId.1=i-1%26x&Version=2016-11-15", EC2("DescribeInstances", "InstanceId.1", "i-1&x")},
		{"eu-west-1", "POST https://elasticloadbalancing.eu-west-1.amazonaws.com/ elasticloadbalancing eu-west-1", "Action=DescribeTags&Version=2015-12-01", ELB("DescribeTags")},
		{"eu-west-1", "POST https://iam.amazonaws.com/ iam us-east-1", "Action=GetUser&Version=2010-05-08", IAM("GetUser")},
		{"cn-north-1", "POST https://iam.cn-north-1.amazonaws.com.cn/ iam cn-north-1", "Action=GetUser&Version=2010-05-08", IAM("GetUser")},
		{"us-gov-east-1", "POST https://iam.us-gov.amazonaws.com/ iam us-gov-west-1", "Action=GetUser&Version=2010-05-08", IAM("GetUser")},
		{"us-isob-east-1", "POST https://sts.us-isob-east-1.sc2s.sgov.gov/ sts us-isob-east-1", "Action=GetCallerIdentity&Version=2011-06-15", STS("GetCallerIdentity")},
		{"us-east-1", "POST https://cloudtrail.us-east-1.amazonaws.com/ cloudtrail us-east-1", `{"MaxResults":5}`, CloudTrail("LookupEvents", map[string]int{"MaxResults": 5})},
		{"us-east-1", "GET https://s3.us-east-1.amazonaws.com/my.bucket?tagging= s3 us-east-1", "", S3("GetBucketTagging", "my.bucket", "tagging")},
		{"us-east-1", "GET https://s3.us-east-1.amazonaws.com/..%2Fother%3Fx?tagging= s3 us-east-1", "", S3("GetBucketTagging", "../other?x", "tagging")},
		{"us-east-1", "GET https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/f%3A1%2Fx lambda us-east-1", "", Lambda("GetFunction", "2015-03-31", "functions", "f:1/x")},
	} {
		cl, s := client(c.region, says(200, ""))
		require.NoError(t, cl.Do(t.Context(), c.call, nil))
		r := s.asked[0]
		scope := strings.Split(strings.Split(r.Header.Get("Authorization"), "/aws4_request")[0], "/")
		got := r.Method + " " + r.URL.String() + " " + scope[len(scope)-1] + " " + scope[len(scope)-2]
		assert.Equal(t, strings.ReplaceAll(c.want, "f%3A1", "f:1"), strings.ReplaceAll(got, "f%3A1", "f:1"))
		assert.Equal(t, c.body, s.bodies[0])
		assert.Equal(t, "token", r.Header.Get("X-Amz-Security-Token"))
		assert.NotContains(t, strings.Join(r.Header["Authorization"], ""), "hush")
	}
	cl, s := client("eu-west-1", says(200, ""))
	cl.Config.BaseEndpoint = aws.String("http://127.0.0.1:1")
	require.NoError(t, cl.Do(t.Context(), IAM("GetUser"), nil))
	assert.Equal(t, "http://127.0.0.1:1/", s.asked[0].URL.String())
	assert.Equal(t, "iam:GetUser", IAM("GetUser").Name())
}

// Credentials are sent to no other host than one of AWS, whatever a region is called.
func TestRegions(t *testing.T) {
	for _, region := range []string{"", "x", "eu-west-1.evil.example/", "eu-west-1#", "eu-west-1\n", "EU-WEST-1", "eu-west-100", "eu--1", "evil.example", strings.Repeat("a", 999) + "-b-1"} {
		cl, s := client(region, says(200, ""))
		assert.ErrorContains(t, cl.Do(t.Context(), EC2("DescribeVpcs"), nil), "ec2:DescribeVpcs: region ", region)
		assert.Empty(t, s.asked)
	}
	for region, want := range map[string]string{"eu-west-1": "aws", "ap-southeast-5": "aws", "us-gov-west-1": "aws-us-gov", "cn-northwest-1": "aws-cn",
		"us-iso-west-1": "aws-iso", "us-isob-west-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-east-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc"} {
		assert.True(t, IsRegion(region), region)
		assert.Equal(t, want, Partition(region))
	}
}

// The forms of errors are those of the API references of the services ("Common errors", "Error responses").
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		answer func(*http.Request) (*http.Response, error)
		want   string
		denied bool
		none   bool
	}{
		{says(403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>m</Message></Error></Errors></Response>"), "UnauthorizedOperation (status 403)", true, false},
		{says(400, "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code></Error></Errors></Response>"), "InvalidInstanceID.NotFound (status 400)", false, true},
		{says(400, "<Response><Errors><Error><Code>InvalidInstanceID.Malformed</Code></Error></Errors></Response>"), "InvalidInstanceID.Malformed (status 400)", false, true},
		{says(404, "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>"), "NoSuchEntity (status 404)", false, true},
		{says(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"), "AccessDenied (status 403)", true, false},
		{says(403, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"), "ExpiredToken (status 403)", false, false},
		{says(400, `{"__type":"com.amazonaws.cloudtrail.v20131101#InvalidTimeRangeException","message":"m"}`), "InvalidTimeRangeException (status 400)", false, false},
		{says(400, `{"__type":"AccessDeniedException","Message":"m"}`), "AccessDeniedException (status 400)", true, false},
		{says(404, `{"Message":"m"}`, "X-Amzn-ErrorType", "ResourceNotFoundException:http://x/"), "ResourceNotFoundException (status 404)", false, true},
		{says(404, ""), "NotFound (status 404)", false, true},
		{says(403, "<html>\x00 blocked by a proxy"), "Forbidden (status 403)", false, false},
		{says(400, "<Error><Code>a\x1b[2J b\n"+strings.Repeat("c", 999)+"</Code></Error>"), "BadRequest (status 400)", false, false},
	} {
		cl, _ := client("eu-west-1", c.answer)
		err := cl.Do(t.Context(), EC2("X"), nil)
		require.EqualError(t, err, "ec2:X: "+c.want)
		assert.Equal(t, c.denied, Denied(err), c.want)
		assert.Equal(t, c.none, NotFound(err), c.want)
	}
	cl, _ := client("eu-west-1", says(301, "<Error><Code>PermanentRedirect</Code></Error>", "X-Amz-Bucket-Region", "us-west-2"))
	var e *Error
	require.ErrorAs(t, cl.Do(t.Context(), S3("s", "b", "x"), nil), &e)
	assert.Equal(t, "us-west-2", e.Region)
	assert.False(t, Denied(nil) || NotFound(nil) || Denied(io.EOF) || NotFound(io.EOF))
}

func TestAnswers(t *testing.T) {
	var out struct {
		A string `xml:"a" json:"a"`
	}
	cl, _ := client("eu-west-1", says(200, "<r><a>x</a></r>"))
	require.NoError(t, cl.Do(t.Context(), EC2("X"), &out))
	assert.Equal(t, "x", out.A)
	cl, _ = client("eu-west-1", says(200, `{"a":"y"}`))
	require.NoError(t, cl.Do(t.Context(), Lambda("X", "x"), &out))
	assert.Equal(t, "y", out.A)
	for _, body := range []string{"<r><a>", "{", strings.Repeat(" ", maxBody+1)} {
		cl, s := client("eu-west-1", says(200, body))
		err := cl.Do(t.Context(), EC2("X"), &out)
		assert.ErrorContains(t, err, "ec2:X: ")
		assert.Less(t, len(err.Error()), 200)
		assert.Len(t, s.asked, 1)
	}
	cl, _ = client("eu-west-1", says(200, "<r>"+strings.Repeat(" ", maxBody)+"</r>"))
	assert.EqualError(t, cl.Do(t.Context(), EC2("X"), &out), "ec2:X: an answer of more than 8388608 bytes")
	cl.Config.Credentials = nil
	assert.EqualError(t, cl.Do(t.Context(), EC2("X"), nil), "ec2:X: no credentials")
}

// Busy services are asked again, as the SDK does, for as long as there is time.
func TestRetries(t *testing.T) {
	throttled := says(400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>")
	limited := says(503, "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>")
	reset := func(*http.Request) (*http.Response, error) {
		return nil, errors.New("Post \"https://…\": connection reset")
	}
	fine := says(200, "<r/>")
	synctest.Test(t, func(t *testing.T) {
		cl, s := client("eu-west-1", throttled, reset, fine)
		require.NoError(t, cl.Do(t.Context(), EC2("X"), nil))
		assert.Len(t, s.asked, 3)
		assert.Equal(t, s.bodies[0], s.bodies[2])

		cl, s = client("eu-west-1", limited)
		cl.Config.Retryer = func() aws.Retryer { return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = 5 }) }
		assert.EqualError(t, cl.Do(t.Context(), EC2("X"), nil), "ec2:X: RequestLimitExceeded (status 503)")
		assert.Len(t, s.asked, 5)

		cl, s = client("eu-west-1", reset)
		assert.EqualError(t, cl.Do(t.Context(), EC2("X"), nil), "ec2:X: cannot be reached")
		assert.Len(t, s.asked, 3)

		cl, s = client("eu-west-1", throttled)
		cl.Config.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 50
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Minute, nil })
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		begin := time.Now()
		assert.Error(t, cl.Do(ctx, EC2("X"), nil))
		assert.Equal(t, 90*time.Second, time.Since(begin), "it does not outlive its context")
		assert.Len(t, s.asked, 2)

		cl, s = client("eu-west-1", says(403, "<Error><Code>AccessDenied</Code></Error>"))
		assert.Error(t, cl.Do(t.Context(), EC2("X"), nil))
		assert.Len(t, s.asked, 1)
	})
}

func FuzzRefusals(f *testing.F) {
	f.Add([]byte("<Error><Code>AccessDenied</Code></Error>"), 403)
	f.Add([]byte(`{"__type":"a#b:c"}`), 400)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		err := refusal(&http.Response{StatusCode: status, Header: http.Header{}}, body)
		b, _ := json.Marshal(err.Error())
		assert.NotContains(t, string(b), `\u`, "nothing in it controls a terminal")
		assert.Less(t, len(err.Error()), 120)
	})
}
