package respondertest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// What was answered was done, and each kind of rudeness comes.
func TestRudeMemory(t *testing.T) {
	inner := responder.NewMemory()
	m, until, ctx, seen := respondertest.RudeMemory(inner, 1), time.Unix(1779019200, 0), t.Context(), map[string]int{}
	note := func(what string, made bool, err error) {
		require.True(t, err == nil || errors.Is(err, respondertest.ErrRude))
		seen[fmt.Sprintf("%s %v %v", what, made, err == nil)]++
	}
	for n := range 400 {
		key, value := fmt.Sprint("a#", n), []byte(fmt.Sprint(n))
		_, made, err := m.Swap(ctx, key, 0, value, until)
		e, _ := inner.Load(ctx, key)
		note("swap", e.Ver > 0, err)
		assert.True(t, err != nil || string(e.Value) == string(value))
		assert.True(t, !made || e.Ver == 1)
		err = m.Store(ctx, key, value, until)
		now, _ := inner.Load(ctx, key)
		note("store", now.Ver > e.Ver, err)
		assert.True(t, err != nil || now.Ver > e.Ver)
		_, err = m.Load(ctx, key)
		note("load", true, err)
	}
	for _, what := range []string{"swap true true", "swap true false", "swap false false", "store true true", "store true false", "store false false", "load true true", "load true false"} {
		assert.Greater(t, seen[what], 10, what)
	}
	assert.Len(t, seen, 8)
}
