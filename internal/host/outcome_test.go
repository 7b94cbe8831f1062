package host

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// changing is a batch inspector that works on the tasks it was given.
type changing struct{}

func (changing) Inspect(context.Context, responder.Task) (responder.Page, error) { panic("not called") }

func (changing) InspectAll(_ context.Context, tasks []responder.Task) ([]responder.Page, error) {
	pages := make([]responder.Page, len(tasks))
	for i := range tasks {
		tasks[i].Attribute.Value += "/32"
		pages[i].Signals = []responder.Signal{{Kind: "k", Verdict: responder.Malicious}}
	}
	return pages, nil
}

func TestABatchInspectorMayWorkOnItsTasks(t *testing.T) {
	h := &inspector{InspectorOptions: InspectorOptions{ID: "x"}.withDefaults(), all: changing{}, InspectorPorts: InspectorPorts{Now: time.Now}}
	tasks := []responder.Task{{Attribute: responder.Attribute{Type: "ipaddr", Value: "192.0.2.1"}}}
	r := h.sort(tasks, h.ask(t.Context(), tasks), envelope.Delivery{})
	require.Len(t, r.pages, 1)
	assert.Equal(t, responder.Found, r.pages[0].Outcome)
	assert.Equal(t, "192.0.2.1", r.pages[0].Attribute.Value)

	lost := h.sort(tasks, nil, envelope.Delivery{})
	assert.Empty(t, lost.pages, "no answer is not a clean one")
	assert.Error(t, lost.open)
}
