package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	calls  int
	err    error
	during func()
}

func (s *source) Inspectors(ctx context.Context) ([]registry.Inspector, error) {
	s.calls++
	if s.during != nil {
		s.during()
	}
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
	s.during = cancel
	_, err := c.Inspectors(cancelled)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 4, s.calls)
	s.during = nil
	require.NoError(t, ask(5), "one caller's end is not the source's")
	_, err = c.Inspectors(cancelled)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, ask(5))
}

// Many who ask at once are one call.
func TestCachedByManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowSource{}
		c := &registry.Cached{Source: slow, Now: time.Now}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				list, err := c.Inspectors(t.Context())
				assert.NoError(t, err)
				assert.Len(t, list, 1)
			})
		}
		all.Wait()
		assert.Equal(t, int64(1), slow.calls.Load())
	})
}

// One who waits for another's call does not wait longer than its own time.
func TestCachedDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &registry.Cached{Source: &slowSource{}, Now: time.Now}
		var first sync.WaitGroup
		defer first.Wait()
		first.Go(func() { _, _ = c.Inspectors(t.Context()) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err := c.Inspectors(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 100*time.Millisecond, time.Since(begun))
	})
}

// slowSource takes a second.
type slowSource struct{ calls atomic.Int64 }

func (s *slowSource) Inspectors(context.Context) ([]registry.Inspector, error) {
	s.calls.Add(1)
	time.Sleep(time.Second)
	return []registry.Inspector{{ID: "a"}}, nil
}

func TestStatic(t *testing.T) {
	list, err := registry.Static{{ID: "a", Types: []string{"url"}}}.Inspectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []registry.Inspector{{ID: "a", Types: []string{"url"}}}, list)
}

// Whatever is taken for an entry can be written down again, and only what it lists is accepted.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{{"virustotal", "ipaddr, domain"}, {"x-1", "*"}, {"A", "*"}, {"a", "x,,y"}, {"a", "*,url"}, {"", ""}, {"a", "\xff"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, id, types string) {
		i, err := registry.Parse(id, types)
		if err != nil {
			assert.Zero(t, i)
			return
		}
		assert.Equal(t, id, i.ID)
		again, err := registry.Parse(i.ID, strings.Join(i.Types, ","))
		require.NoError(t, err)
		assert.Equal(t, i, again)
		for _, kind := range i.Types {
			assert.True(t, i.Accepts(kind))
		}
		assert.Equal(t, slices.Contains(i.Types, "*"), i.Accepts("Never Listed"))
	})
}
