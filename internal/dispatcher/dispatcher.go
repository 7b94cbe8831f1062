// Package dispatcher hands out the tasks that had to wait for InspectionDelay.
//
// in → out: a task from InspectionQueue → the same task on TaskNotification.
package dispatcher

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Tasks is where tasks are published.
type Tasks interface {
	Task(ctx context.Context, t responder.TaskMessage) error
}

// Dispatcher publishes delayed tasks. It has no state.
type Dispatcher struct{ Tasks Tasks }

// Dispatch publishes one task.
func (d *Dispatcher) Dispatch(ctx context.Context, m envelope.Delivery) error {
	var task responder.TaskMessage
	if err := json.Unmarshal([]byte(m.Body), &task); err != nil {
		return fmt.Errorf("task: %w", err)
	}
	if err := responder.CheckVersion(task.V); err != nil {
		return fmt.Errorf("task %s: %w", task.ReportID, err)
	}
	return d.Tasks.Task(ctx, task)
}
