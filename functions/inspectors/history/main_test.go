package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(table, days string) string {
		t.Setenv("PLUGIN_DATA", table)
		t.Setenv("RETENTION_DAYS", days)
		t.Setenv("INSPECTOR_ID", "history")
		t.Setenv("INSPECTOR_TYPES", "*")
		t.Setenv("SUBMISSION_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/q")
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	assert.NotContains(t, fault("t", "90"), "configuration")
	none := fault("", "ten")
	assert.Contains(t, none, "configuration: environment variable PLUGIN_DATA: empty")
	assert.Contains(t, none, `RETENTION_DAYS: "ten"`, "all faults at once")
}
