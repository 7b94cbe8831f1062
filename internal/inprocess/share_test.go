package inprocess

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// share is the part of the schedules that a run takes, the nth of so many; which those are is the same each time.
type share struct{ n, of int }

// sharing reads FAULTS_SHARE, as 2/3; without it a run takes all schedules.
func sharing(t *testing.T) (s share) {
	t.Helper()
	text := os.Getenv("FAULTS_SHARE")
	if text == "" {
		return share{1, 1}
	}
	_, err := fmt.Sscanf(text, "%d/%d", &s.n, &s.of)
	require.NoError(t, err, "FAULTS_SHARE: %q, expected 2/3", text)
	require.True(t, 1 <= s.n && s.n <= s.of, "FAULTS_SHARE: %q, expected 2/3", text)
	return s
}

func (s share) has(schedule int) bool { return schedule%s.of == s.n-1 }

// All shares together are all schedules, each once.
func TestSharesAreAll(t *testing.T) {
	for schedule := range 100 {
		takers := 0
		for n := 1; n <= 3; n++ {
			if (share{n, 3}).has(schedule) {
				takers++
			}
		}
		assert.Equal(t, 1, takers)
		assert.True(t, share{1, 1}.has(schedule))
	}
}
