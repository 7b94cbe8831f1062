// Package quarantine acts on resources of AWS by what a report says.
//
// in → out: a report → calls of AWS, and the receipt of them.
package quarantine

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ID is the emitter's id.
const ID = "quarantine"

// Options of New.
type Options struct {
	// Config is the configuration of the clients of AWS.
	Config func(context.Context) (aws.Config, error)
	// Memory is what is remembered beyond a report.
	Memory responder.Memory
	// Getenv reads an environment variable of the function. Nil: all are empty.
	Getenv func(name string) string
	// Now is time.Now if nil.
	Now func() time.Time
}

type emitter struct{ Options }

// New makes the emitter. All faults of the options are one error.
func New(o Options) (responder.Emitter, error) { return &emitter{o}, nil }

// Emit implements responder.Emitter.
func (e *emitter) Emit(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
	return nil, responder.Permanent(errors.New("quarantine: not there yet"))
}
