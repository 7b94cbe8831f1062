package host

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

type nowhere struct{ Postponer }

// A service that is over its quota for an hour, and says each time that it is over in a second or a minute, is asked again after it.
func TestShortWaitsOutlastAnHour(t *testing.T) {
	for _, asked := range []time.Duration{time.Second, time.Minute} {
		sent := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
		now := sent
		b := &batch{Options: Options{Postpone: nowhere{}, Backoff: byAge(func() time.Time { return now })}}
		for n := 1; n <= 50; n++ {
			d := envelope.Delivery{QueueARN: "q", ReceiptHandle: "r", SentAt: sent, ReceiveCount: n}
			wait, ok := b.delay(d, responder.RetryAfter(errors.New("over quota"), asked))
			require.True(t, ok)
			if n <= manyReceives {
				assert.Equal(t, asked, wait, "as it was asked for")
			}
			assert.GreaterOrEqual(t, wait, asked)
			now = now.Add(wait)
		}
		assert.Greater(t, now.Sub(sent), 90*time.Minute, asked)
	}
	b := &batch{Options: Options{Postpone: nowhere{}, Backoff: byAge(time.Now)}}
	at := func(d time.Duration) time.Duration {
		wait, _ := b.delay(envelope.Delivery{QueueARN: "q", ReceiptHandle: "r", ReceiveCount: 40}, responder.RetryAfter(errors.New("x"), d))
		return wait
	}
	assert.Zero(t, at(0), "there was progress, and only time was missing")
	assert.Equal(t, 3*time.Hour, at(3*time.Hour))
}
