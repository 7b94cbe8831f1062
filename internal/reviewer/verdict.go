package reviewer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/errtext"
	"github.com/m-mizutani/AlertResponder/internal/merge"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// attempt says how often the message was received, and after how many times it is given up.
type attempt struct{ receive, last int }

func (a attempt) isLast() bool { return a.last > 0 && a.receive >= a.last }

const (
	// policyAttempts is how often a policy that fails is asked before the report goes out without it: people
	// rather hear late why than never.
	policyAttempts = 3
	policyRetry    = 5 * time.Second
	// publishTime is what is left of the function's time for a verdict after the policy was asked.
	publishTime = 5 * time.Second
	maxReason   = 2000 // bytes
)

// verdict returns the one verdict on the item's ver: the stored one if another review came first.
func (r *Reviewer) verdict(ctx context.Context, item protocol.Item, a attempt) (responder.Report, error) {
	report, err := r.compile(ctx, item, a)
	if err != nil {
		return report, err
	}
	v, err := record.Verdict(item, report)
	if err != nil {
		return report, err
	}
	stands, err := r.Bodies.PutVerdict(ctx, item.ReportID, v)
	if err != nil {
		return report, err
	}
	return record.Report(stands)
}

// compile makes the report of what is stored and asks the policy. On the last receive what cannot be compiled
// is published as such: never silent.
func (r *Reviewer) compile(ctx context.Context, item protocol.Item, a attempt) (responder.Report, error) {
	report := r.frame(item)
	bodies, err := r.Bodies.Bodies(ctx, item.ReportID)
	if err == nil {
		var evidence merge.Evidence
		evidence, err = record.Evidence(bodies, item.Late)
		fill(&report, evidence)
	}
	if err != nil {
		if !a.isLast() {
			return report, fmt.Errorf("compile %s: %w", item.ReportID, err)
		}
		r.Log.ErrorContext(ctx, "could not be compiled", "report_id", item.ReportID, "error", err)
		report.Truncated = true
		report.Result = unclassified("could not be compiled: part of the evidence cannot be read")
		return report, nil
	}
	report.Result, err = r.ask(ctx, report, a)
	return report, err
}

// frame is the report without evidence.
func (r *Reviewer) frame(item protocol.Item) responder.Report {
	return responder.Report{
		V:          responder.SchemaVersion,
		ReportID:   item.ReportID,
		Status:     responder.StatusPublished,
		Seq:        item.VerdictSeq(),
		AlertCount: item.Count,
		OpenedAt:   responder.At(time.UnixMilli(item.OpenedAt).UTC()),
		SettledAt:  responder.At(r.Now().UTC().Truncate(time.Millisecond)),
		Truncated:  item.Truncated(),
	}
}

func fill(report *responder.Report, e merge.Evidence) {
	var cut bool
	report.Content, report.Inspections, report.Signals, cut = merge.Compile(e)
	report.Truncated = report.Truncated || cut
	report.Alerts = e.Alerts
	if len(e.Alerts) > 0 {
		report.Alert = e.Alerts[0]
	}
}

// ask asks the policy. What it answers is checked: only the three severities leave this place.
func (r *Reviewer) ask(ctx context.Context, report responder.Report, a attempt) (responder.Result, error) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < 2*publishTime && !a.isLast() {
		return responder.Result{}, responder.RetryAfter(errNoTime, 0) // others of the batch took it: no fault of the policy
	}
	result, err := r.policy(ctx, report)
	var p panicked
	switch {
	case err == nil:
		return checked(result), nil
	case errors.As(err, &p):
		r.Log.ErrorContext(ctx, "the reviewer panicked", "report_id", report.ReportID, "panic", string(p))
		return unclassified("the reviewer failed: it panicked"), nil
	case ctx.Err() == nil && (responder.IsPermanent(err) || a.receive >= policyAttempts || a.isLast()):
		r.Log.ErrorContext(ctx, "the reviewer failed", "report_id", report.ReportID, "error", err)
		return unclassified("the reviewer failed: " + errtext.Of(err)), nil
	}
	return responder.Result{}, responder.RetryAfter(fmt.Errorf("review %s: %w", report.ReportID, err), policyRetry)
}

var errNoTime = errors.New("too little of the function's time is left to ask the policy")

// panicked is the text of a panic.
type panicked string

func (p panicked) Error() string { return "panic: " + string(p) }

// panicText is what a panic was called with; of an error, what may be said of it.
func panicText(p any) string {
	if err, ok := p.(error); ok {
		return errtext.Of(err)
	}
	return fmt.Sprint(p)
}

// policy calls the policy, and comes back while there is time to publish what it said, or that it said nothing.
func (r *Reviewer) policy(ctx context.Context, report responder.Report) (responder.Result, error) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left-min(publishTime, left/3))
		defer cancel()
	}
	type answer struct {
		responder.Result
		error
	}
	out := make(chan answer, 1) // nobody may be waiting any more
	go func() {
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a.error = panicked(entity.Cut(panicText(p), 500))
			}
			out <- a
		}()
		a.Result, a.error = r.Policy.Review(ctx, report)
	}()
	select {
	case a := <-out:
		return a.Result, a.error
	case <-ctx.Done():
		return responder.Result{}, errors.New("it did not answer in time")
	}
}

func checked(result responder.Result) responder.Result {
	severity, err := responder.ParseSeverity(string(result.Severity))
	if err != nil {
		return unclassified(fmt.Sprintf("the reviewer's answer was refused: %v. Its reason was: %s", err, result.Reason))
	}
	result.Severity = severity
	result.Reason = clean(result.Reason)
	return result
}

func unclassified(reason string) responder.Result {
	return responder.Result{Severity: responder.Unclassified, Reason: clean(reason)}
}

// clean bounds a reason and takes out of it the characters that a terminal obeys or that reorder what a person reads, but
// for line ends.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, entity.Cut(s, maxReason))
}
