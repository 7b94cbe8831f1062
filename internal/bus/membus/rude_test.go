package membus_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/membus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// story sends 200 messages to three queues of a rude bus, whose handlers fail at times, and says what was
// delivered when.
func story(t testing.TB, seed uint64) (lines []string) {
	e := newEngine(t, membus.Options{Rude: rand.New(rand.NewPCG(seed, 1))})
	fails := rand.New(rand.NewPCG(seed, 2))
	for _, q := range []string{"a", "b", "c"} {
		e.queue(q, membus.QueueConfig{Visibility: time.Minute, MaxReceive: 50}, 10, each(func(d envelope.Delivery) error {
			lines = append(lines, fmt.Sprint(e.now.Sub(noon), " ", q, " ", d.Body, " ", d.ReceiveCount))
			if fails.IntN(4) == 0 {
				return errLater
			}
			return nil
		}))
	}
	for i := range 200 {
		e.send(t, string("abc"[i%3]), fmt.Sprintf("%03d", i))
	}
	e.settle(t)
	require.Zero(t, e.bus.Pending())
	require.Empty(t, e.bus.DeadLetters())
	return lines
}

func TestRude(t *testing.T) {
	one := story(t, 7)
	assert.Equal(t, one, story(t, 7), "one seed, one story")
	assert.NotEqual(t, one, story(t, 8))
	times, atOnce, queues := map[string]int{}, []string{}, []string{}
	for _, line := range one {
		f := strings.Fields(line)
		times[f[2]]++
		if f[0] == "0s" && f[1] == "a" {
			atOnce = append(atOnce, f[2])
		}
		if f[0] == "0s" {
			queues = append(queues, f[1])
		}
	}
	assert.Len(t, times, 200, "all arrive")
	assert.Greater(t, len(one), 300, "and many of them more than once")
	assert.Less(t, len(atOnce), 90, "some of them late")
	assert.False(t, slices.IsSorted(atOnce), "not in their order")
	turns := slices.Compact(queues)
	assert.NotEqual(t, slices.Repeat([]string{"a", "b", "c"}, len(turns))[:len(turns)], turns, "queues not in turn")
}

// What is done comes again at times, as after a deletion that was lost, but becomes no dead letter by that.
func TestRudeForgets(t *testing.T) {
	e := newEngine(t, membus.Options{Rude: rand.New(rand.NewPCG(1, 1))})
	again := 0
	e.bus.AddTopic("t")
	for i, q := range []string{"a", "b"} {
		e.queue(q, membus.QueueConfig{MaxReceive: 1 + 4*i}, 10, each(func(d envelope.Delivery) error {
			if d.ReceiveCount > 1 {
				assert.Equal(t, "b", q)
				again++
			}
			return nil
		}))
		e.bus.Subscribe("t", q, true, nil)
	}
	for range 200 {
		require.NoError(t, e.bus.Publish(t.Context(), "t", bus.Message{Body: "x"}))
	}
	e.settle(t)
	assert.Positive(t, again)
	assert.Empty(t, e.bus.DeadLetters())
}

// Whatever handlers answer: in the end each message is done or dead.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := membus.Options{}
		if rapid.Bool().Draw(rt, "rude") {
			o.Rude = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		}
		e := newEngine(t, o)
		ok := map[string]bool{}
		e.queue("q", membus.QueueConfig{MaxReceive: rapid.IntRange(1, 4).Draw(rt, "max")}, rapid.IntRange(1, 5).Draw(rt, "batch"),
			each(func(d envelope.Delivery) error {
				switch rapid.IntRange(0, 5).Draw(rt, "outcome") {
				case 0:
					panic("crash")
				case 1:
					return errLater
				case 2:
					assert.NoError(rt, e.bus.Postpone(t.Context(), d.QueueARN, d.ReceiptHandle, time.Hour))
					return errLater
				}
				ok[d.Body] = true
				return nil
			}))
		n := rapid.IntRange(1, 30).Draw(rt, "n")
		for i := range n {
			require.NoError(rt, e.bus.Send(t.Context(), "q", bus.Message{Body: fmt.Sprint(i)}, 0))
			if rapid.Bool().Draw(rt, "step") {
				e.bus.Step(t.Context())
			}
		}
		e.settle(t)
		assert.Zero(rt, e.bus.Pending())
		dead := map[string]bool{}
		for _, d := range e.bus.DeadLetters() {
			dead[d.Body] = true
			assert.NotEmpty(rt, d.Reason)
		}
		for i := range n {
			body := fmt.Sprint(i)
			assert.True(rt, ok[body] || dead[body], body)
		}
	})
}

func TestConcurrent(t *testing.T) {
	const senders, perSender = 8, 500
	e := newEngine(t, membus.Options{})
	var got atomic.Int64
	e.queue("q", membus.QueueConfig{}, 10, each(func(envelope.Delivery) error { got.Add(1); return nil }))
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range perSender {
				assert.NoError(t, e.bus.Send(t.Context(), "q", bus.Message{Body: "x"}, 0))
				e.bus.Step(t.Context())
			}
		})
	}
	wg.Wait()
	e.work(t)
	assert.EqualValues(t, senders*perSender, got.Load())
	assert.Zero(t, e.bus.Pending())
}

func TestDoneMessagesAreForgotten(t *testing.T) {
	e := newEngine(t, membus.Options{})
	e.queue("q", membus.QueueConfig{}, 10, payloads(func([]byte) {}))
	body := strings.Repeat("a", 10<<10)
	round := func() uint64 {
		for range 30 {
			for range 100 {
				e.send(t, "q", body)
			}
			e.work(t)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := round()
	assert.Less(t, round(), before+8<<20, "30 MB went through")
}

func BenchmarkMessages(b *testing.B) {
	e := newEngine(b, membus.Options{})
	e.bus.AddTopic("t")
	e.queue("q", membus.QueueConfig{}, 10, payloads(func([]byte) {}))
	e.bus.Subscribe("t", "q", true, []string{"ipaddr"})
	m := bus.Message{Body: strings.Repeat("a", 1000), Attributes: []bus.Attribute{{Name: "types", List: []string{"*", "ipaddr"}}}}
	const waiting = 100_000 // a long queue beside them
	e.queue("late", membus.QueueConfig{}, 10, payloads(func([]byte) {}))
	for range waiting {
		if err := e.bus.Send(b.Context(), "late", m, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for range 10 {
			if err := e.bus.Publish(b.Context(), "t", m); err != nil {
				b.Fatal(err)
			}
		}
		e.bus.Step(b.Context())
		n += 10
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}
