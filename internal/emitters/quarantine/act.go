package quarantine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// work is what one call does about one report.
type work struct {
	*emitter
	report   responder.Report
	alerts   []responder.Alert
	severity responder.Severity
	now      time.Time
}

const (
	keyWait     = 5 * time.Minute  // until somebody may have given a permission
	ceilingWait = 10 * time.Minute // until there may be a place for what is half done
	endTime     = 2 * time.Second  // to record how an action ended, also when the time is over
	maxSteps    = 4                // as often as somebody else was faster
)

// one does what is to be done about a candidate, and says what there is to tell: no page is that it is not known.
func (w *work) one(ctx context.Context, c candidate, j judgment) (p page, err error) {
	for range maxSteps {
		if p, err = w.step(ctx, c, j); !errors.Is(err, ledger.ErrOvertaken) {
			return p, err
		}
	}
	return page{}, responder.RetryAfter(err, 2*time.Second)
}

// step goes on from what is recorded of the target.
func (w *work) step(ctx context.Context, c candidate, j judgment) (page, error) {
	s, err := w.ledger.Find(ctx, c.target)
	if err != nil {
		return page{}, err
	}
	a := s.Action
	had, asked := s.Had(w.report.ReportID)
	switch {
	case a.Holds() && a.State != ledger.Doing:
		if w.on && len(j.permits) > 0 {
			if s, err = w.ledger.Join(ctx, s, w.report.ReportID); err != nil {
				return page{}, err
			}
		}
		return w.standing(s.Action), nil
	case a.Holds() && (!w.on || len(j.permits) == 0):
		return w.begun(a, j.reasons), nil
	case a.Holds() && !a.Asked(w.report.ReportID) && w.now.Sub(a.Tried) < ledger.Attempt:
		return w.trying(a, "another function is at it"), responder.RetryAfter(ledger.ErrBusy, ledger.Attempt)
	case a.Holds():
		return w.again(ctx, s)
	case asked:
		return w.over(had), nil
	case !w.on:
		return w.rehearse(ctx, c, j)
	case len(j.permits) == 0:
		return w.refused(c, j.reasons...), nil
	}
	return w.begin(ctx, w.ledger, s, c, j)
}

// rehearse does all of it but for the action itself. What would have been done is told from then on, whatever comes.
func (w *work) rehearse(ctx context.Context, c candidate, j judgment) (page, error) {
	l := w.ledger
	l.Dry = w.report.ReportID
	s, err := l.Find(ctx, c.target)
	switch {
	case err != nil:
		return page{}, err
	case s.Action.State == ledger.Doing: // it was begun, and its function died
		s, err = l.End(ctx, s, actions.Done{}, nil, false)
		return w.told(s.Action, err)
	case s.Action.ID != "":
		return w.would(s.Action), nil
	case len(j.permits) == 0:
		return w.refused(c, j.reasons...), nil
	}
	return w.begin(ctx, l, s, c, j)
}

// begin looks, records what is there, and acts: in this order.
func (w *work) begin(ctx context.Context, l ledger.Ledger, s ledger.Standing, c candidate, j judgment) (page, error) {
	var reasons []string
	for _, permit := range j.permits {
		t := c.target
		t.Settings = settingsFor(permit.rule, t.Kind)
		look, err := w.hands.Look(ctx, t, nil)
		if err != nil {
			return w.unseen(c, err)
		}
		if look.Already {
			return w.already(ctx, l, s, c)
		}
		if reason := w.spares(permit.rule, look); reason != "" {
			reasons = append(reasons, reason+" (rule "+permit.rule.name+")")
			continue
		}
		s, err = l.Begin(ctx, s, ledger.Action{
			Target: t, ARN: look.ARN, Name: text(look.Name, 200), Before: look.Before, Report: w.report.ReportID, Alert: text(permit.alert.Name, 200),
			Rule: permit.rule.name, Why: permit.why, Warnings: look.Warnings,
		}, w.rules.ceiling)
		if errors.Is(err, ledger.ErrCeiling) {
			return w.refused(c, fmt.Sprintf("the ceiling of %d actions per hour is reached", w.rules.ceiling)), nil
		}
		if err != nil {
			return page{}, err
		}
		return w.do(ctx, l, s, look)
	}
	return w.refused(c, reasons...), nil
}

// already says that there is nothing to do, unless another function of ours did it since the ledger was read.
func (w *work) already(ctx context.Context, l ledger.Ledger, s ledger.Standing, c candidate) (page, error) {
	if err := l.Check(ctx, s); err != nil {
		return page{}, err
	}
	return w.refused(c, "there is nothing to do: it is so already, and not by quarantine"), nil
}

// unseen is what cannot be looked at.
func (w *work) unseen(c candidate, err error) (page, error) {
	switch {
	case errors.Is(err, actions.ErrRefused):
		return w.refused(c, text(err.Error(), 300)), nil
	case errors.Is(err, actions.ErrDenied):
		return w.refused(c, text(err.Error(), 300)+"; it is tried again"), responder.RetryAfter(err, keyWait)
	}
	return w.refused(c, "it cannot be looked at just now; it is tried again"), err
}

// again goes on with what was begun and is not known to be done: how it was before is what was recorded, and what is known
// besides by now.
func (w *work) again(ctx context.Context, s ledger.Standing) (page, error) {
	look, err := w.hands.Look(ctx, s.Action.Target, s.Action.Before)
	reason := ""
	switch {
	case errors.Is(err, actions.ErrRefused):
		reason = err.Error()
	case err != nil:
		return w.retried(s.Action, err)
	default:
		reason = w.spares(w.ruleOf(s.Action), look)
	}
	if reason != "" {
		s, err = w.ledger.End(ctx, s, actions.Done{}, errors.New(text(reason, 300)), true)
		return w.told(s.Action, err)
	}
	s, err = w.ledger.Again(ctx, s, look.Before, w.rules.ceiling)
	if errors.Is(err, ledger.ErrCeiling) {
		return w.trying(s.Action, fmt.Sprintf("the ceiling of %d actions per hour is reached", w.rules.ceiling)), responder.RetryAfter(err, ceilingWait)
	}
	if err != nil {
		return page{}, err
	}
	return w.do(ctx, w.ledger, s, look)
}

// ruleOf is the rule that an action was begun by, as it is now; without one, there are no tags that the target must have.
func (w *work) ruleOf(a ledger.Action) rule {
	for _, r := range w.rules.list {
		if r.name == a.Rule {
			return r
		}
	}
	return rule{}
}

// do does what was recorded, and records how that ended.
func (w *work) do(ctx context.Context, l ledger.Ledger, s ledger.Standing, look actions.Look) (page, error) {
	done, failure := actions.Done{Did: look.Plan}, error(nil)
	if l.Dry == "" {
		done, failure = w.hands.Do(ctx, s.Action.ID, s.Action.Target, s.Action.Before)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	s, err := l.End(end, s, done, failure, errors.Is(failure, actions.ErrRefused))
	if err != nil {
		return page{}, err
	}
	if failure == nil || s.Action.State == ledger.Failed {
		return w.told(s.Action, nil)
	}
	return w.retried(s.Action, failure)
}

// told is what there is to tell of an action of this call's ledger.
func (w *work) told(a ledger.Action, err error) (page, error) {
	switch {
	case err != nil:
		return page{}, err
	case !w.on:
		return w.would(a), nil
	case !a.Holds():
		return w.over(a), nil
	}
	return w.standing(a), nil
}

// retried is what was begun and failed in a way that may pass. The text of the failure is told only where it stays the same:
// each change of a page is another verdict.
func (w *work) retried(a ledger.Action, err error) (page, error) {
	if errors.Is(err, actions.ErrDenied) {
		return w.trying(a, text(err.Error(), 300)), responder.RetryAfter(err, keyWait)
	}
	return w.trying(a, "AWS did not answer as it should"), err
}

// settingsFor are those of a rule that say how this action is done.
func settingsFor(r rule, k actions.Kind) (s actions.Settings) {
	switch k {
	case actions.IsolateInstance:
		s.Snapshot, s.Cut = r.settings.Snapshot, r.settings.Cut
	case actions.DenyRole:
		s.All = r.settings.All
	case actions.BlockAddress:
		s.IPSets = r.settings.IPSets
	}
	return s
}
