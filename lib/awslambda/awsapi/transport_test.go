package awsapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/stretchr/testify/assert"
)

// No client takes the session's token elsewhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	here := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here++
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	for name, h := range map[string]aws.HTTPClient{"none": nil, "plain": new(http.Client), "the SDK's": awshttp.NewBuildableClient()} {
		c := Client{Region: "eu-west-1", Config: aws.Config{HTTPClient: h, BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "s", SessionToken: "t"}, nil
			})}}
		assert.Error(t, c.Do(t.Context(), S3("GetBucketTagging", "example", "tagging"), nil), name)
		assert.Error(t, c.Do(t.Context(), IAM("GetUser", "UserName", "alice"), nil), name)
	}
	assert.Equal(t, 6, here)
	assert.Zero(t, elsewhere)
	assert.Same(t, (Client{Config: aws.Config{HTTPClient: shared}}).http(), (Client{Config: aws.Config{HTTPClient: shared}}).http(),
		"connections are used again")
}

var shared = awshttp.NewBuildableClient()
