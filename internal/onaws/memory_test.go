package onaws

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLimitMemory(t *testing.T) {
	was := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(was)
	for text, want := range map[string]int64{"256": 192 << 20, "": math.MaxInt64, "many": math.MaxInt64, "0": math.MaxInt64, "-1": math.MaxInt64} {
		debug.SetMemoryLimit(math.MaxInt64)
		t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", text)
		limitMemory()
		assert.Equal(t, want, debug.SetMemoryLimit(-1), text)
	}
}
