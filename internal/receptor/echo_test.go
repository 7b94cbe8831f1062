package receptor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// Only what is marked may be left out, and only where a settled report knows it: one that is not may have to be finished.
func TestWhatIsKnown(t *testing.T) {
	alert := protocol.Arrival{ID: "a", Severity: 70, LastSeen: 5}
	settled := protocol.Item{ReportID: "r", Ver: 1, Judged: 1, Severity: 70, LastSeen: 5}
	unsettled := settled
	unsettled.Ver = 2
	echo := &arrival{Arrival: alert, echo: true}
	assert.True(t, echo.isKnown(settled))
	assert.False(t, echo.isKnown(unsettled))
	assert.False(t, echo.isKnown(protocol.Item{Severity: 70, LastSeen: 5}), "there is no report")
	assert.False(t, (&arrival{Arrival: alert}).isKnown(settled), "it is no echo")
}

var errStore = errors.New("the store does not answer")

type noItems struct{ Items }

func (noItems) Get(context.Context, string) (protocol.Item, error) {
	return protocol.Item{}, errStore
}

// Who cannot look whether a report knows it tries again.
func TestAnEchoThatCannotBeLookedUpComesBack(t *testing.T) {
	r := &Receptor{Now: time.Now, Items: noItems{}}
	errs := r.Receive(t.Context(), []envelope.Delivery{{ID: "1", Body: `{"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"p",
		"Workflow":{"Status":"RESOLVED"},"UserDefinedFields":{"AlertResponder":"RESOLVED"}}`}})
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], errStore)
}
