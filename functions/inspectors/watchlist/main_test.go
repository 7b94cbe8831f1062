package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(bucket, id string) string {
		t.Setenv("WATCHLIST_BUCKET", bucket)
		t.Setenv("WATCHLIST_PREFIX", "")
		t.Setenv("WATCHLIST_FILES", "")
		t.Setenv("INSPECTOR_ID", id)
		t.Setenv("INSPECTOR_TYPES", "ipaddr,domain")
		t.Setenv("SUBMISSION_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/q")
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	assert.NotContains(t, fault("a-bucket", "watchlist"), "configuration")
	assert.Contains(t, fault("", "watchlist"), "configuration: environment variable WATCHLIST_BUCKET: empty")
	assert.Contains(t, fault("Not_A_Bucket", "watchlist"), "configuration: environment variable WATCHLIST_BUCKET")
	assert.Contains(t, fault("a-bucket", "Watch List"), "configuration: id")
}
