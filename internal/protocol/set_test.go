package protocol_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// A Set is a map's keys, whatever the order of the calls, and no method changes its receiver.
func TestSetIsASet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		member := rapid.SampledFrom([]string{"", "a", "b", "c", "\x00\xff", "\xfe"})
		set, model := protocol.Set(nil), map[string]bool{}
		for range rapid.IntRange(0, 12).Draw(rt, "calls") {
			before, members := slices.Clone(set), rapid.SliceOfN(member, 0, 3).Draw(rt, "members")
			was := set
			if rapid.Bool().Draw(rt, "with") {
				set = set.With(members...)
				for _, m := range members {
					model[m] = true
				}
			} else {
				set = set.Without(members...)
				for _, m := range members {
					delete(model, m)
				}
			}
			assert.Equal(rt, before, was)
			want := slices.Sorted(maps.Keys(model))
			assert.Equal(rt, want, []string(set), "sorted, distinct, nil where empty")
			assert.True(rt, set.Equal(protocol.SetOf(want...)))
			x := member.Draw(rt, "x")
			assert.Equal(rt, model[x], set.Has(x))
			assert.False(rt, set.Equal(set.With("x")))
		}
	})
}

// Two changes of one set must not share memory: what one adds would show in the other.
func TestSetsDoNotShareMemory(t *testing.T) {
	base := append(make(protocol.Set, 0, 10), "b")
	one, two := base.With("c"), base.With("a")
	assert.Equal(t, protocol.Set{"b"}, base)
	assert.Equal(t, protocol.Set{"b", "c"}, one)
	assert.Equal(t, protocol.Set{"a", "b"}, two)
}
