package host_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/memory"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// leases are those of the driver, and lose what they are told to.
type leases struct {
	plugindata.Receipts
	lost int // so many releases
}

func (l *leases) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error) {
	if l.lost > 0 {
		l.lost--
		return false, errors.New("throttled")
	}
	return l.Receipts.Release(ctx, key, owner, s, expires)
}

// interruptible is a hosted emitter that notes whether it was told of an interruption.
type interruptible struct {
	*stage
	leases
	seen    []bool
	err     error
	receipt responder.Receipt // in place of the usual one
	panics  bool
}

func newInterruptible(t *testing.T) *interruptible {
	driver, err := memory.New()
	require.NoError(t, err)
	i := &interruptible{stage: newStage(), leases: leases{Receipts: driver}}
	i.handler = host.Emitter(responder.EmitterFunc(func(ctx context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
		i.seen = append(i.seen, responder.Interrupted(ctx))
		if i.panics {
			panic("after it was posted")
		}
		if i.receipt != nil {
			return i.receipt, i.err
		}
		return responder.Receipt{"ts": "1"}, i.err
	}), host.EmitterPorts{Receipts: &i.leases, Postpone: &i.postpones, Now: func() time.Time { return i.now },
		Log: slog.New(slog.NewJSONHandler(&i.log, nil))}, host.EmitterOptions{ID: "em"})
	return i
}

// says is what the emitter is told when a notification comes.
func (i *interruptible) says(t *testing.T, r responder.Report) []bool {
	t.Helper()
	i.seen = nil
	i.send(t, r)
	return i.seen
}

// dies has a function take the lease and die with it, which is over now.
func (i *interruptible) dies(t *testing.T, seq int64) {
	t.Helper()
	_, outcome, err := i.leases.Acquire(t.Context(), "em#R", "dead", seq, i.now, i.now.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, plugindata.Acquired, outcome)
	i.now = i.now.Add(time.Minute)
}

// In the usual run of things nobody is told of an interruption, whatever the emitter answers.
func TestNothingWasInterrupted(t *testing.T) {
	i := newInterruptible(t)
	assert.Equal(t, []bool{false}, i.says(t, notice("R", 2, 1, "a")))
	for _, err := range []error{errors.New("x"), responder.RetryAfter(errors.New("429"), time.Hour), nil} {
		i.err = err
		assert.Equal(t, []bool{false}, i.says(t, verdict("R", 3, "x")), "%v", err)
	}
	i.err = responder.Permanent(errors.New("x"))
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 5, "y")))
	i.err = nil
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 7, "x")))
	i.leases.lost = 2
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 9, "y")))
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 11, "x")), "the receipt was kept by the third try")
	assert.Empty(t, i.says(t, verdict("R", 11, "x")), "what is stale is not emitted")
}

// A function that died may have left something behind.
func TestAFunctionDied(t *testing.T) {
	i := newInterruptible(t)
	i.dies(t, 3)
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 3, "x")))
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 5, "y")), "somebody has looked")
	i.dies(t, 7)
	assert.Equal(t, []bool{false}, i.says(t, verdict("Q", 7, "y")), "another report")
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 9, "x")), "also where a later one comes first")
	assert.Empty(t, i.says(t, verdict("R", 7, "x")))
}

// A receipt that could not be kept is as good as none.
func TestAReceiptThatWasNotKept(t *testing.T) {
	i := newInterruptible(t)
	i.leases.lost = 3
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 3, "x")))
	assert.Contains(t, i.log.String(), "the receipt was not kept")
	assert.Empty(t, i.says(t, verdict("R", 3, "x")), "the lease goes on")
	i.now = i.now.Add(2 * time.Minute)
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 3, "x")))
}

// So is one that is too large to be kept.
func TestAReceiptThatIsTooLarge(t *testing.T) {
	i := newInterruptible(t)
	i.receipt = responder.Receipt{"ts": strings.Repeat("1", host.MaxReceipt)}
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 3, "x")))
	assert.Empty(t, i.says(t, verdict("R", 3, "x")), "it was shown")
	i.receipt = nil
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 5, "y")))
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 7, "x")))
}

// Who panicked gave no receipt of what he did before.
func TestItPanicked(t *testing.T) {
	i := newInterruptible(t)
	i.panics = true
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 3, "x")))
	i.panics = false
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 3, "x")))
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 5, "y")))
}

// An emitter that failed may not have looked yet: it is told again, until it has done its work.
func TestItIsToldUntilSomebodyHasLooked(t *testing.T) {
	i := newInterruptible(t)
	i.dies(t, 3)
	for _, err := range []error{errors.New("503"), responder.RetryAfter(errors.New("429"), time.Hour), responder.Permanent(errors.New("x"))} {
		i.err = err
		assert.Equal(t, []bool{true}, i.says(t, verdict("R", 3, "x")), "%v", err)
	}
	i.err = nil
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 5, "y")), "what was given up has not looked")
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 7, "x")))
}

// What was overtaken by a notification whose receipt was lost is not shown after it: that one comes again.
func TestNothingOlderIsShownAfterWhatMayBeShown(t *testing.T) {
	i := newInterruptible(t)
	i.dies(t, 7)
	assert.Empty(t, i.says(t, notice("R", 6, 1, "a")))
	assert.Empty(t, i.says(t, verdict("R", 5, "x")))
	assert.Empty(t, strings.Join(i.postpones.list, " "), "nor does it come again")
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 7, "x")))
}

// A function that died may have shown something else than what is remembered: that is shown again.
func TestWhatIsShownIsNotKnownAfterAnInterruption(t *testing.T) {
	i := newInterruptible(t)
	assert.Equal(t, []bool{false}, i.says(t, verdict("R", 3, "x")))
	i.dies(t, 5) // with another verdict, perhaps after it was shown
	assert.Equal(t, []bool{true}, i.says(t, verdict("R", 7, "x")))
	assert.Empty(t, i.says(t, verdict("R", 9, "x")), "now it is known")
}
