package intel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

func TestParseLimits(t *testing.T) {
	usual := intel.Limit{Per: intel.Day, Most: 1000}
	for text, want := range map[string][]intel.Limit{
		"":                      {usual},
		" ":                     {usual},
		"none":                  nil,
		"4/minute,500/day":      {{Per: intel.Minute, Most: 4}, {Per: intel.Day, Most: 500}},
		" 10 / hour , 9/month ": {{Per: intel.Hour, Most: 10}, {Per: intel.Month, Most: 9}},
	} {
		got, err := intel.ParseLimits(text, usual)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	got, err := intel.ParseLimits("4/minute,0/day,x/day,5,7/week,-1/hour,99999999999999999999/day,5/minute,1000000001/month", usual)
	assert.Nil(t, got)
	for _, want := range []string{`"0/day"`, `"x/day"`, `"5"`, `"7/week"`, `"-1/hour"`, `"99999999999999999999/day"`, `"5/minute"`, `"1000000001/month"`} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "4/minute\",")
}
