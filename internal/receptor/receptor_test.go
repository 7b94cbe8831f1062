package receptor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
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

// While nobody knows what the mappings are, messages that one of them may know come back.
func TestMappingsThatCannotBeHad(t *testing.T) {
	r := &Receptor{Now: time.Now, Mappings: MappingsFunc(func(context.Context) (ingest.Mappings, error) { return nil, errors.New("throttled") })}
	errs := r.Receive(t.Context(), []envelope.Delivery{{ID: "1", Body: `{"rule":"r","key":"a"}`}, {ID: "2", Body: "x"}})
	require.Len(t, errs, 2)
	for _, err := range errs {
		require.EqualError(t, err, "mappings: throttled")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range r.Receive(ctx, []envelope.Delivery{{ID: "1", Body: "x"}}) {
		assert.ErrorContains(t, err, "not begun", "and no mappings are asked for")
	}
}
