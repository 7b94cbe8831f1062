package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(arn, key, limits, table string) string {
		t.Setenv("GREYNOISE_SECRET_ARN", arn)
		t.Setenv("GREYNOISE_API_KEY", key)
		t.Setenv("GREYNOISE_LIMITS", limits)
		t.Setenv("OWN_DOMAINS", "")
		t.Setenv("PLUGIN_DATA", table)
		t.Setenv("INSPECTOR_ID", "greynoise")
		t.Setenv("INSPECTOR_TYPES", "ipaddr")
		t.Setenv("SUBMISSION_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/q")
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
	assert.NotContains(t, fault(arn, "", "", "t"), "configuration")
	assert.NotContains(t, fault("", "hush", "2/minute,100/day", "t"), "configuration")
	none := fault("", "", "", "")
	assert.Contains(t, none, "configuration: environment variable GREYNOISE_SECRET_ARN: empty")
	assert.Contains(t, none, "PLUGIN_DATA", "all faults at once")
	assert.Contains(t, fault(arn, "", "often", "t"), "configuration: ", "limits that nobody understands")
}
