package intel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// One clock that was wrong for a moment does not have all others wait until it is right.
func TestAClockThatWasWrong(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Hour, 30 * time.Hour, 40 * 24 * time.Hour, 100 * 365 * 24 * time.Hour} {
		m, c := responder.NewMemory(), &clock{now: noon}
		right := &intel.Quota{Service: "vt", Limits: free, Memory: m, Now: c.Now}
		require.NoError(t, right.Take(t.Context()))
		wrong := &intel.Quota{Service: "vt", Limits: free, Memory: m, Now: func() time.Time { return c.Now().Add(ahead) }}
		for range 6 {
			_ = wrong.Take(t.Context())
		}
		granted := 0
		for range 20 {
			if right.Take(t.Context()) == nil {
				granted++
			}
			c.add(30 * time.Second)
		}
		assert.Greater(t, granted, 12, "%s ahead", ahead)
	}
}

// Whatever stands there, nobody waits for ever, and no more is granted than the limit.
func TestWhatCannotBe(t *testing.T) {
	for _, value := range []string{
		`{"at": 9000000000000000}`, `{"until": 9000000000000000}`, `{"line": 9000000000000000}`, `{"at": -5, "until": -5, "line": -5}`,
		`{"limits": [{"per": "minute", "most": 9, "counts": [[59261760, -100]]}, {"per": "day", "most": 9, "counts": [[20577, -900], [20578, 900]]}]}`,
		`{"limits": [{"per": "minute", "counts": [[9000000000000, 100], [1, 100]]}]}`, `[]`, `null`,
	} {
		m, c := responder.NewMemory(), &clock{now: noon}
		require.NoError(t, m.Store(t.Context(), "vt#quota", []byte(value), noon))
		q := &intel.Quota{Service: "vt", Limits: free, Memory: m, Now: c.Now}
		var granted []time.Time
		for range 30 {
			if q.Take(t.Context()) == nil {
				granted = append(granted, c.Now())
			}
			c.add(5 * time.Second)
		}
		assert.GreaterOrEqual(t, len(granted), 8, value)
		for i := 4; i < len(granted); i++ {
			assert.GreaterOrEqual(t, granted[i].Sub(granted[i-4]), time.Minute, value)
		}
	}
}
