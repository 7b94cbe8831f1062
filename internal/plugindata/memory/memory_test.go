package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/memory"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
)

func TestMemoryConformance(t *testing.T) {
	plugindatatest.Run(t, func(t *testing.T) plugindata.Receipts {
		r, err := memory.New()
		require.NoError(t, err)
		return r
	})
}

func TestMemoryRefusesLambda(t *testing.T) {
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
	_, err := memory.New()
	require.ErrorContains(t, err, "AWS_LAMBDA_RUNTIME_API")
}
