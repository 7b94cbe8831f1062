package awsapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seen keeps the request.
type seen struct{ *http.Request }

// Do implements aws.HTTPClient.
func (s *seen) Do(r *http.Request) (*http.Response, error) {
	s.Request = r
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<r/>")), Request: r}, nil
}

// Where calls about identities and buckets go, and what S3 must refuse (Amazon S3 API Reference, GetBucketAcl, on
// x-amz-expected-bucket-owner; "Amazon S3 Control", GetPublicAccessBlock, on x-amz-account-id).
func TestCallsOfOneOwner(t *testing.T) {
	for name, c := range map[string]struct {
		call        Call
		region, url string
		header      string
	}{
		"s3:GetBucketAcl":                {S3("GetBucketAcl", "logs", "acl").OwnedBy("111122223333"), "eu-west-1", "https://s3.eu-west-1.amazonaws.com/logs?acl=", "X-Amz-Expected-Bucket-Owner"},
		"s3:GetAccountPublicAccessBlock": {AccountBlock("111122223333"), "eu-west-1", "https://111122223333.s3-control.eu-west-1.amazonaws.com/v20180820/configuration/publicAccessBlock", "X-Amz-Account-Id"},
		"s3:ListAllMyBuckets":            {Buckets("logs"), "cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/?max-buckets=10&prefix=logs", ""},
		"tag:GetResources":               {Tagging("GetResources", struct{}{}), "us-gov-west-1", "https://tagging.us-gov-west-1.amazonaws.com/", ""},
	} {
		s := &seen{}
		config := aws.Config{HTTPClient: s, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"}, nil
		})}
		_ = Client{Config: config, Region: c.region}.Do(t.Context(), c.call, nil)
		require.NotNil(t, s.Request, name)
		assert.Equal(t, name, c.call.Name())
		assert.Equal(t, c.url, s.URL.String())
		for _, header := range []string{"X-Amz-Expected-Bucket-Owner", "X-Amz-Account-Id"} {
			assert.Equal(t, header == c.header, s.Header.Get(header) == "111122223333", name)
		}
		if c.header != "" {
			assert.Contains(t, s.Header.Get("Authorization"), strings.ToLower(c.header), "it is signed")
		}
	}
	assert.Equal(t, "us-east-1", Global("eu-west-1"))
	assert.Equal(t, "cn-north-1", Global("cn-northwest-1"))
}
