package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest"
)

var _ interface {
	store.Store
	store.Reader
} = (*memory.Store)(nil)

func TestMemoryRefusesLambda(t *testing.T) {
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
	_, err := memory.New()
	require.ErrorContains(t, err, "AWS_LAMBDA_RUNTIME_API")
}

func TestMemoryConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) interface {
		store.Store
		store.Reader
	} {
		s, err := memory.New()
		require.NoError(t, err)
		return s
	})
}
