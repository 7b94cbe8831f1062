package host

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Submitter takes what an inspector found: SubmissionQueue.
type Submitter interface {
	Submit(ctx context.Context, s responder.Submission) error
}

// InspectorPorts are what an inspector's host stands on.
type InspectorPorts struct {
	Submit   Submitter
	Postpone Postponer // may be nil: failures come back after the queue's visibility time-out
	Now      func() time.Time
	Log      *slog.Logger
}

// InspectorOptions of an inspector.
type InspectorOptions struct {
	// ID names the inspector, in tokens, reports and metrics: 1 to 32 of a-z, 0-9 and -.
	ID string
	// Types of the attributes that it accepts; "*" or none for all.
	Types []string
	// Concurrency is how many goroutines call Inspect at once; 8 if zero.
	Concurrency int
	// GiveUp is the age of a task at which an error is no longer retried; 1 h if zero, 3 days at most. Waiting
	// that an error asked for (responder.RetryAfter) is not bounded by it, but by 3 days.
	GiveUp time.Duration
	// MaxReceives is the number of deliveries at which nothing is retried any more; 50 if zero. It must not be
	// above the queue's maxReceiveCount.
	MaxReceives int
}

const (
	// maxWait is when a task is given up at last: its queue keeps it for four days.
	maxWait = 3 * 24 * time.Hour
	// minTries are made whatever the age of the task: it may have waited long for something else.
	minTries = 4
)

// Check reports all faults of the options at once.
func (o InspectorOptions) Check() error {
	errs := []error{registry.CheckID(o.ID)}
	for _, t := range o.Types {
		if t == "" || t != entity.Normalize(responder.Attribute{Type: t}).Type {
			errs = append(errs, fmt.Errorf("types: %.40q, expected attribute types in lower case, or *", t))
		}
	}
	for name, n := range map[string]int64{
		"concurrency": int64(o.Concurrency), "give up": int64(o.GiveUp), "max receives": int64(o.MaxReceives),
	} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("%s: %d, expected 0 or more", name, n))
		}
	}
	return errors.Join(errs...)
}

func (o InspectorOptions) withDefaults() InspectorOptions {
	o.Concurrency = cmp.Or(o.Concurrency, 8)
	o.GiveUp = min(cmp.Or(o.GiveUp, time.Hour), maxWait)
	o.MaxReceives = cmp.Or(o.MaxReceives, 50)
	return o
}

type inspector struct {
	InspectorPorts
	InspectorOptions
	one      responder.Inspector
	all      responder.BatchInspector // nil: one by one
	answered memory
}

// Inspector makes a handler of an inspector: tasks in, submissions out. It panics at once where something is
// missing.
//
// When all attributes of a task have an answer, one submission with done set says so (more than one where the
// pages need it). When some have to be asked again, the others' pages are submitted without it, are not asked
// again in this process, and the message waits.
func Inspector(i responder.Inspector, p InspectorPorts, o InspectorOptions) Handler {
	must("inspector", given("the inspector", i), given("Submit", p.Submit), given("Now", p.Now), o.Check())
	if p.Log == nil {
		p.Log = slog.Default()
	}
	h := &inspector{InspectorPorts: p, InspectorOptions: o.withDefaults(), one: i}
	h.all, _ = i.(responder.BatchInspector)
	return Batch(Each(h.deliver), Options{
		Postpone: p.Postpone, Backoff: byAge(p.Now), Margin: reserve, Log: p.Log,
	})
}

// deliver takes one task from the queue.
func (h *inspector) deliver(ctx context.Context, d envelope.Delivery) error {
	m, err := readTask(d.Body)
	if err != nil {
		return err
	}
	key := m.ReportID + " " + m.Token(h.ID)
	tasks := h.accepted(m, key)
	r := h.sort(tasks, h.ask(ctx, rotate(tasks, d.ReceiveCount, h.Concurrency)), d)
	h.logFailures(ctx, m, r)
	if err := h.submit(ctx, m, r); err != nil {
		return fmt.Errorf("report %s: %w", entity.Cut(m.ReportID, 80), err)
	}
	if r.open == nil {
		h.answered.forget(key)
		return nil
	}
	h.answered.add(key, r.done)
	return fmt.Errorf("report %s: %d of %d attributes: %w",
		entity.Cut(m.ReportID, 80), len(tasks)-len(r.done), len(tasks), r.open)
}

// logFailures says once per task what became a page of outcome failed.
func (h *inspector) logFailures(ctx context.Context, m responder.TaskMessage, r round) {
	if len(r.fails) == 0 {
		return
	}
	args := []any{"inspector", h.ID, "report_id", entity.Cut(m.ReportID, 80), "failed", len(r.fails),
		"error", errorText(r.fails[0])}
	if stack := stackOf(r.fails[0]); stack != "" {
		args = append(args, "stack", stack)
	}
	h.Log.WarnContext(ctx, "inspections failed", args...)
}

func readTask(body string) (responder.TaskMessage, error) {
	var m responder.TaskMessage
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return m, responder.Permanent(fmt.Errorf("task: %w", err))
	}
	err := responder.CheckVersion(m.V)
	if m.ReportID == "" {
		err = errors.Join(err, errors.New("report_id: missing"))
	}
	if m.Origin == "" {
		err = errors.Join(err, errors.New("origin: missing"))
	}
	if err != nil {
		return m, responder.Permanent(fmt.Errorf("task: %w", err))
	}
	return m, nil
}

// accepted are the tasks that this inspector has to look into, each attribute once, without those that it has
// answered already.
func (h *inspector) accepted(m responder.TaskMessage, key string) []responder.Task {
	seen := h.answered.get(key)
	var tasks []responder.Task
	for _, t := range m.Tasks() {
		hash := hashOf(t)
		if h.accepts(t.Attribute.Type) && !seen[hash] {
			seen[hash] = true
			tasks = append(tasks, t)
		}
	}
	return tasks
}

func (h *inspector) accepts(kind string) bool {
	return len(h.Types) == 0 || slices.Contains(h.Types, "*") || slices.Contains(h.Types, kind)
}

func hashOf(t responder.Task) entity.Hash { return entity.HashOf(entity.Normalize(t.Attribute)) }

// rotate begins with other tasks at each delivery, so that those that always have to wait do not keep the
// others from being asked.
func rotate(tasks []responder.Task, receives, step int) []responder.Task {
	if len(tasks) == 0 {
		return nil
	}
	n := max(receives-1, 0) * step % len(tasks)
	return slices.Concat(tasks[n:], tasks[:n])
}
