// Package enginetest gives tests a local engine of AWS to talk to, and makes it as bad as a service may be.
//
// in → out: the variable with an engine's address → the configuration of its clients; an attempt of a call →
// the same attempt, or what Faults wants instead.
package enginetest

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"
)

// Attempts is how often a client tries, as the functions have it.
const Attempts = 4

// Config is the configuration of clients of the engine whose URL is in an environment variable, and its CA
// bundle in AWS_CA_BUNDLE. Without a URL the test is skipped. Clients try again at once.
func Config(t testing.TB, variable string) aws.Config {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		t.Skip(variable + " is not set")
	}
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("us-east-1"), config.WithBaseEndpoint(url),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(plain)),
		config.WithRetryer(patient))
	require.NoError(t, err)
	return cfg
}

// plain keeps to HTTP/1.1, as DynamoDB, SNS and SQS do. MiniStack offers HTTP/2, and after some thousand calls on
// one connection an answer does not come until it is closed, 75 s later.
func plain(t *http.Transport) {
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	t.MaxIdleConnsPerHost = 64 // a race has 50 callers, and a new connection costs a handshake
}

func patient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.RateLimiter = Attempts, ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}
