package awslambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/logging"
)

// Options of a plugin. The zero value takes everything from the environment.
type Options struct {
	// ID names the plugin: 1 to 32 of a-z, 0-9 and -. INSPECTOR_ID if empty; for emitters EMITTER_ID before it.
	ID string
	// Types of the attributes that an inspector accepts, "*" for all. INSPECTOR_TYPES if empty. It must be the
	// list that the stack awaits and filters by.
	Types []string
	// Concurrency is how many goroutines call Inspect at once; 8 if zero.
	Concurrency int
	// GiveUp is the age of a task at which an error is no longer retried; 1 h if zero, 3 days at most. A wait
	// that a plugin asks for by responder.RetryAfter is bounded by 3 days only.
	GiveUp time.Duration
	// MaxReceives is the number of deliveries at which nothing is retried any more; 50 if zero. Not above the
	// maxReceiveCount of the queue.
	MaxReceives int
	// Logger is JSON lines to standard error if nil.
	Logger *slog.Logger
}

func (o Options) logger() *slog.Logger {
	if o.Logger != nil {
		return o.Logger
	}
	return logging.FromEnv()
}

// inspector completes the options from the environment.
func (o Options) inspector() (host.InspectorOptions, error) {
	in := host.InspectorOptions{ID: cmp.Or(o.ID, os.Getenv("INSPECTOR_ID")), Types: o.Types,
		Concurrency: o.Concurrency, GiveUp: o.GiveUp, MaxReceives: o.MaxReceives}
	if len(in.Types) == 0 {
		in.Types = list(os.Getenv("INSPECTOR_TYPES"))
	}
	var missing error
	if len(in.Types) == 0 {
		missing = errors.New("INSPECTOR_TYPES: empty, expected attribute types separated by commas, or *")
	}
	return in, errors.Join(in.Check(), missing)
}

func list(s string) (out []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// emitter completes the options from the environment.
func (o Options) emitter() (host.EmitterOptions, error) {
	days, err := retention(os.Getenv("RETENTION_DAYS"))
	em := host.EmitterOptions{
		ID:        cmp.Or(o.ID, os.Getenv("EMITTER_ID"), os.Getenv("INSPECTOR_ID")),
		Retention: time.Duration(days) * 24 * time.Hour,
	}
	return em, errors.Join(em.Check(), err)
}

func retention(s string) (days int, err error) {
	if s == "" {
		return 90, nil
	}
	days, err = strconv.Atoi(strings.TrimSpace(s))
	if err != nil || days < 1 || days > 36500 {
		return 0, fmt.Errorf("RETENTION_DAYS: %.40q, expected 1 to 36500", s)
	}
	return days, nil
}

// need reads a variable that must be set.
func need(name string) (string, error) {
	if v := os.Getenv(name); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("environment variable %s: empty", name)
}

// unfit is the handler of a plugin whose configuration is at fault.
func unfit(log *slog.Logger, err error) lambda.Handler {
	log.Error("the configuration is at fault", "error", err)
	return broken{host.Error("configuration: " + err.Error())}
}

type broken struct{ err error }

// Invoke implements lambda.Handler.
func (b broken) Invoke(context.Context, []byte) ([]byte, error) { return nil, b.err }
