package past_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/past"
)

// The steps make the numbers that are known.
func TestTheStepsMakeTheKnownCalls(t *testing.T) {
	for attributes, want := range map[int64]int64{4: 27, 64: 327} {
		calls, u := past.Total(past.New, attributes, 10*time.Millisecond)
		assert.Equal(t, want, calls)
		assert.Equal(t, int64(6), u.Transitions)
		assert.Equal(t, want*10*past.Memory, u.MBMillis)
	}
	calls, u := past.Total(past.Repeat, 4, 10*time.Millisecond)
	assert.Equal(t, int64(10), calls)
	assert.Zero(t, u.Transitions)
}

// Most of the bill is waiting, and even the cheapest such flow costs six times as much as this one may.
func TestWaitingWasMostOfTheBill(t *testing.T) {
	u := past.Mix(1e6, 4, 10*time.Millisecond)
	whole := bill.Of(u).Total()
	waiting := bill.Of(bill.Usage{Transitions: u.Transitions}).Total()
	assert.Equal(t, "112.50", waiting.FloatString(2))
	assert.False(t, whole.AtMost(120), whole.FloatString(2))
	assert.True(t, whole.AtMost(154), "it is a lower bound: %s", whole.FloatString(2))
}
