package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// At least all variables that template.yml sets.
func TestEnvironment(t *testing.T) {
	fault := func(roles string) string {
		t.Setenv("AWSCONTEXT_ROLE_ARNS", roles)
		t.Setenv("INSPECTOR_ID", "awscontext")
		t.Setenv("INSPECTOR_TYPES", "instance,arn")
		t.Setenv("SUBMISSION_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/q")
		_, err := start().Invoke(t.Context(), []byte(`{"Records":[]}`))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	assert.NotContains(t, fault(""), "configuration")
	assert.NotContains(t, fault("arn:aws:iam::111122223333:role/context,arn:aws:iam::444455556666:role/a/context"), "configuration")
	assert.Contains(t, fault("arn:aws:iam::111122223333:user/a"), "configuration: ")
}
