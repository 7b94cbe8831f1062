package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// book is a ledger with its clock and what it is kept in.
type book struct {
	ledger.Ledger
	now    time.Time
	memory responder.Memory
}

func newBook() *book {
	b := &book{now: start, memory: responder.NewMemory()}
	b.Ledger = ledger.Ledger{Memory: b.memory, Now: func() time.Time { return b.now }}
	return b
}

func instance(n int) actions.Target {
	return actions.Target{Kind: actions.IsolateInstance, Value: fmt.Sprintf("i-%08d", n), Account: "111122223333", Region: "eu-west-1"}
}

func action(t actions.Target, report string) ledger.Action {
	return ledger.Action{Target: t, Before: actions.Before(`{"was":"` + report + `"}`), Report: report, Rule: "rule", Why: "why", Name: "instance " + t.Value}
}

func (b *book) begin(t *testing.T, target actions.Target, report string, ceiling int) ledger.Standing {
	t.Helper()
	s, err := b.Find(t.Context(), target)
	require.NoError(t, err)
	s, err = b.Begin(t.Context(), s, action(target, report), ceiling)
	require.NoError(t, err)
	return s
}

func (b *book) state(t *testing.T, id string) ledger.State {
	t.Helper()
	a, ok, err := b.Get(t.Context(), id)
	require.NoError(t, err)
	require.True(t, ok)
	return a.State
}

var did = actions.Done{Did: []string{"it"}}

// An action goes its way, and each step is found as it was left, by a ledger that knows nothing but the Memory.
func TestAnActionFromBeginningToUndone(t *testing.T) {
	b, ctx := newBook(), t.Context()
	s := b.begin(t, instance(1), "R1", 5)
	id := s.Action.ID
	assert.Equal(t, ledger.Doing, b.state(t, id))
	b.now = start.Add(time.Minute)
	s, err := b.Again(ctx, s, actions.Before(`{"was":"R1 and more"}`), 5)
	require.NoError(t, err)
	s, err = b.End(ctx, s, did, nil, false)
	require.NoError(t, err)
	assert.Equal(t, ledger.Done, s.Action.State)
	s, err = b.Join(ctx, s, "R2")
	require.NoError(t, err)
	found, err := b.Find(ctx, instance(1))
	require.NoError(t, err)
	a := found.Action
	assert.Equal(t, s.Action, a)
	assert.JSONEq(t, `{"was":"R1 and more"}`, string(a.Before))
	assert.Equal(t, []any{"R1", []string{"R1", "R2"}, []string{"it"}, 2, start, b.now, b.now}, []any{a.Report, a.Reports, a.Did, a.Tries, a.At, a.Tried, a.Ended})

	a, err = b.Undoing(ctx, id, "somebody")
	require.NoError(t, err)
	assert.Equal(t, ledger.Undoing, a.State)
	require.NoError(t, b.NotUndone(ctx, id, errors.New("AWS said 503")))
	a, err = b.Undoing(ctx, id, "somebody else")
	require.NoError(t, err, "who tries again goes on")
	require.NoError(t, b.Undone(ctx, id, actions.Done{Left: []string{"a group is gone"}}))
	require.NoError(t, b.Undone(ctx, id, actions.Done{}), "once more is harmless")
	a, _, err = b.Get(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, []any{ledger.Undone, "somebody else", b.now, ""}, []any{a.State, a.By, a.Undone, a.Error})
	_, err = b.Undoing(ctx, id, "x")
	assert.ErrorIs(t, err, ledger.ErrState)
}

// What cannot be is refused, and nothing changes.
func TestWhatCannotBe(t *testing.T) {
	b, ctx := newBook(), t.Context()
	s := b.begin(t, instance(1), "R1", 5)
	_, err := b.Begin(ctx, s, action(instance(1), "R2"), 5)
	assert.ErrorIs(t, err, ledger.ErrState, "it is being done")
	_, err = b.Undoing(ctx, s.Action.ID, "x")
	assert.ErrorIs(t, err, ledger.ErrBusy, "the function may be at it")
	b.now = b.now.Add(ledger.Attempt)
	_, err = b.Undoing(ctx, s.Action.ID, "x")
	assert.NoError(t, err, "it died")
	_, err = b.Again(ctx, s, nil, 5)
	assert.ErrorIs(t, err, ledger.ErrOvertaken, "somebody puts it back")
	free, err := b.Find(ctx, instance(2))
	require.NoError(t, err)
	_, err = b.Again(ctx, free, nil, 5)
	assert.ErrorIs(t, err, ledger.ErrState, "nothing was begun")
	for _, bad := range []ledger.Action{{Report: "R"}, {Before: actions.Before(`{}`)}} {
		_, err = b.Begin(ctx, free, bad, 5)
		assert.ErrorIs(t, err, ledger.ErrState)
	}
	for _, id := range []string{"", "x-1", "k3jq7f3a2c5b4dxy", "k3jq7f3a2c5b4dxy-0", "k3jq7f3a2c5b4dxy-01", "K3JQ7F3A2C5B4DXY-1", "../quarantine#index-1"} {
		_, _, err = b.Get(ctx, id)
		assert.ErrorContains(t, err, "expected one as the report or the list has it", id)
	}
	_, ok, err := b.Get(ctx, "k3jq7f3a2c5b4dxy-1")
	assert.True(t, !ok && err == nil)
	assert.ErrorContains(t, b.NotUndone(ctx, "k3jq7f3a2c5b4dxy-1", err), "there is no such action")
}

// What was given up stands in the way only where something may have been done.
func TestWhatWasGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		again bool
		done  actions.Done
		holds bool
	}{"at once": {}, "with something done": {done: did, holds: true}, "at the second try": {again: true, holds: true}} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			s := b.begin(t, instance(1), "R1", 5)
			var err error
			if c.again {
				s, err = b.Again(t.Context(), s, s.Action.Before, 5)
				require.NoError(t, err)
			}
			s, err = b.End(t.Context(), s, c.done, errors.New("refused"), true)
			require.NoError(t, err)
			assert.Equal(t, []any{ledger.Failed, "refused", c.holds}, []any{s.Action.State, s.Action.Error, s.Action.Holds()})
		})
	}
}

// A report is remembered on its target, also when others came after it.
func TestWhatAReportHas(t *testing.T) {
	b, ctx := newBook(), t.Context()
	for n := range 9 {
		s := b.begin(t, instance(1), fmt.Sprint("R", n), 50)
		b.now = b.now.Add(ledger.Attempt)
		_, err := b.Undoing(ctx, s.Action.ID, "x")
		require.NoError(t, err)
		require.NoError(t, b.Undone(ctx, s.Action.ID, actions.Done{}))
	}
	s, err := b.Find(ctx, instance(1))
	require.NoError(t, err)
	for n := range 9 {
		a, ok := s.Had(fmt.Sprint("R", n))
		require.True(t, ok)
		assert.Equal(t, []any{fmt.Sprint("R", n), ledger.Undone}, []any{a.Report, a.State})
	}
	_, ok := s.Had("R9")
	assert.False(t, ok)
	old, _ := s.Had("R0")
	_, err = b.Undoing(ctx, old.ID, "x")
	assert.ErrorContains(t, err, "is over; what stands now is")
}

// However much there is to say, it can be kept, and what was before is never cut.
func TestItemsHaveRoom(t *testing.T) {
	b, ctx, long := newBook(), t.Context(), strings.Repeat("<\x00é", 40_000)
	many := make([]string, 100)
	for i := range many {
		many[i] = long
	}
	before := actions.Before(`"` + strings.Repeat("b", actions.MaxBefore-2) + `"`)
	for n := range 12 {
		s, err := b.Find(ctx, instance(1))
		require.NoError(t, err)
		a := action(instance(1), fmt.Sprint("R", n))
		a.Before, a.Name, a.ARN, a.Why, a.Alert, a.Warnings = before, long, long, long, long, many
		s, err = b.Begin(ctx, s, a, 50)
		require.NoError(t, err)
		for i := range 102 {
			s, err = b.Join(ctx, s, fmt.Sprintf("%032d-%08d", i, n))
			require.NoError(t, err)
		}
		s, err = b.End(ctx, s, actions.Done{Did: many, Left: many}, errors.New(long), true)
		require.NoError(t, err)
		assert.Equal(t, before, s.Action.Before)
		b.now = b.now.Add(ledger.Attempt)
		_, err = b.Undoing(ctx, s.Action.ID, long)
		require.NoError(t, err)
		require.NoError(t, b.NotUndone(ctx, s.Action.ID, errors.New(long)))
		require.NoError(t, b.Undone(ctx, s.Action.ID, actions.Done{Left: many}))
	}
}

// The ceiling is of any hour. What was tried again counts once, from its last try.
func TestCeiling(t *testing.T) {
	b, ctx := newBook(), t.Context()
	first := b.begin(t, instance(1), "R", 2)
	first, err := b.Again(ctx, first, first.Action.Before, 1)
	require.NoError(t, err, "it has its place already")
	b.now = start.Add(30 * time.Minute)
	b.begin(t, instance(2), "R", 2)
	try := func(n int) error {
		s, err := b.Find(ctx, instance(n))
		require.NoError(t, err)
		_, err = b.Begin(ctx, s, action(instance(n), "R"), 2)
		return err
	}
	assert.ErrorIs(t, try(3), ledger.ErrCeiling)
	b.now = start.Add(time.Hour + time.Minute)
	assert.ErrorIs(t, try(3), ledger.ErrCeiling, "the first may have been done a minute late")
	b.now = start.Add(time.Hour + ledger.Attempt)
	assert.NoError(t, try(3))
	_, err = b.Again(ctx, first, first.Action.Before, 2)
	assert.ErrorIs(t, err, ledger.ErrCeiling, "its place is another's by now")
	s, err := b.Find(ctx, instance(4))
	require.NoError(t, err)
	_, err = b.Begin(ctx, s, action(instance(4), "R"), 0)
	assert.ErrorIs(t, err, ledger.ErrCeiling, "none at all")
}

// Nobody knows how many there were where that cannot be read: nothing is begun.
func TestAnIndexThatCannotBeReadStopsAll(t *testing.T) {
	for _, text := range []string{`{"v":1,"places":`, `{"v":99}`} {
		b := newBook()
		require.NoError(t, b.memory.Store(t.Context(), "quarantine#index", []byte(text), start.Add(time.Hour)))
		s, err := b.Find(t.Context(), instance(1))
		require.NoError(t, err)
		_, err = b.Begin(t.Context(), s, action(instance(1), "R"), 5)
		assert.Error(t, err)
		_, err = b.List(t.Context(), 10)
		assert.Error(t, err)
	}
}

// Of many reports at once that ask for one target one gets it, and of many targets as many as the ceiling allows.
func TestManyAtOnce(t *testing.T) {
	b := newBook()
	var done, full, late atomic.Int32
	var wg sync.WaitGroup
	for n := range 60 {
		wg.Go(func() {
			target := instance(n % 20)
			for range 100 {
				s, err := b.Find(t.Context(), target)
				if assert.NoError(t, err); s.Action.Holds() {
					late.Add(1)
					return
				}
				_, err = b.Begin(t.Context(), s, action(target, fmt.Sprint("R", n)), 7)
				switch {
				case err == nil:
					done.Add(1)
					return
				case errors.Is(err, ledger.ErrCeiling):
					full.Add(1)
					return
				case errors.Is(err, ledger.ErrOvertaken):
				default:
					_, waits := responder.RetryDelay(err)
					assert.True(t, waits, "%v", err)
				}
			}
			t.Error("never came to an end")
		})
	}
	wg.Wait()
	list, err := b.List(t.Context(), 100)
	require.NoError(t, err)
	assert.Len(t, list, int(done.Load()))
	assert.LessOrEqual(t, len(list), 7)
	assert.Positive(t, len(list))
	assert.EqualValues(t, 60, done.Load()+full.Load()+late.Load())
}

// What would be done is another ledger: each report has its own, and one ceiling is for all of them.
func TestADryLedgerIsAnother(t *testing.T) {
	b, ctx := newBook(), t.Context()
	b.begin(t, instance(1), "R1", 1)
	for n, report := range []string{"R1", "R2"} {
		dry := b.Ledger
		dry.Dry = report
		s, err := dry.Find(ctx, instance(1))
		require.NoError(t, err)
		assert.Empty(t, s.Action)
		s, err = dry.Begin(ctx, s, action(instance(1), report), 1)
		if n > 0 {
			assert.ErrorIs(t, err, ledger.ErrCeiling)
			continue
		}
		require.NoError(t, err)
		_, ok, err := b.Get(ctx, s.Action.ID)
		assert.True(t, !ok && err == nil, "nobody can put back what was not done")
	}
	list, err := b.List(ctx, 10)
	require.NoError(t, err)
	assert.Len(t, list, 1)
}

// The newest come first, and no more than were asked for.
func TestList(t *testing.T) {
	b := newBook()
	for n := range 5 {
		b.now = b.now.Add(time.Minute)
		b.begin(t, instance(n), "R", 50)
	}
	list, err := b.List(context.Background(), 3)
	require.NoError(t, err)
	var got []string
	for _, a := range list {
		got = append(got, a.Target.Value)
	}
	assert.Equal(t, []string{"i-00000004", "i-00000003", "i-00000002"}, got)
}
