package reviewer

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// asked asks a policy in a function that has 30 s, and says how much of them is left.
func asked(t *testing.T, p responder.ReviewerFunc, a attempt) (result responder.Result, left time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		r := &Reviewer{Policy: p, Log: slog.New(slog.DiscardHandler)}
		result, err = r.ask(ctx, responder.Report{ReportID: "A-1"}, a)
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		time.Sleep(2 * time.Hour) // the deaf one returns
	})
	return result, left, err
}

// A policy that hangs must not keep people from hearing.
func TestAPolicyThatHangs(t *testing.T) {
	polite := func(ctx context.Context, _ responder.Report) (responder.Result, error) {
		<-ctx.Done()
		return responder.Result{}, ctx.Err()
	}
	deaf := func(context.Context, responder.Report) (responder.Result, error) {
		time.Sleep(time.Hour)
		return responder.Result{}, nil
	}
	for _, policy := range []responder.ReviewerFunc{polite, deaf} {
		_, left, err := asked(t, policy, attempt{receive: 1, last: 20})
		require.Error(t, err, "it is tried again")
		_, waits := responder.RetryDelay(err)
		assert.True(t, waits)
		assert.Equal(t, publishTime, left, "there is time to publish")
		for _, a := range []attempt{{receive: policyAttempts, last: 20}, {receive: 2, last: 2}} {
			result, left, err := asked(t, policy, a)
			require.NoError(t, err)
			assert.Equal(t, responder.Unclassified, result.Severity)
			assert.Contains(t, result.Reason, "the reviewer failed")
			assert.Equal(t, publishTime, left)
		}
	}
}

// In a batch, others may have taken the time.
func TestTooLittleTimeIsNoFaultOfThePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), publishTime)
		defer cancel()
		calls := 0
		r := &Reviewer{Log: slog.New(slog.DiscardHandler), Policy: responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) {
			calls++
			return responder.Result{Severity: responder.Safe}, nil
		})}
		_, err := r.ask(ctx, responder.Report{}, attempt{receive: policyAttempts, last: 20})
		require.ErrorIs(t, err, errNoTime)
		assert.Zero(t, calls)
		result, err := r.ask(ctx, responder.Report{}, attempt{receive: 20, last: 20})
		require.NoError(t, err)
		assert.Equal(t, responder.Safe, result.Severity)
	})
}

func TestAPolicyThatFails(t *testing.T) {
	fails := func(err error) responder.ReviewerFunc {
		return func(context.Context, responder.Report) (responder.Result, error) { return responder.Result{}, err }
	}
	_, _, err := asked(t, fails(errors.New("503")), attempt{receive: 1, last: 20})
	require.ErrorContains(t, err, "503")
	result, _, err := asked(t, fails(errors.New("503")), attempt{receive: policyAttempts, last: 20})
	require.NoError(t, err)
	assert.Equal(t, responder.Result{Severity: responder.Unclassified, Reason: "the reviewer failed: 503"}, result)
	result, _, err = asked(t, fails(responder.Permanent(errors.New("no policy"))), attempt{receive: 1, last: 20})
	require.NoError(t, err)
	assert.Contains(t, result.Reason, "no policy")
	result, _, err = asked(t, func(context.Context, responder.Report) (responder.Result, error) { panic("oh") }, attempt{receive: 1, last: 20})
	require.NoError(t, err)
	assert.Contains(t, result.Reason, "it panicked")
	assert.NotContains(t, result.Reason, "oh")
}
