package virustotal

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Who is refused at each try: of the minute nobody is told to wait longer, of a day it takes half of what a task is delivered at
// most, and of a month two tries a day.
func TestRefusalsInARow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		began := now.Add(time.Duration(rapid.IntRange(0, 2*86400).Draw(t, "began")) * time.Second)
		tries, later, at, s := map[string]int{}, map[string]int{}, began, streak{}
		for at.Sub(began) < 10*day {
			if at.Sub(began) > 2*day {
				later[at.UTC().Format(time.DateOnly)]++
			}
			tries[at.UTC().Format(time.DateOnly)]++
			s = s.next(at)
			wait := s.Until.Sub(at)
			if wait <= 0 || wait > 12*time.Hour || s.Count <= 2 && wait != time.Minute || s.Count <= hourly && wait > time.Hour {
				t.Fatalf("try %d: wait %v", s.Count, wait)
			}
			if next := midnight(at); wait > time.Minute && s.Until.After(next) {
				t.Fatalf("beyond %v: %v", next, s.Until)
			}
			late := time.Duration(rapid.IntRange(0, 60).Draw(t, "late")) * time.Second
			at = s.Until.Add(late)
		}
		for d, n := range tries {
			if first := began.UTC().Format(time.DateOnly); d == first && n > 31 || d != first && n > 4+hourly {
				t.Fatalf("%s: %d tries, after %v", d, n, began)
			}
		}
		for d, n := range later {
			if n > 3 {
				t.Fatalf("%s: %d tries, after %v", d, n, began)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	m := responder.NewMemory()
	one, two := &refusals{memory: m}, &refusals{memory: m}
	assert.Equal(t, time.Minute, one.wait(now))
	assert.Equal(t, 50*time.Second, two.wait(now.Add(10*time.Second)), "it is told what the other was")
	assert.Equal(t, time.Minute, one.wait(now.Add(time.Minute)), "the second")
	assert.Equal(t, 2*time.Minute, two.wait(now.Add(2*time.Minute)), "the third, whoever is refused")
	assert.Equal(t, 4*time.Minute, one.wait(now.Add(4*time.Minute)))
	one.over(now.Add(8 * time.Minute))
	assert.Equal(t, time.Minute, one.wait(now.Add(8*time.Minute)), "there was an answer between them")
	assert.Equal(t, time.Minute, one.wait(now.Add(9*time.Minute)))
	assert.Equal(t, 2*time.Minute, one.wait(now.Add(25*time.Minute)), "as late as a task may come back")
	assert.Equal(t, time.Minute, one.wait(now.Add(42*time.Minute+time.Second)), "the wait is long over")

	require.NoError(t, m.Store(t.Context(), streakKey, []byte("no JSON"), now))
	assert.Equal(t, time.Minute, one.wait(now.Add(time.Hour)))
	lost := &refusals{memory: broken{}}
	assert.Equal(t, time.Minute, lost.wait(now))
	lost.over(now)
}

// What is remembered holds what it has to, and an end that nobody needs is not stored.
func TestOverIsCheap(t *testing.T) {
	r := &refusals{memory: broken{t: t}}
	r.over(now)
	b, err := json.Marshal(streak{Count: 1, Since: now, Until: now})
	require.NoError(t, err)
	assert.JSONEq(t, `{"since": "2026-05-04T09:00:00Z", "until": "2026-05-04T09:00:00Z", "count": 1}`, string(b))
}

// broken is a Memory that nobody reaches, and that nobody may ask where it has a test.
type broken struct{ t *testing.T }

func (b broken) fail() error {
	if b.t != nil {
		b.t.Error("asked")
	}
	return errors.New("down")
}

func (b broken) Load(context.Context, string) (responder.Entry, error) {
	return responder.Entry{}, b.fail()
}

func (b broken) Store(context.Context, string, []byte, time.Time) error { return b.fail() }

func (b broken) Swap(context.Context, string, int64, []byte, time.Time) (responder.Entry, bool, error) {
	return responder.Entry{}, false, b.fail()
}
