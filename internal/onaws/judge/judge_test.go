package judge_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/onaws/judge"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/internal/policy"
	"github.com/m-mizutani/AlertResponder/internal/policy/remote"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

type fine struct{}

func (fine) Invoke(context.Context, []byte) ([]byte, error) { return nil, nil }

func chosen(t *testing.T, arn string) (p responder.Reviewer) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("REVIEWER_LAMBDA_ARN", arn)
	h := onaws.Stage(func(ports pipeline.Ports) host.Handler { p = ports.Policy; return fine{} }, judge.Policy)
	_, err := h.Invoke(t.Context(), nil)
	require.NoError(t, err)
	return p
}

func TestPolicy(t *testing.T) {
	assert.IsType(t, policy.Strongest{}, chosen(t, ""))
	assert.IsType(t, &remote.Reviewer{}, chosen(t, "arn:aws:lambda:eu-west-1:123456789012:function:judge"))
}
