package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	rules, err := os.ReadFile("../../../internal/emitters/quarantine/testdata/rules.yml")
	require.NoError(t, err)
	fault := func(table, queue, mode, rules string) string {
		for name, value := range map[string]string{"PLUGIN_DATA": table, "SUBMISSION_QUEUE_URL": queue, "RETENTION_DAYS": "90", "EMITTER_ID": "quarantine",
			"QUARANTINE_MODE": mode, "QUARANTINE_RULES": rules} {
			t.Setenv(name, value)
		}
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	const queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/q"
	for _, mode := range []string{"dry-run", "on"} {
		assert.NotContains(t, fault("t", queue, mode, string(rules)), "configuration")
	}
	assert.Contains(t, fault("", queue, "on", string(rules)), "configuration: environment variable PLUGIN_DATA: empty")
	assert.Contains(t, fault("t", "", "on", string(rules)), "configuration: environment variable SUBMISSION_QUEUE_URL: empty")
	assert.Contains(t, fault("t", queue, "off", string(rules)), "QUARANTINE_MODE")
	assert.Contains(t, fault("t", queue, "on", "version: 2"), "QUARANTINE_RULES")
}
