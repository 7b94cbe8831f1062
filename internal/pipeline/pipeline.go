// Package pipeline says what is wired to what: the four stages, each as the handler of its queue.
//
// in → out: the ports of a place to run (AWS, or one process) → Receptor, Dispatcher, Submitter and Reviewer
// as Lambda handlers.
package pipeline

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/clock"
	"github.com/m-mizutani/AlertResponder/internal/dispatcher"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/receptor"
	"github.com/m-mizutani/AlertResponder/internal/reviewer"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/submitter"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The queues' settings, as template.yml has them.
const (
	StageBatch      = 10
	StageReceives   = 20
	StageVisibility = 180 * time.Second

	InspectorBatch   = 1
	EmitterBatch     = 10
	PluginReceives   = 50
	PluginVisibility = 360 * time.Second
)

// Ports are what the stages stand on.
type Ports struct {
	Store      store.Store
	Bus        bus.Bus
	Inspectors handout.Inspectors
	Mappings   receptor.Mappings // may be nil: there are none
	Policy     responder.Reviewer
	Postpone   host.Postponer // may be nil: failures come back after the queue's visibility time-out
	Rules      protocol.Rules
	Now        clock.Clock
	Log        *slog.Logger
}

func (p Ports) outbox() bus.Outbox { return bus.Outbox{Bus: p.Bus} }

func (p Ports) desk() handout.Desk {
	return handout.Desk{Outbox: p.outbox(), Inspectors: p.Inspectors, Now: p.Now, Log: p.Log}
}

// Receptor: AlertQueue → ReportNotification, TaskNotification or InspectionQueue, ReviewQueue; the rest of a message that
// failed in part → AlertQueue.
func (p Ports) Receptor() host.Handler {
	r := &receptor.Receptor{
		Mappings: p.Mappings,
		Items:    p.Store, Bodies: p.Store, Notices: p.outbox(), Desk: p.desk(), Again: p.outbox(),
		Rules: p.Rules, Now: p.Now, Log: p.Log,
	}
	return p.batch(r.Receive)
}

// Dispatcher: InspectionQueue → TaskNotification.
func (p Ports) Dispatcher() host.Handler {
	d := &dispatcher.Dispatcher{Tasks: p.outbox()}
	return p.batch(host.Each(d.Dispatch))
}

// Submitter: SubmissionQueue, or one page by invocation → ReviewQueue, TaskNotification.
func (p Ports) Submitter() host.Handler {
	s := &submitter.Submitter{
		Items: p.Store, Bodies: p.Store, Desk: p.desk(),
		Rules: p.Rules, Now: p.Now, Log: p.Log,
	}
	return invokable{queue: p.batch(host.Each(s.Deliver)), direct: s.Page}
}

// Reviewer: ReviewQueue → ReportNotification.
func (p Ports) Reviewer() host.Handler {
	r := &reviewer.Reviewer{
		Items: p.Store, Bodies: p.Store, Policy: p.Policy, Notices: p.outbox(), Desk: p.desk(),
		Now: p.Now, Log: p.Log, LastReceive: StageReceives,
	}
	return p.batch(host.Each(r.Deliver))
}

func (p Ports) batch(f host.BatchFunc) host.Handler {
	return host.Batch(f, host.Options{Postpone: p.Postpone, Log: p.Log})
}

// invokable is a queue's handler that can be invoked with a payload of its own as well.
type invokable struct {
	queue  host.Handler
	direct func(ctx context.Context, payload []byte) error
}

// fromQueue is how what Lambda hands over from a queue begins: worth no second decode.
var fromQueue = []byte(`{"Records":[{"messageId":"`)

func (i invokable) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if bytes.HasPrefix(payload, fromQueue) || envelope.IsEvent(payload) {
		return i.queue.Invoke(ctx, payload)
	}
	if err := host.Guard(func() error { return i.direct(ctx, payload) }); err != nil {
		return nil, err
	}
	return []byte(`{"status":"ok"}`), nil
}
