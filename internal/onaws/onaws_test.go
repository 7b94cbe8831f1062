package onaws_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

// region is the least that Lambda's environment has.
func region(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
}

// fine is a handler that has nothing to say.
type fine struct{}

func (fine) Invoke(context.Context, []byte) ([]byte, error) { return []byte("fine"), nil }

// start puts together a stage of some parts, and returns its ports and what an invocation fails with.
func start(t *testing.T, parts ...onaws.Part) (ports pipeline.Ports, err error) {
	h := onaws.Stage(func(p pipeline.Ports) host.Handler { ports = p; return fine{} }, parts...)
	_, err = h.Invoke(t.Context(), nil)
	return ports, err
}

func TestStageIsWiredOnce(t *testing.T) {
	region(t)
	wired, picked := 0, 0
	var h lambda.Handler = onaws.Stage(func(pipeline.Ports) host.Handler { picked++; return fine{} }, func(s *onaws.Setup) {
		s.Wire(func(c aws.Config, _ *pipeline.Ports) { wired++ })
	})
	for range 3 {
		answer, err := h.Invoke(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, "fine", string(answer))
	}
	assert.Equal(t, []int{1, 1}, []int{wired, picked})
}

func TestStageTellsAllFaultsAndWiresNothing(t *testing.T) {
	region(t)
	t.Setenv("AWS_REGION", "")
	_, err := start(t, func(s *onaws.Setup) {
		s.Text("ONE_THAT_IS_NOT_THERE")
		s.Wire(func(aws.Config, *pipeline.Ports) { t.Error("wired") })
	}, func(s *onaws.Setup) { s.Text("ANOTHER_ONE") })
	for _, want := range []string{"configuration: ", "ONE_THAT_IS_NOT_THERE: empty", "ANOTHER_ONE: empty", "AWS_REGION: empty"} {
		assert.ErrorContains(t, err, want)
	}
	assert.IsType(t, host.Error(""), err, "the name that Lambda shows")
}

// A stage's log is measured as docs/metrics.md says: its queue gives a message up after StageReceives.
func TestStageIsMeasured(t *testing.T) {
	region(t)
	t.Setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/alertresponder/my-alerts/reviewer")
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	was := os.Stderr
	os.Stderr = file
	ports, err := start(t)
	os.Stderr = was
	require.NoError(t, err)
	for _, n := range []int{pipeline.StageReceives - 1, pipeline.StageReceives} {
		ports.Log.Error("a message failed and will be delivered again", "receive_count", n)
	}
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	first, second, _ := strings.Cut(string(text), "\n")
	assert.Contains(t, first, `"Stack":"my-alerts"`)
	assert.NotContains(t, first, "GivenUp")
	assert.Contains(t, second, "GivenUp")
	require.NoError(t, file.Close())
}

func TestEnvNumbers(t *testing.T) {
	for v, want := range map[string]time.Duration{"0": 0, "600": 600 * time.Second, " 7 ": 7 * time.Second} {
		t.Setenv("N", v)
		var e onaws.Env
		assert.Equal(t, want, e.Seconds("N"))
		assert.NoError(t, e.Err())
	}
	for _, v := range []string{"-1", "1.5", "ten", "1e3", "99999999999999999999", "9223372036854775807"} {
		t.Setenv("N", v)
		var e onaws.Env
		e.Seconds("N")
		e.Days("N")
		assert.ErrorContains(t, e.Err(), "N: ", v)
		assert.ErrorContains(t, e.Err(), "expected a whole number from 0", v)
	}
	t.Setenv("N", "36500")
	var e onaws.Env
	assert.Equal(t, 36500*24*time.Hour, e.Days("N"))
	assert.NoError(t, e.Err())
}

// rules has the variables of the protocol, and RETENTION_DAYS as package tables reads it.
func rules(t *testing.T, inspection, review, window string, parts ...onaws.Part) (pipeline.Ports, error) {
	region(t)
	t.Setenv("INSPECTION_DELAY", inspection)
	t.Setenv("REVIEW_DELAY", review)
	t.Setenv("AGGREGATION_WINDOW", window)
	retention := func(s *onaws.Setup) { s.Ports.Rules.Retention = 90 * 24 * time.Hour }
	return start(t, append([]onaws.Part{retention}, parts...)...)
}

func TestRules(t *testing.T) {
	p, err := rules(t, "30", "600", "86400", onaws.Rules)
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{30 * time.Second, 10 * time.Minute, 24 * time.Hour},
		[]time.Duration{p.Rules.InspectionDelay, p.Rules.ReviewDelay, p.Rules.Window})

	_, err = rules(t, "600", "600", "86400", onaws.Rules)
	assert.ErrorContains(t, err, "InspectionDelay: 10m0s, expected 0 or more and less than ReviewDelay")
	_, err = rules(t, "0", "901", "900", onaws.Rules)
	assert.ErrorContains(t, err, "ReviewDelay: 15m1s")
	assert.ErrorContains(t, err, "AggregationWindow: 15m0s")
	_, err = rules(t, "", "x", "86400", onaws.Rules)
	assert.ErrorContains(t, err, "INSPECTION_DELAY: empty")
	assert.ErrorContains(t, err, "REVIEW_DELAY: \"x\"")
	assert.NotContains(t, err.Error(), "AggregationWindow", "what is missing is reported once")
}

func TestReviewDelay(t *testing.T) {
	p, err := rules(t, "", "900", "", onaws.ReviewDelay)
	require.NoError(t, err)
	assert.Equal(t, 15*time.Minute, p.Rules.ReviewDelay)
	for _, v := range []string{"0", "901", ""} {
		_, err = rules(t, "", v, "", onaws.ReviewDelay)
		assert.ErrorContains(t, err, "REVIEW_DELAY", v)
	}
}

// configured is the configuration of the clients.
func configured(t *testing.T) (c aws.Config, err error) {
	_, err = start(t, func(s *onaws.Setup) { s.Wire(func(got aws.Config, _ *pipeline.Ports) { c = got }) })
	return c, err
}

func TestConfiguration(t *testing.T) {
	region(t)
	c, err := configured(t)
	require.NoError(t, err)
	assert.Equal(t, "eu-west-1", c.Region)
	assert.Nil(t, c.BaseEndpoint)
	assert.Equal(t, 4, c.Retryer().MaxAttempts())
	assert.Equal(t, 8*time.Second, c.HTTPClient.(*awshttp.BuildableClient).GetTimeout())
	_, err = c.Credentials.Retrieve(t.Context())
	assert.ErrorContains(t, err, "AWS_ACCESS_KEY_ID")

	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	t.Setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:4566")
	c, err = configured(t)
	require.NoError(t, err)
	assert.Equal(t, "https://127.0.0.1:4566", *c.BaseEndpoint)
	got, err := c.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"id", "key", "token"}, []string{got.AccessKeyID, got.SecretAccessKey, got.SessionToken})
}

func TestConfigurationCABundle(t *testing.T) {
	region(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of who does not trust it
	server.StartTLS()
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.crt")
	get := func() error {
		c, err := configured(t)
		require.NoError(t, err)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		answer, err := c.HTTPClient.Do(request)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}
	assert.ErrorContains(t, get(), "certificate")

	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(bundle, certificate, 0o600))
	t.Setenv("AWS_CA_BUNDLE", bundle)
	assert.NoError(t, get())

	require.NoError(t, os.WriteFile(bundle, foreign(t), 0o600))
	assert.ErrorContains(t, get(), "certificate", "another authority")

	require.NoError(t, os.WriteFile(bundle, []byte("nothing"), 0o600))
	_, err := configured(t)
	assert.ErrorContains(t, err, "AWS_CA_BUNDLE: no certificates")
	t.Setenv("AWS_CA_BUNDLE", bundle+".absent")
	_, err = configured(t)
	assert.ErrorContains(t, err, "AWS_CA_BUNDLE")
}

// foreign is the certificate of somebody else.
func foreign(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
