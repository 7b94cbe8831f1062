package awscontext

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No more than two in each second for one account and region, others beside them.
func TestLookupsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := map[string][]time.Time{}
		var tr trail
		ask := func(_ context.Context, q question) (answer, error) {
			mu.Lock()
			defer mu.Unlock()
			asked[q.region] = append(asked[q.region], time.Now())
			return answer{}, nil
		}
		begin := time.Now()
		var all sync.WaitGroup
		for i := range 20 {
			for _, region := range []string{"eu-west-1", "us-east-1"} {
				all.Go(func() {
					_, err := tr.look(t.Context(), question{region: region, by: byKey, value: strconv.Itoa(i)}, ask)
					assert.NoError(t, err)
				})
			}
		}
		all.Wait()
		assert.Equal(t, 19*lookupEvery, time.Since(begin))
		for region, times := range asked {
			require.Len(t, times, 20)
			for i := 2; i < len(times); i++ {
				assert.GreaterOrEqual(t, times[i].Sub(times[i-2]), time.Second, region)
			}
		}
	})
}

// One question of many is asked once a minute, and no failure is kept.
func TestLookupsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		fail := errors.New("throttled")
		var result error
		var tr trail
		ask := func(context.Context, question) (answer, error) {
			time.Sleep(time.Second)
			asked.Add(1)
			return answer{more: true}, result
		}
		q := question{account: "123456789012", region: "eu-west-1", by: byKey, value: "AKIA"}
		for range 3 {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					a, err := tr.look(t.Context(), q, ask)
					assert.True(t, err == nil && a.more)
				})
			}
			all.Wait()
		}
		assert.EqualValues(t, 1, asked.Load())
		time.Sleep(remembered)
		_, err := tr.look(t.Context(), q, ask)
		assert.NoError(t, err)
		assert.EqualValues(t, 2, asked.Load())

		result = fail
		time.Sleep(remembered)
		_, err = tr.look(t.Context(), q, ask)
		assert.ErrorIs(t, err, fail)
		result = nil
		_, err = tr.look(t.Context(), q, ask)
		assert.NoError(t, err)
		assert.EqualValues(t, 4, asked.Load())
		for i := range 100 {
			_, err := tr.look(t.Context(), question{value: strconv.Itoa(i)}, ask)
			assert.NoError(t, err)
		}
		assert.Less(t, len(tr.known), 70, "what is old is forgotten")
	})
}

// Who goes away does so alone: the others are answered.
func TestLookupsAreGivenUpAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr trail
		ask := func(ctx context.Context, _ question) (answer, error) {
			select {
			case <-ctx.Done():
				return answer{}, ctx.Err()
			case <-time.After(10 * time.Second):
				return answer{more: true}, nil
			}
		}
		hasty, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		q := question{value: "q"}
		var all sync.WaitGroup
		all.Go(func() {
			_, err := tr.look(hasty, q, ask)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		time.Sleep(time.Second)
		all.Go(func() {
			a, err := tr.look(t.Context(), q, ask)
			assert.True(t, err == nil && a.more)
		})
		late, cancelLate := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancelLate()
		all.Go(func() {
			_, err := tr.look(late, q, ask)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		all.Wait()
	})
}
