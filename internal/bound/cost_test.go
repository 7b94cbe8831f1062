package bound_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bound"
)

func TestCost(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "1": 0, "[1,2]": 164, `{"a":[{},{}]}`: 1364, `{"{[,":"{{\"{,\\"}`: 400, `"[,`: 0,
	} {
		assert.Equal(t, want, bound.Cost(text), text)
	}
}

// It is not far from what decoding takes, and not below it.
func TestCostAsADecoder(t *testing.T) {
	for name, text := range map[string]string{
		"objects": "[" + strings.Repeat(`{"a":1},`, 20000) + "1]", "objects in objects": strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"numbers": "[" + strings.Repeat("1,", 50000) + "1]", "texts": "[" + strings.Repeat(`"",`, 50000) + "1]", "lists": "[" + strings.Repeat("[1],", 20000) + "1]",
		"empty objects": "[" + strings.Repeat("{},", 20000) + "1]",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var v any
		require.NoError(t, dec.Decode(&v))
		runtime.ReadMemStats(&after)
		took := int(after.TotalAlloc-before.TotalAlloc) - 4*len(text)
		assert.LessOrEqual(t, took, bound.Cost(text)*5/4, name)
		assert.LessOrEqual(t, bound.Cost(text), 10*took+1000, name)
	}
}
