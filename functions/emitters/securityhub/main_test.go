package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(table, mode string) string {
		for name, value := range map[string]string{"PLUGIN_DATA": table, "RETENTION_DAYS": "90", "EMITTER_ID": "securityhub",
			"SECURITYHUB_ON": mode, "REPORT_URL": ""} {
			t.Setenv(name, value)
		}
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	assert.NotContains(t, fault("t", "on"), "configuration")
	assert.NotContains(t, fault("t", "archive"), "configuration")
	assert.Contains(t, fault("", "on"), "configuration: environment variable PLUGIN_DATA: empty")
	assert.Contains(t, fault("t", "always"), "SECURITYHUB_ON")
}
