package local

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/emitters/webhook"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// secretVariable has the secret of the webhooks; without one, they are not signed.
const secretVariable = "ALERTRESPONDER_WEBHOOK_SECRET"

// hookTries is how often a notification is tried. On a clock that waits for nothing, the retries of a queue
// would hammer a service that is down.
const hookTries = 2

// hook is a webhook that remembers what it could not deliver.
type hook struct {
	responder.Emitter

	mu    sync.Mutex
	tried map[string]int // by report and seq
	errs  []error
}

// webhooks are those that the command line asks for.
func (c *Command) webhooks() ([]*hook, error) {
	var hooks []*hook
	for _, u := range c.Webhook {
		o := webhook.Options{URL: u, Unsigned: os.Getenv(secretVariable) == ""}
		if !o.Unsigned {
			o.Secret = responder.EnvSecret(secretVariable)
		}
		e, err := webhook.New(o)
		if err != nil {
			return nil, console.Usage(fmt.Errorf("--%w", err))
		}
		hooks = append(hooks, &hook{Emitter: e, tried: map[string]int{}})
	}
	return hooks, nil
}

func emitters(hooks []*hook) []inprocess.Emitter {
	var out []inprocess.Emitter
	for i, h := range hooks {
		out = append(out, inprocess.Emitter{ID: fmt.Sprintf("webhook-%d", i+1), Emitter: h})
	}
	return out
}

// Emit implements responder.Emitter.
func (h *hook) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	receipt, err := h.Emitter.Emit(ctx, r, prev)
	if err == nil {
		return receipt, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id := fmt.Sprintf("%s %d", r.ReportID, r.Seq)
	if h.tried[id]++; h.tried[id] < hookTries && !responder.IsPermanent(err) {
		return receipt, err
	}
	h.errs = append(h.errs, fmt.Errorf("webhook: report %s, %s: %w", r.ReportID, r.Status, err))
	return receipt, responder.Permanent(err)
}

func (h *hook) failures() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.errs
}
