// Package quarantine acts on resources of AWS by what a report says, as its rules allow, and tells of it in the report.
//
// in → out: a verdict → calls of AWS that isolate, deactivate, deny or block; and a page of each entity that a rule is about:
// what was done and how it is put back, or what would be done, or why it is not.
//
// Without rules nothing is ever done or asked. Without QUARANTINE_MODE=on nothing is done either: all goes its way but for the
// action itself. What is not understood, in a rule or in the mode, is an error at start, and nothing is done.
//
// An action is done once, whatever is delivered again and wherever a function dies: look, record with what was before, do,
// record the end. The record is in a ledger that all functions share; there the ceiling is counted too. Whoever dies between
// two of these is followed by one that looks again and goes on. What a person put back is not done again for the same report.
//
// The pages are a function of the report, without our own pages in it, and of the ledger: so they come to rest, although each
// change of them is another verdict.
package quarantine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
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

// hands are what acts: actions.Actions says what its methods do.
type hands interface {
	Look(ctx context.Context, t actions.Target, known actions.Before) (actions.Look, error)
	Do(ctx context.Context, id string, t actions.Target, b actions.Before) (actions.Done, error)
}

type emitter struct {
	hands  hands
	ledger ledger.Ledger
	rules  rules
	on     bool
	clock  func() time.Time
}

// The bounds of one report.
const (
	maxTargets = 20
	// maxChanges is how often a report is told something else. Only a reviewer of one's own that judges by our words could bring
	// us to change them without end.
	maxChanges = 50
)

// New makes the emitter. All faults of the options are one error.
func New(o Options) (responder.Emitter, error) {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return newEmitter(o, actions.New(actions.Options{Config: o.Config, Now: now}))
}

func newEmitter(o Options, h hands) (*emitter, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	on, err := parseMode(o.Getenv("QUARANTINE_MODE"))
	all, faults := parseRules(o.Getenv("QUARANTINE_RULES"))
	var missing error
	if o.Memory == nil {
		missing = errors.New("memory: nil, expected one: nothing is done that is not recorded")
	}
	if err := errors.Join(err, faults, missing); err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	return &emitter{hands: h, ledger: ledger.Ledger{Memory: o.Memory, Now: o.Now}, rules: all, on: on, clock: o.Now}, nil
}

// parseMode says whether anything is done.
func parseMode(s string) (on bool, err error) {
	switch strings.TrimSpace(s) {
	case "on":
		return true, nil
	case "", "dry-run":
		return false, nil
	}
	return false, fmt.Errorf("QUARANTINE_MODE: %.40q, expected dry-run or on", s)
}

// Emit implements responder.Emitter: hosts call Act.
func (e *emitter) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	_, receipt, err := e.Act(ctx, r, prev)
	return receipt, err
}

// Act implements responder.Actor. Notices change nothing: what counts is the verdict.
func (e *emitter) Act(ctx context.Context, r responder.Report, prev responder.Receipt) ([]responder.Page, responder.Receipt, error) {
	if len(e.rules.list) == 0 || r.Status != responder.StatusPublished {
		return nil, nil, nil
	}
	severity, _ := responder.ParseSeverity(string(r.Result.Severity)) // what is none of the three is for people to look at
	w := &work{emitter: e, report: r, alerts: alertsOf(r), severity: severity, now: e.clock()}
	list, told, err := w.all(ctx)
	if err != nil && told == nil || len(list) == 0 {
		return nil, nil, err
	}
	return bounded(pages(list, told), prev, err)
}

// all does what is to be done about each candidate that there is something to say of. Without told, that is not known of all.
func (w *work) all(ctx context.Context) (list []candidate, told []page, err error) {
	var errs []error
	unknown, more := false, 0
	for _, c := range candidates(w.report, w.rules.has) {
		j := w.judge(c)
		if !j.about && !c.told {
			continue
		}
		if len(list) == maxTargets {
			more++
			continue
		}
		if ctx.Err() != nil {
			return nil, nil, responder.RetryAfter(ctx.Err(), time.Second)
		}
		p, err := w.one(ctx, c, j)
		list, told, errs = append(list, c), append(told, p), append(errs, err)
		unknown = unknown || p.title == ""
	}
	if more > 0 {
		told[maxTargets-1].title += fmt.Sprintf(". %d more entities of the report were not looked at: it has too many for quarantine", more)
	}
	if unknown {
		return nil, nil, errors.Join(errs...)
	}
	return list, told, errors.Join(errs...)
}

// has says whether some rule has the action.
func (r rules) has(k actions.Kind) bool {
	return slices.ContainsFunc(r.list, func(one rule) bool { return slices.Contains(one.actions, k) })
}

// bounded stops to tell of changes where there is no end to them. The receipt has how many there were.
func bounded(list []responder.Page, prev responder.Receipt, err error) ([]responder.Page, responder.Receipt, error) {
	text, _ := json.Marshal(list) // it was made of values that marshal
	sum := sha256.Sum256(text)
	hash := base64.RawURLEncoding.EncodeToString(sum[:9])
	n, _ := strconv.Atoi(prev["changes"])
	if prev["pages"] != hash {
		n++
	}
	if n > maxChanges {
		return nil, nil, err
	}
	return list, responder.Receipt{"pages": hash, "changes": strconv.Itoa(n)}, err
}
