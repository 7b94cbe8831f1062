package onaws

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// An attempt that hangs is ended early enough for another one, and all attempts end with the function's time,
// which the contexts bring.
const (
	attemptTimeout = 8 * time.Second
	maxAttempts    = 4
	maxBackoff     = 2 * time.Second
)

// config is that of all clients, by what Lambda puts into the environment. The SDK's package config looks for
// credentials in files, in single sign-on and on instances as well, and more than doubles the time of a start.
// AWS_ENDPOINT_URL and AWS_CA_BUNDLE are for local engines.
func (s *Setup) config() aws.Config {
	c := aws.Config{
		Region:      s.Text("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(credentials),
		HTTPClient:  s.client(),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = maxAttempts, maxBackoff
			})
		},
	}
	if url := s.Optional("AWS_ENDPOINT_URL"); url != "" {
		c.BaseEndpoint = &url
	}
	return c
}

func credentials(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if !c.HasKeys() {
		return c, fmt.Errorf("environment variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: empty")
	}
	return c, nil
}

func (s *Setup) client() *awshttp.BuildableClient {
	client := awshttp.NewBuildableClient().WithTimeout(attemptTimeout)
	path := s.Optional("AWS_CA_BUNDLE")
	if path == "" {
		return client
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		s.Fault(fmt.Errorf("environment variable AWS_CA_BUNDLE: %w", err))
		return client
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		s.Fault(fmt.Errorf("environment variable AWS_CA_BUNDLE: no certificates in %.200q", path))
	}
	return client.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig.RootCAs = roots })
}
