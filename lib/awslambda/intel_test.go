package awslambda

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIntel(t *testing.T) {
	env := func(arn, key, table string) {
		t.Setenv("SVC_SECRET_ARN", arn)
		t.Setenv("SVC_API_KEY", key)
		t.Setenv("SVC_URL", "https://svc.example")
		t.Setenv("SVC_LIMITS", "4/minute")
		t.Setenv("PLUGIN_DATA", table)
	}
	env("", "k3y", "data")
	s, err := Intel("SVC")
	require.NoError(t, err)
	assert.Equal(t, "https://svc.example", s.BaseURL)
	assert.Equal(t, "4/minute", s.Env("SVC_LIMITS"))
	assert.NotNil(t, s.Memory)
	key, err := s.Key(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "k3y", key)
	env("arn:aws:secretsmanager:eu-west-1:123456789012:secret:s", "", "data")
	s, err = Intel("SVC")
	assert.NoError(t, err)
	assert.NotNil(t, s.Key)
	env("", "", "")
	_, err = Intel("SVC")
	assert.ErrorContains(t, err, "environment variable SVC_SECRET_ARN: empty, expected the ARN of a secret, or a secret in SVC_API_KEY")
	assert.ErrorContains(t, err, "environment variable PLUGIN_DATA: empty", "all at once")
}
