package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(table, queue string) string {
		for name, value := range map[string]string{"PLUGIN_DATA": table, "SUBMISSION_QUEUE_URL": queue, "RETENTION_DAYS": "90", "EMITTER_ID": "quarantine",
			"QUARANTINE_MODE": "dry-run", "QUARANTINE_RULES": rules} {
			t.Setenv(name, value)
		}
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	const queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/q"
	assert.NotContains(t, fault("t", queue), "configuration")
	assert.Contains(t, fault("", queue), "configuration: environment variable PLUGIN_DATA: empty")
}
