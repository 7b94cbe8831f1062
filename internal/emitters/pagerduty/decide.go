package pagerduty

import (
	"errors"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// action is what is to be done, by the name that the API has for it.
type action string

const (
	nothing action = ""
	trigger action = "trigger"
	resolve action = "resolve"
)

// notification is one on its way.
type notification struct {
	report responder.Report
	view   render.View
	was    memory
	least  responder.Severity
	unsure bool // an earlier call may have sent something of which the memory knows nothing
}

func (n notification) notice() bool { return n.report.Status != responder.StatusPublished }

// pages says whether a verdict pages people.
func (n notification) pages(s responder.Severity) bool {
	return s == responder.Urgent || s == responder.Unclassified && n.least == responder.Unclassified
}

// decide says what is to be done.
func (n notification) decide() action {
	if n.notice() {
		return n.onNotice()
	}
	open := n.was.open
	if n.unsure {
		open = maybe
	}
	switch {
	case n.wanted() && (open != yes || !n.was.told.has(n.matters()...)):
		return trigger
	case !n.wanted() && open != no:
		return resolve
	}
	return nothing
}

// wanted says whether there is to be an incident, by a verdict. That it is a test finding keeps one from being opened; what
// people were woken for stays until it is safe or over, since alerts may be missing in a report that was cut.
func (n notification) wanted() bool {
	test := n.view.Sample && n.was.open == no
	return n.pages(n.view.Severity) && !n.view.Resolved && !test
}

// onNotice says what is to be done with a notice. It has no verdict, but a verdict may have been overtaken by it: then it
// knows the severity, or the memory what could not be told. All else the verdict that follows will say.
func (n notification) onNotice() action {
	switch raised := n.raised(); {
	case n.was.open != yes && (raised || n.was.owed == trigger) && !n.view.Resolved:
		return trigger
	case n.was.owed == resolve && !raised:
		return resolve
	}
	return nothing
}

// raised says whether a notice has overtaken a verdict that pages. Where the notification before it was a verdict there was
// none in between, and the severity is that one's or an older one's: notices may know of a verdict late.
func (n notification) raised() bool {
	return n.report.Seq > n.was.verdict+1 && n.pages(n.report.Result.Severity) && !n.view.Resolved && !n.view.Sample
}

// after is what has to be remembered when do was done, or not, because of err.
func (n notification) after(do action, err error) memory {
	m := n.was
	m.state = n.view.State()
	if n.unsure {
		m.open = maybe
	}
	if !n.notice() {
		m.verdict, m.owed = max(n.report.Seq, m.verdict), nothing
	}
	switch {
	case do == nothing:
	case err == nil && do == trigger:
		m.open, m.owed = yes, nothing
		m.told.add(n.matters()...)
	case err == nil:
		m.open, m.owed, m.told = no, nothing, ""
	case responder.IsPermanent(err):
		m.owed = nothing
	default:
		m.owed = do
		if !errors.Is(err, delivery.ErrKey) && !errors.Is(err, delivery.ErrBusy) { // else it was surely not done
			m.open = maybe
		}
	}
	return m
}
