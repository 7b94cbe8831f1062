package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(url, arn, secret string) string {
		t.Setenv("WEBHOOK_URL", url)
		t.Setenv("WEBHOOK_SECRET_ARN", arn)
		t.Setenv("WEBHOOK_SECRET", secret)
		t.Setenv("EMITTER_ID", "webhook")
		t.Setenv("PLUGIN_DATA", "t")
		t.Setenv("RETENTION_DAYS", "90")
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
	assert.NotContains(t, fault("https://a.example/", arn, ""), "configuration")
	assert.NotContains(t, fault("https://a.example/", "", "hush"), "configuration")
	none := fault("", "", "")
	assert.Contains(t, none, "configuration: environment variable WEBHOOK_SECRET_ARN: empty")
	assert.Contains(t, none, "WEBHOOK_URL", "all faults at once")
	plain := fault("http://a.example/hush", arn, "")
	assert.Contains(t, plain, "expected https")
	assert.NotContains(t, plain, "hush")
}
