package actions

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// However often calls are throttled, their answers lost, and whoever calls is killed: called again until it is done, and
// undone until that is done, everything is as it was.
func TestWhateverHappens(t *testing.T) {
	killed, throttled := errors.New("killed"), fault{400, "Throttling"}
	rapid.Check(t, func(r *rapid.T) {
		target := targets[rapid.SampledFrom(slices.Sorted(maps.Keys(targets))).Draw(r, "target")]
		f := newFake()
		f.retryer = hasty
		was := f.copy()
		trouble := rapid.IntRange(0, 25).Draw(r, "trouble")
		f.hook = func(string, bool) error {
			if trouble == 0 {
				return nil
			}
			trouble--
			return []error{nil, nil, killed, throttled}[rapid.IntRange(0, 3).Draw(r, "fault")]
		}
		var kept Before
		until(r, func() error { _, _, err := act(t.Context(), f.actions(), target, &kept); return err })
		trouble = rapid.IntRange(0, 25).Draw(r, "trouble in undoing")
		until(r, func() error { _, err := f.actions().Undo(t.Context(), id, target, kept, Undoing{}); return err })
		assert.Equal(r, was.plain(), f.copy().plain())
	})
}

// hasty tries twice, at once.
func hasty() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.RateLimiter = 2, ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

func until(r *rapid.T, do func() error) {
	err := do()
	for n := 0; err != nil && n < 30; n++ {
		err = do()
	}
	require.NoError(r, err)
}

// What a service says may be older than what was done: it is undone all the same. (WAF's lock tokens say so themselves.)
func TestUndoneThoughNotSeen(t *testing.T) {
	for name, target := range targets {
		if target.Kind == BlockAddress {
			continue
		}
		f := newFake()
		was := f.copy()
		var kept Before
		_, _, err := act(t.Context(), f.actions(), target, &kept)
		require.NoError(t, err, name)
		f.old = new(f.copy())
		*f.old = newFake().world
		_, err = f.actions().Undo(t.Context(), id, target, kept, Undoing{})
		require.NoError(t, err, name)
		assert.Equal(t, was.plain(), f.copy().plain(), name)
	}
}

// A security group that was just made may not be seen for a while, nor its tag, which the permissions ask for.
func TestNewGroupsAreWaitedFor(t *testing.T) {
	for _, code := range []string{"InvalidGroup.NotFound", "UnauthorizedOperation"} {
		for _, of := range []string{"RevokeSecurityGroupEgress", "ModifyNetworkInterfaceAttribute"} {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				left := 4
				f.hook = func(action string, after bool) error {
					if action == of && !after && left > 0 {
						left--
						return fault{400, code}
					}
					return nil
				}
				var kept Before
				_, d, err := act(t.Context(), f.actions(), targets["instance"], &kept)
				require.NoError(t, err)
				assert.Empty(t, d.Left)
				isolated(t, f.copy())

				left = 99
				begin := len(f.asks)
				_, err = f.actions().Do(t.Context(), "another-id-1", targets["instance"], kept)
				if of == "ModifyNetworkInterfaceAttribute" {
					require.Error(t, err, "it is not waited for where no group is new")
					assert.Less(t, len(f.asks)-begin, 12)
				}
			})
		}
	}
}

// A set that others change at the same time loses nothing of theirs.
func TestSetsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		n := 0
		f.hook = func(action string, after bool) error {
			if action == "GetIPSet" && after && n < 3 {
				n++
				f.mu.Lock()
				defer f.mu.Unlock()
				s := f.Sets["four"]
				s.Addresses, s.Lock = append(s.Addresses, []string{"192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"}[n-1]), s.Lock+1
			}
			return nil
		}
		var kept Before
		_, _, err := act(t.Context(), f.actions(), targets["address"], &kept)
		require.NoError(t, err)
		assert.Subset(t, f.copy().Sets["four"].Addresses, []string{"192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32", "203.0.113.77/32", "198.51.100.0/24"})
	})
}
