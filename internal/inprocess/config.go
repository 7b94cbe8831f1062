package inprocess

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/policy"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Config is what to put together.
type Config struct {
	Inspectors []Inspector
	Emitters   []Emitter
	Mappings   ingest.Mappings    // nil: there are none
	Reviewer   responder.Reviewer // nil: the one that ships, policy.Strongest
	Rules      protocol.Rules     // zero durations have the stack's defaults
	Start      time.Time          // what the clock says at first; zero: now
	Log        *slog.Logger       // nil: nothing is logged
	Rude       *rand.Rand         // not nil: the bus repeats, reorders and delays
	Wrap       Wrap
}

// Wrap lets tests stand between the stages and what they call. Nil functions change nothing.
type Wrap struct {
	Store    func(store.Store) store.Store
	Bus      func(bus.Bus) bus.Bus
	Receipts func(plugindata.Receipts) plugindata.Receipts
	Handler  func(queue string, h host.Handler) host.Handler

	Inspectors func(handout.Inspectors) handout.Inspectors
	Postpone   func(host.Postponer) host.Postponer
}

// Inspector is an inspector with its registration.
type Inspector struct {
	ID        string
	Types     []string // "*" for all
	Inspector responder.Inspector
	Unlisted  bool // gets tasks, and nobody waits for it
	Options   host.InspectorOptions
}

// Emitter is an emitter with its name.
type Emitter struct {
	ID      string
	Emitter responder.Emitter
	Options host.EmitterOptions
}

// Defaults are the settings of a stack that was deployed without parameters.
var Defaults = protocol.Rules{
	ReviewDelay: 600 * time.Second,
	Window:      24 * time.Hour,
	Retention:   90 * 24 * time.Hour,
}

func (c Config) withDefaults() Config {
	c.Rules.ReviewDelay = cmp.Or(c.Rules.ReviewDelay, Defaults.ReviewDelay)
	c.Rules.Window = cmp.Or(c.Rules.Window, Defaults.Window)
	c.Rules.Retention = cmp.Or(c.Rules.Retention, Defaults.Retention)
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	}
	if c.Reviewer == nil {
		c.Reviewer = policy.Strongest{}
	}
	return c
}

// check reports all faults of a configuration at once.
func (c Config) check() error {
	errs := c.Rules.Check()
	ids := map[string]bool{}
	name := func(kind, id string) {
		if ids[id] {
			errs = append(errs, fmt.Errorf("%s %q: the id is taken", kind, id))
		}
		ids[id] = true
	}
	for _, i := range c.Inspectors {
		name("inspector", i.ID)
		if i.Inspector == nil {
			errs = append(errs, fmt.Errorf("inspector %q: is nil", i.ID))
		}
		if _, err := i.entry(); err != nil {
			errs = append(errs, err)
		}
	}
	for _, e := range c.Emitters {
		name("emitter", e.ID)
		if _, err := registry.Parse(e.ID, "*"); err != nil {
			errs = append(errs, fmt.Errorf("emitter: %w", err))
		}
		if e.Emitter == nil {
			errs = append(errs, fmt.Errorf("emitter %q: is nil", e.ID))
		}
	}
	return errors.Join(errs...)
}
