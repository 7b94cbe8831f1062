package mapping

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Source is where a mapping file is kept.
//
// Fetch gives the file and its version, or ErrUnchanged where the version is the one given. It is called once a minute at most,
// one call at a time. An error that is permanent says that there is no file to be had until somebody mends that; any other
// one, that nobody knows now.
type Source interface {
	Fetch(ctx context.Context, version string) (text []byte, now string, err error)
}

// ErrUnchanged says that a file is the one that is known.
var ErrUnchanged = errors.New("unchanged")

// Text is the Source of a file that is at hand and does not change.
func Text(text string) Source { return fixed(text) }

type fixed string

// Fetch implements Source.
func (f fixed) Fetch(_ context.Context, version string) ([]byte, string, error) {
	if version != "" {
		return nil, version, ErrUnchanged
	}
	return []byte(f), "1", nil
}

const (
	// keepFor is how long a file is used: a new one is after a minute at the latest.
	keepFor = time.Minute
	// failFor is how long a failure is answered without another call.
	failFor = 5 * time.Second
)

// Cached are the mappings of a file that may change. A new version that is faulty, or that cannot be had, changes nothing: the one
// before stays in use.
type Cached struct {
	Source Source
	Now    func() time.Time
	Log    *slog.Logger

	mu      sync.Mutex
	until   time.Time
	version string
	current held
	err     error // of the last call, where nothing was ever had
	had     bool  // something is known: a file, or that there is none
}

// held are the mappings that are in use, and what is wrong with those that should be.
type held struct {
	set   *Set
	fault string
}

// Alerts implements ingest.Mappings.
func (h held) Alerts(m ingest.Message) []responder.Alert {
	if h.set == nil {
		return nil
	}
	return h.set.Alerts(m)
}

// Fault implements ingest.Mappings.
func (h held) Fault() string { return h.fault }

// Mappings are those of the file, a minute old at most. An error says that nobody knows whether there are any: those that were
// had before are used until somebody does.
func (c *Cached) Mappings(ctx context.Context) (ingest.Mappings, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.Now().Before(c.until) {
		c.read(ctx)
	}
	if !c.had {
		return nil, c.err
	}
	return c.current, nil
}

func (c *Cached) read(ctx context.Context) {
	text, version, err := c.Source.Fetch(ctx, c.version)
	c.until = c.Now().Add(keepFor)
	switch {
	case errors.Is(err, ErrUnchanged):
	case err == nil:
		c.take(ctx, text, version)
	case responder.IsPermanent(err):
		c.had, c.version = true, ""
		c.faulty(ctx, err, "the mappings cannot be read")
	default:
		if c.until = c.Now().Add(failFor); ctx.Err() != nil {
			c.until = time.Time{} // of this caller, not of the source
		}
		if c.err = err; c.had {
			c.Log.WarnContext(ctx, "the mappings cannot be had now, those from before stay in use", "error", err)
		}
	}
}

func (c *Cached) take(ctx context.Context, text []byte, version string) {
	c.had, c.version = true, version
	set, err := Parse(text)
	if err != nil {
		places := places(err)
		c.faulty(ctx, errors.New(places), "the mappings are faulty ("+places+")")
		return
	}
	c.current = held{set: set}
	c.Log.DebugContext(ctx, "mappings", "sources", strings.Join(set.Sources(), " "))
}

// faulty keeps what is in use, says once what is wrong, and has it said by alerts that nobody knows.
func (c *Cached) faulty(ctx context.Context, err error, fault string) {
	if c.current.set != nil {
		fault += ", those from before are in use"
	}
	if c.current.fault != fault {
		c.Log.ErrorContext(ctx, "the mappings are at fault", "error", err, "in_use", c.current.set != nil)
	}
	c.current.fault = fault
}

// places are where a file is faulty, without its text: a log is read by others than the file.
func places(err error) string {
	list := Faults(err)
	var out []string
	for _, f := range list[:min(len(list), 5)] {
		out = append(out, strings.TrimSpace(fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Field)))
	}
	if len(list) > len(out) {
		out = append(out, fmt.Sprintf("and %d more", len(list)-len(out)))
	}
	return strings.Join(out, "; ")
}

// Several are the mappings of several files, asked in their order.
type Several []*Cached

// Mappings are those of all files. An error of one is an error.
func (s Several) Mappings(ctx context.Context) (ingest.Mappings, error) {
	var all several
	for _, c := range s {
		m, err := c.Mappings(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

type several []ingest.Mappings

// Alerts implements ingest.Mappings.
func (s several) Alerts(m ingest.Message) []responder.Alert {
	for _, one := range s {
		if alerts := one.Alerts(m); len(alerts) > 0 {
			return alerts
		}
	}
	return nil
}

// Fault implements ingest.Mappings.
func (s several) Fault() string {
	var faults []string
	for _, one := range s {
		if f := one.Fault(); f != "" {
			faults = append(faults, f)
		}
	}
	return strings.Join(faults, "; ")
}
