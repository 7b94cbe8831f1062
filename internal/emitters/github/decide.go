package github

import (
	"slices"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// rank orders verdicts by how much somebody has to look. Nobody who closed an issue before there was a verdict has to look
// again because it is unclassified.
func rank(s responder.Severity) int {
	switch s {
	case responder.Urgent:
		return 2
	case responder.Safe:
		return 0
	}
	return 1
}

// severity is the verdict that stands; empty if there is none, or none of the three.
func (n *notification) severity() responder.Severity {
	if s, err := responder.ParseSeverity(string(n.view.Severity)); err == nil && n.view.Severity != "" {
		return s
	}
	return ""
}

// notice says whether the verdict is still to come.
func (n *notification) notice() bool {
	return n.view.Phase == render.New || n.view.Phase == render.Ongoing
}

// closes says why the issue is to be closed; empty: it is not.
func (n *notification) closes() string {
	switch {
	case n.severity() == responder.Safe && slices.Contains(n.options.close, bySafe):
		return bySafe
	case n.view.Resolved && slices.Contains(n.options.close, byResolved):
		return byResolved
	}
	return ""
}

// wakes says whether an issue that was closed, or is gone, has to be looked at again, although people had done with it: the
// verdict is worse than the one that they saw, or more alerts fired. last is what was shown.
func (n *notification) wakes(last marker) bool {
	return n.closes() == "" && (last.closed || rank(n.severity()) > rank(last.severity) ||
		!n.view.Resolved && n.report.AlertCount > last.count)
}

// opens says whether the report gets an issue, where it has none.
func (n *notification) opens() bool {
	if n.gone {
		return n.wakes(n.last)
	}
	least := n.options.minimum
	return least == "" || n.severity() != "" && rank(n.severity()) >= rank(least)
}

// state gives the state that the issue gets, empty where it stays as it is, and whether it is meant to be closed. A notice
// closes nothing: a verdict follows.
func (n *notification) state(now string, last marker) (state, reason string, closed bool) {
	why := n.closes()
	switch {
	case why != "" && n.notice():
		return "", "", last.closed
	case why == "" && now == stateClosed && n.wakes(last):
		return stateOpen, "reopened", false
	case why == "" || now == stateClosed || last.closed: // last.closed: it was closed, and people reopened it
		return "", "", why != ""
	case why == bySafe:
		return stateClosed, "not_planned", true
	}
	return stateClosed, "completed", true
}
