package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
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
