// Package slack carries reports to Slack.
//
// in → out: a report → what Slack shows of it, and the receipt of that.
package slack

import (
	"context"
	"errors"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// ID is the emitter's id.
const ID = "slack"

type emitter struct{ settings delivery.Settings }

// New makes the emitter. All faults of the settings are one error.
func New(s delivery.Settings) (responder.Emitter, error) { return &emitter{s}, nil }

// Emit implements responder.Emitter.
func (e *emitter) Emit(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
	return nil, responder.Permanent(errors.New("slack: not there yet"))
}
