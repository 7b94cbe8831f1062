// Package securityhub writes the verdict back to the finding that a report is about: to AWS Security Hub, and, if it is asked
// to, by archiving in Amazon GuardDuty what is safe.
//
// in → out: a verdict → the finding's status, note and field in Security Hub; archived in GuardDuty or not; and the receipt
// of what was written.
//
// Safe is RESOLVED, which Security Hub takes back to NEW when a finding becomes active again, and not SUPPRESSED: that
// stays, and what is suppressed "is no longer updated" (API Reference, Workflow), so that nobody, AlertResponder included,
// would hear when the verdict does not hold any more. Urgent is NOTIFIED: people were told. Unclassified is NEW: somebody
// has to look.
//
// What people did stands. A status that is neither the first one nor the one that was written here is somebody's, and
// then nothing is written or archived; a note of somebody else is not replaced, since a finding has one; a finding is
// unarchived only where it was archived here. Between the read and the write somebody may come all the same: neither
// service has conditions.
//
// A verdict that says something new is two calls: GetFindings, BatchUpdateFindings; with archiving GetFindings of GuardDuty,
// a write to the memory and ArchiveFindings where it is safe, a read of the memory where it is not. One that says what
// was written already is none. Test findings are left alone: nothing may act on them.
//
// That the event which the write causes opens no report is the contract of internal/ingest/writeback.
package securityhub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// ID is the emitter's id.
const ID = "securityhub"

// Options of New.
type Options struct {
	// Config is the configuration of the clients of AWS.
	Config func(context.Context) (aws.Config, error)
	// Memory is what is remembered beyond a report: what was archived here. Nothing is archived without one.
	Memory responder.Memory
	// Getenv reads an environment variable of the function: SECURITYHUB_ON (on, archive), REPORT_URL. Nil: all are empty.
	Getenv func(name string) string
	// Now is time.Now if nil.
	Now func() time.Time
}

type emitter struct {
	Options
	archive bool
	render  render.Options
}

// New makes the emitter. All faults of the options are one error.
func New(o Options) (responder.Emitter, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	mode := strings.TrimSpace(o.Getenv("SECURITYHUB_ON"))
	view, err1 := render.FromEnv(o.Getenv)
	var err2, err3, err4 error
	if mode != "" && mode != "on" && mode != "archive" {
		err2 = fmt.Errorf("SECURITYHUB_ON: %.60q, expected on or archive", mode)
	}
	if o.Config == nil {
		err3 = errors.New("the configuration of AWS: missing")
	}
	if mode == "archive" && o.Memory == nil {
		err4 = errors.New("SECURITYHUB_ON: archive needs a memory: without one it is not known what may be unarchived")
	}
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, fmt.Errorf("%s: %w", ID, err)
	}
	return &emitter{o, mode == "archive", view}, nil
}

// Emit implements responder.Emitter.
func (e *emitter) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	m := readMemory(prev)
	m.add(findings(r))
	v := e.render.View(r, "")
	if r.Status != responder.StatusPublished || v.Sample || len(m.findings) == 0 {
		return m.receipt(), nil
	}
	cfg, err := e.Config(ctx)
	if err != nil {
		return m.receipt(), fmt.Errorf("%s: %w", ID, err)
	}
	t := task{emitter: e, cfg: cfg, report: r, status: statusOf(v.Severity), note: note(v)}
	var errs []error
	for _, f := range m.findings {
		errs = append(errs, t.tell(ctx, f, m.done))
	}
	if err := joined(errs); err != nil {
		return m.receipt(), fmt.Errorf("%s: %w", ID, err)
	}
	return m.receipt(), nil
}

// task is a verdict on its way to findings.
type task struct {
	*emitter
	cfg    aws.Config
	report responder.Report
	status string // what the verdict is in Security Hub
	note   string
}

// tell brings the verdict to a finding. done is what was brought there before, and is brought up to date: what will never
// be taken is not tried again until there is something else to say.
//
// It is unarchived before its status is written, since that takes the status back, and archived after it is known whose the
// finding is.
func (t task) tell(ctx context.Context, f finding, done map[string]string) error {
	said, guarded := hash(t.status, t.note), t.archive && f.isGuardDuty()
	var err1, err2, err3 error
	if guarded && t.status != statusResolved {
		err1 = t.unarchive(ctx, f, done)
	}
	if done[f.written()] != said {
		err2 = t.write(ctx, f, done)
	}
	if err2 == nil || responder.IsPermanent(err2) {
		if done[f.written()] != theirs {
			done[f.written()] = said
		}
		if guarded && t.status == statusResolved && done[f.written()] != theirs {
			err3 = t.putAway(ctx, f, done)
		}
	}
	return joined([]error{err1, err2, err3})
}

// What is noted of a finding in a receipt.
const (
	theirs = "-"     // in place of what was written: it was left to people, and is looked at again with the next verdict
	away   = "away"  // of where it is: archived, by whomever
	back   = "back"  // not archived, at least not here
	reset  = "reset" // it was unarchived here, by which its status becomes NEW, sooner or later
)

// The names in a receipt: what was written to a finding, and where it is.
func (f finding) written() string { return "w" + f.mark() }
func (f finding) where() string   { return "a" + f.mark() }

const maxNote = 512 // characters (API Reference, Note)

// note is what is written beside the finding, with where to find more.
func note(v render.View) string {
	tail := " – report " + v.ReportID
	for _, l := range v.Links {
		if l.Text == "Report" { // what else links are called is the name of a service or of a host
			tail = " – " + l.URL
		}
	}
	if len(tail) > maxNote/2 {
		tail = ""
	}
	return v.Summary(maxNote-len(tail)) + tail
}
