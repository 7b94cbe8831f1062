package intel_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// counted is a Memory that counts its calls.
type counted struct {
	responder.Memory
	mu    sync.Mutex
	calls []string
	keys  map[string]bool
}

func newCounted() *counted { return &counted{Memory: responder.NewMemory(), keys: map[string]bool{}} }

func (m *counted) note(call, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, call)
	m.keys[key] = true
}

// values are what stands there.
func (m *counted) values(t *testing.T) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]string{}
	for key := range m.keys {
		e, err := m.Memory.Load(t.Context(), key)
		require.NoError(t, err)
		if e.Ver != 0 {
			all[key] = string(e.Value)
		}
	}
	return all
}

// reset gives the calls since the last time.
func (m *counted) reset() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

func (m *counted) Load(ctx context.Context, key string) (responder.Entry, error) {
	m.note("Load", key)
	return m.Memory.Load(ctx, key)
}

func (m *counted) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	m.note("Store", key)
	return m.Memory.Store(ctx, key, value, expires)
}

func (m *counted) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	m.note("Swap", key)
	return m.Memory.Swap(ctx, key, was, value, expires)
}

// clock is one that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var free = []intel.Limit{{Per: intel.Minute, Most: 4}, {Per: intel.Day, Most: 500}}

// A take is one call; who comes new, or second, makes one more.
func TestATakeIsOneCall(t *testing.T) {
	m, c := newCounted(), &clock{now: noon}
	one := &intel.Quota{Service: "vt", Name: "VirusTotal", Limits: free, Memory: m, Now: c.Now}
	two := &intel.Quota{Service: "vt", Name: "VirusTotal", Limits: free, Memory: m, Now: c.Now}
	for _, step := range []struct {
		q     *intel.Quota
		calls int
	}{{one, 1}, {one, 1}, {two, 2}, {two, 1}} {
		require.NoError(t, step.q.Take(t.Context()))
		assert.Len(t, m.reset(), step.calls)
	}
	err := one.Take(t.Context())
	assert.ErrorIs(t, err, intel.ErrQuota)
	d, _ := responder.RetryDelay(err)
	assert.Equal(t, 64*time.Second, d)
	assert.Len(t, m.reset(), 2)

	u, ok, err := intel.ReadUsage(t.Context(), m, "vt", c.Now())
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, intel.Usage{Service: "vt", Name: "VirusTotal", Limits: []intel.Used{{Limit: free[0], Used: 4}, {Limit: free[1], Used: 4}}}, u)
	c.add(d)
	require.NoError(t, two.Take(t.Context()))
}

// An item that is gone is begun anew: what it said has long been over.
func TestTheItemIsGone(t *testing.T) {
	m, c := newCounted(), &clock{now: noon}
	q := &intel.Quota{Service: "vt", Limits: free, Memory: m, Now: c.Now}
	for range 3 {
		require.NoError(t, q.Take(t.Context()))
	}
	m.Memory = responder.NewMemory()
	m.reset()
	for range 4 {
		require.NoError(t, q.Take(t.Context()))
	}
	assert.Len(t, m.reset(), 5)
	assert.ErrorIs(t, q.Take(t.Context()), intel.ErrQuota)
	_, ok, err := intel.ReadUsage(t.Context(), responder.NewMemory(), "vt", c.Now())
	require.NoError(t, err)
	assert.False(t, ok)
	require.NoError(t, m.Store(t.Context(), "vt#quota", []byte("{"), noon))
	_, _, err = intel.ReadUsage(t.Context(), m, "vt", c.Now())
	assert.ErrorContains(t, err, "cannot be read")
	_, _, err = intel.ReadUsage(t.Context(), broken{}, "vt", c.Now())
	assert.ErrorIs(t, err, errMemory)
	require.NoError(t, q.Take(t.Context()), "what cannot be read is begun anew too")
}
