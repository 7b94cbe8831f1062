package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/registry"
)

func TestParse(t *testing.T) {
	i, err := registry.Parse("virustotal", "ipaddr, domain")
	require.NoError(t, err)
	assert.Equal(t, registry.Inspector{ID: "virustotal", Types: []string{"ipaddr", "domain"}}, i)
	assert.True(t, i.Accepts("domain"))
	assert.False(t, i.Accepts("url"))
	all, err := registry.Parse("x-1", "*")
	require.NoError(t, err)
	assert.True(t, all.Accepts("url"))
	for _, bad := range [][2]string{{"", "*"}, {"A", "*"}, {"a/b", "*"}, {"a", ""}, {"a", "x,,y"}, {"a", "IPAddr"}, {"a", "a b"}} {
		_, err := registry.Parse(bad[0], bad[1])
		assert.ErrorContains(t, err, "expected", "%q", bad)
	}
	_, err = registry.Parse("A", "B")
	assert.ErrorContains(t, err, "id: ")
	assert.ErrorContains(t, err, "types: ", "all faults at once")
}

type source struct {
	calls int
	err   error
}

func (s *source) Inspectors(ctx context.Context) ([]registry.Inspector, error) {
	s.calls++
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return []registry.Inspector{{ID: "a"}}, s.err
}

func TestCached(t *testing.T) {
	now := time.Unix(1e9, 0)
	s := &source{}
	c := &registry.Cached{Source: s, Now: func() time.Time { return now }}
	ask := func(n int) error {
		t.Helper()
		list, err := c.Inspectors(t.Context())
		assert.Equal(t, n, s.calls)
		assert.Equal(t, err == nil, len(list) == 1, "an old list is never given instead of an error")
		return err
	}
	require.NoError(t, ask(1))
	now = now.Add(59 * time.Second)
	require.NoError(t, ask(1))
	now, s.err = now.Add(time.Second), errors.New("throttled")
	require.ErrorContains(t, ask(2), "throttled")
	now = now.Add(4 * time.Second)
	require.Error(t, ask(2))
	now, s.err = now.Add(time.Second), nil
	require.NoError(t, ask(3))

	now = now.Add(time.Hour)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Inspectors(cancelled)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, ask(5), "one caller's end is not the source's")
}
