package s3

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/mapping"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// answer is one of S3, in turn.
type answer struct {
	status int
	body   string
	header map[string]string
}

// bucket is a server that gives answers, the last one again and again, and notes what it is asked.
func bucket(t *testing.T, answers ...answer) (c aws.Config, asked *[]*http.Request) {
	t.Helper()
	asked = &[]*http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := answers[min(len(*asked), len(answers)-1)]
		*asked = append(*asked, r)
		for name, value := range a.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	c = config("eu-west-1")
	c.BaseEndpoint = &server.URL
	return c, asked
}

func config(region string) aws.Config {
	return aws.Config{
		Region: region, HTTPClient: http.DefaultClient, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "example", "token"),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

func TestFetch(t *testing.T) {
	c, asked := bucket(t, answer{200, "version: 1", map[string]string{"ETag": `"1"`}}, answer{status: 304})
	s := Source(c, "own", "a dir/mäppings+1.yml")
	text, version, err := s.Fetch(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []string{"version: 1", `"1"`}, []string{string(text), version})
	_, _, err = s.Fetch(t.Context(), version)
	require.ErrorIs(t, err, mapping.ErrUnchanged)
	first, second := (*asked)[0], (*asked)[1]
	assert.Equal(t, "/own/a%20dir/m%C3%A4ppings%2B1.yml", first.URL.EscapedPath())
	assert.Empty(t, first.Header.Get("If-None-Match"))
	assert.Equal(t, `"1"`, second.Header.Get("If-None-Match"))
	assert.Contains(t, first.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
	assert.Equal(t, "token", first.Header.Get("X-Amz-Security-Token"))
}

// The request goes where the SDK's own client sends it, and is signed the same.
func TestAsTheSDKAsks(t *testing.T) {
	for _, c := range []struct{ region, bucket, key string }{
		{"eu-west-1", "own", "mappings.yml"}, {"us-east-1", "own", "a dir/mäppings+1$&'().yml"}, {"cn-north-1", "own", "a"}, {"us-gov-west-1", "own.b", "a//b"},
	} {
		var theirs *http.Request
		client := sdk.NewFromConfig(config(c.region), func(o *sdk.Options) {
			o.HTTPClient = doer(func(r *http.Request) { theirs = r })
		})
		_, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: &c.bucket, Key: &c.key})
		require.Error(t, err)
		ours, err := Source(config(c.region), c.bucket, c.key).(*source).request(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, theirs.URL.Host+strings.TrimSuffix(theirs.URL.EscapedPath(), "?"), ours.URL.Host+ours.URL.EscapedPath())
		scope := func(r *http.Request) string {
			_, after, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
			scope, _, _ := strings.Cut(after, ",")
			return scope
		}
		assert.Equal(t, scope(theirs), scope(ours))
	}
}

type doer func(*http.Request)

func (d doer) Do(r *http.Request) (*http.Response, error) {
	d(r)
	return nil, fmt.Errorf("noted")
}

func TestRefusals(t *testing.T) {
	body := func(code string) string {
		return "<?xml?><Error><Code>" + code + "</Code><Message>secret</Message></Error>"
	}
	for _, c := range []struct {
		answers   []answer
		want      string
		permanent bool
		asked     int
	}{
		{[]answer{{status: 404, body: body("NoSuchKey")}}, `bucket own, object "k": 404 NoSuchKey`, true, 1},
		{[]answer{{status: 403, body: body("AccessDenied")}}, "403 AccessDenied", true, 1},
		{[]answer{{301, body("PermanentRedirect"), map[string]string{"X-Amz-Bucket-Region": "us-east-1"}}}, `the bucket is in "us-east-1"`, true, 1},
		{[]answer{{status: 503, body: body("SlowDown")}}, "503 SlowDown", false, 3},
		{[]answer{{status: 500}, {status: 429}, {200, "x", nil}}, "", false, 3},
	} {
		conf, asked := bucket(t, c.answers...)
		_, _, err := Source(conf, "own", "k").Fetch(t.Context(), "")
		assert.Len(t, *asked, c.asked, c.want)
		if c.want == "" {
			assert.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want)
		assert.NotContains(t, err.Error(), "secret")
		assert.Equal(t, c.permanent, responder.IsPermanent(err), c.want)
	}
}

func TestALargeObject(t *testing.T) {
	c, _ := bucket(t, answer{status: 200, body: strings.Repeat("#", 4*mapping.MaxFile)})
	text, _, err := Source(c, "own", "k").Fetch(t.Context(), "")
	require.NoError(t, err)
	assert.Len(t, text, mapping.MaxFile+1)
}
