package receptor

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What there is no time for is asked for again at once, and nothing is called for it.
func TestNoTimeIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &Receptor{Now: time.Now}
	errs := r.Receive(ctx, []envelope.Delivery{{ID: "1", Body: `{"rule":"r","key":"a"}`}, {ID: "2", Body: `{"rule":"r","key":"b"}`}})
	require.Len(t, errs, 2)
	for _, err := range errs {
		require.ErrorIs(t, err, context.Canceled)
		after, ok := responder.RetryDelay(err)
		assert.True(t, ok)
		assert.Zero(t, after)
	}
}
