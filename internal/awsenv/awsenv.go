// Package awsenv is the configuration of the clients of AWS in a function.
//
// in → out: what Lambda puts into the environment → the configuration of all clients. The SDK's package config looks for
// credentials in files, in single sign-on and on instances as well, and adds a third to the time of a start.
package awsenv

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
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

// Config reads the environment; the error names all variables that are at fault. AWS_MAX_ATTEMPTS is 1 to 10, 4 without
// it. AWS_ENDPOINT_URL and AWS_CA_BUNDLE are for local engines.
func Config() (aws.Config, error) {
	attempts, err1 := maximum()
	client, err2 := transport()
	c := aws.Config{
		Region:      get("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(credentials),
		HTTPClient:  client,
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, maxBackoff
			})
		},
	}
	if url := get("AWS_ENDPOINT_URL"); url != "" {
		c.BaseEndpoint = &url
	}
	var err3 error
	if c.Region == "" {
		err3 = errors.New("environment variable AWS_REGION: empty")
	}
	return c, errors.Join(err3, err1, err2)
}

func get(name string) string { return strings.TrimSpace(os.Getenv(name)) }

func maximum() (int, error) {
	text := get("AWS_MAX_ATTEMPTS")
	if text == "" {
		return maxAttempts, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 10 {
		return 0, fmt.Errorf("environment variable AWS_MAX_ATTEMPTS: %.40q, expected 1 to 10", text)
	}
	return n, nil
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

func transport() (*awshttp.BuildableClient, error) {
	client := awshttp.NewBuildableClient().WithTimeout(attemptTimeout)
	path := get("AWS_CA_BUNDLE")
	if path == "" {
		return client, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return client, fmt.Errorf("environment variable AWS_CA_BUNDLE: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return client, fmt.Errorf("environment variable AWS_CA_BUNDLE: no certificates in %.200q", path)
	}
	return client.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig.RootCAs = roots }), nil
}
