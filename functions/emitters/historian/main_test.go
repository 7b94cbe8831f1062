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
		t.Setenv("EMITTER_ID", "historian")
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
