package plugindatatest

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// RunMemory runs the suite of responder.Memory. Open is called once per test and returns an empty one.
func RunMemory(t *testing.T, open func(t *testing.T) responder.Memory) {
	tests := map[string]func(*testing.T, responder.Memory){
		"Nothing":      testNothing,
		"Store":        testStore,
		"Swap":         testSwap,
		"Values":       testValues,
		"Keys":         testKeys,
		"Copies":       testMemoryCopies,
		"OneWins":      testOneWins,
		"NoneIsLost":   testNoneIsLost,
		"Refused":      testMemoryRefused,
		"Cancelled":    testMemoryCancelled,
		"AgainstModel": testMemoryModel,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func load(t require.TestingT, m responder.Memory, key string) responder.Entry {
	e, err := m.Load(context.Background(), key)
	require.NoError(t, err)
	return e
}

func store(t require.TestingT, m responder.Memory, key, value string, until time.Time) {
	require.NoError(t, m.Store(context.Background(), key, []byte(value), until))
}

func swap(t require.TestingT, m responder.Memory, key string, was int64, value string, until time.Time) (responder.Entry, bool) {
	e, made, err := m.Swap(context.Background(), key, was, []byte(value), until)
	require.NoError(t, err)
	return e, made
}

// is checks an entry. Times are kept to the second.
func is(t require.TestingT, e responder.Entry, value string, ver int64, until time.Time) {
	require.Equal(t, value, string(e.Value))
	require.Equal(t, ver, e.Ver)
	require.Equal(t, until.UTC().Truncate(time.Second), e.Expires)
}

func testNothing(t *testing.T, m responder.Memory) {
	require.Equal(t, responder.Entry{}, load(t, m, "a#x"))
	for _, was := range []int64{1, 7, -1} {
		e, made := swap(t, m, "a#x", was, "v", expires)
		require.False(t, made)
		require.Equal(t, responder.Entry{}, e)
	}
	require.Equal(t, responder.Entry{}, load(t, m, "a#x"))
}

// Store puts whatever stood there; what has expired may still be there.
func testStore(t *testing.T, m responder.Memory) {
	store(t, m, "a#x", "1", expires)
	is(t, load(t, m, "a#x"), "1", 1, expires)
	past := now.Add(-time.Hour + 300*time.Millisecond)
	store(t, m, "a#x", "2", past)
	e := load(t, m, "a#x")
	is(t, e, "2", 2, past)
	require.False(t, e.Expires.After(past), "never later")
	swapped, made := swap(t, m, "a#x", 2, "3", expires)
	require.True(t, made)
	is(t, swapped, "3", 3, expires)
	store(t, m, "a#x", "4", expires)
	is(t, load(t, m, "a#x"), "4", 4, expires)
}

// Swap returns what stands there now, whoever made it.
func testSwap(t *testing.T, m responder.Memory) {
	e, made := swap(t, m, "a#x", 0, "1", expires)
	require.True(t, made)
	is(t, e, "1", 1, expires)
	for _, was := range []int64{0, 2, -1} {
		e, made = swap(t, m, "a#x", was, "no", until)
		require.False(t, made, was)
		is(t, e, "1", 1, expires)
	}
	e, made = swap(t, m, "a#x", 1, "2", until)
	require.True(t, made)
	is(t, e, "2", 2, until)
	is(t, load(t, m, "a#x"), "2", 2, until)
	e, made = swap(t, m, "a#x", 1, "no", until)
	require.False(t, made, "made again")
	is(t, e, "2", 2, until)
}

func testValues(t *testing.T, m responder.Memory) {
	for n, v := range []string{"", "\x00\xff\xfe\n", `{"a":"<&>"}`, "☃", strings.Repeat("x", responder.MaxRemembered)} {
		store(t, m, "a#x", v, expires)
		is(t, load(t, m, "a#x"), v, int64(2*n+1), expires)
		e, made := swap(t, m, "a#x", int64(2*n+1), v, time.Time{})
		require.True(t, made)
		is(t, e, v, int64(2*n+2), time.Time{})
	}
	require.NoError(t, m.Store(t.Context(), "a#nil", nil, expires))
	is(t, load(t, m, "a#nil"), "", 1, expires)
}

func testKeys(t *testing.T, m responder.Memory) {
	keys := []string{"x", "a#x", "a#X", "a#x#", "a#\x00", "a#☃ ", "a#'\"`;--", strings.Repeat("k", 1024)}
	for i, key := range keys {
		store(t, m, key, fmt.Sprint(i), expires)
	}
	for i, key := range keys {
		is(t, load(t, m, key), fmt.Sprint(i), 1, expires)
	}
}

func testMemoryCopies(t *testing.T, m responder.Memory) {
	value := []byte("value")
	require.NoError(t, m.Store(t.Context(), "a#x", value, expires))
	value[0] = 'V'
	for range 2 {
		e := load(t, m, "a#x")
		require.Equal(t, "value", string(e.Value))
		e.Value[0] = 'V'
	}
	e, _, err := m.Swap(t.Context(), "a#x", 1, value, expires)
	require.NoError(t, err)
	value[1], e.Value[1] = 'A', 'A'
	e, _ = swap(t, m, "a#x", 1, "no", expires)
	e.Value[1] = 'A'
	require.Equal(t, "Value", string(load(t, m, "a#x").Value))
}

// Of many who change the same version, one does.
func testOneWins(t *testing.T, m responder.Memory) {
	for was := range int64(3) {
		var mu sync.Mutex
		var winners []string
		var wg sync.WaitGroup
		for n := range 16 {
			wg.Go(func() {
				me := fmt.Sprint(was, " ", n)
				e, made, err := m.Swap(t.Context(), "a#x", was, []byte(me), expires)
				if !assert.NoError(t, err) || !assert.Equal(t, was+1, e.Ver) {
					return
				}
				assert.Equal(t, made, string(e.Value) == me)
				if made {
					mu.Lock()
					winners = append(winners, me)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		require.Len(t, winners, 1)
		is(t, load(t, m, "a#x"), winners[0], was+1, expires)
	}
}

// Who goes on from what comes back counts right, however many do.
func testNoneIsLost(t *testing.T, m responder.Memory) {
	const counters, times = 4, 5
	var wg sync.WaitGroup
	for range counters {
		wg.Go(func() {
			var seen responder.Entry
			for range times {
				for made := false; !made; {
					n := uint64(1)
					if seen.Ver != 0 {
						n += binary.BigEndian.Uint64(seen.Value)
					}
					var err error
					if seen, made, err = m.Swap(t.Context(), "a#n", seen.Ver, binary.BigEndian.AppendUint64(nil, n), expires); !assert.NoError(t, err) {
						return
					}
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, uint64(counters*times), binary.BigEndian.Uint64(load(t, m, "a#n").Value))
}

func testMemoryRefused(t *testing.T, m responder.Memory) {
	for _, bad := range []struct {
		key  string
		size int
	}{{"", 1}, {strings.Repeat("k", 1025), 1}, {"a#x", responder.MaxRemembered + 1}} {
		value := make([]byte, bad.size)
		err := m.Store(t.Context(), bad.key, value, expires)
		assert.True(t, responder.IsPermanent(err), "%v", err)
		_, made, err := m.Swap(t.Context(), bad.key, 0, value, expires)
		assert.True(t, responder.IsPermanent(err), "%v", err)
		assert.False(t, made)
		if bad.size == 1 {
			_, err = m.Load(t.Context(), bad.key)
			assert.True(t, responder.IsPermanent(err), "%v", err)
		}
	}
	require.Equal(t, responder.Entry{}, load(t, m, "a#x"))
}

func testMemoryCancelled(t *testing.T, m responder.Memory) {
	store(t, m, "a#x", "1", expires)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := m.Load(ctx, "a#x")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, m.Store(ctx, "a#x", nil, expires), context.Canceled)
	_, made, err := m.Swap(ctx, "a#x", 1, nil, expires)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, made)
	is(t, load(t, m, "a#x"), "1", 1, expires)
}

// Random calls on a driver and on the plainest model.
func testMemoryModel(t *testing.T, m responder.Memory) {
	rapid.Check(t, func(rt *rapid.T) {
		run, model := runs.Add(1), map[string]responder.Entry{}
		draw := func() (key, value string, until time.Time) {
			key = fmt.Sprint("m#", run, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "key"))
			until = now.Add(time.Duration(rapid.IntRange(-100, 100).Draw(rt, "until")) * time.Second)
			return key, rapid.String().Draw(rt, "value"), until
		}
		put := func(key, value string, until time.Time) responder.Entry {
			model[key] = responder.Entry{Value: []byte(value), Ver: model[key].Ver + 1, Expires: until}
			return model[key]
		}
		same := func(want, got responder.Entry) { is(rt, got, string(want.Value), want.Ver, want.Expires) }
		rt.Repeat(map[string]func(*rapid.T){
			"load": func(*rapid.T) {
				key, _, _ := draw()
				same(model[key], load(rt, m, key))
			},
			"store": func(*rapid.T) {
				key, value, until := draw()
				store(rt, m, key, value, until)
				put(key, value, until)
			},
			"swap": func(*rapid.T) {
				key, value, until := draw()
				was := max(model[key].Ver+rapid.SampledFrom([]int64{0, 0, 0, 1, -1}).Draw(rt, "off"), 0)
				got, made := swap(rt, m, key, was, value, until)
				want := model[key]
				require.Equal(rt, want.Ver == was, made)
				if made {
					want = put(key, value, until)
				}
				same(want, got)
			},
		})
	})
}
