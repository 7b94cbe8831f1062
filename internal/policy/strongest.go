// Package policy is the reviewer that ships.
//
// in → out: a compiled report → its severity, and why.
package policy

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Strongest judges by the strongest signal.
//
//   - malicious: urgent
//   - suspicious: unclassified
//   - harmless: safe, if there is an entity on the other side and each one is known as harmless, nobody failed or is
//     missing, the report is whole, and the messages were understood; otherwise unclassified
//   - nothing that says something: unclassified
//
// The other side is what is said to be remote, and each address, name, link, hash and e-mail address that is not said
// to be local, of the alerts and of what inspectors brought; where an alert has none, all its attributes.
//
// What was found in a text that nobody could parse (context extracted) is as bad as what a field says: somebody sends these
// texts to be told, and one false call in the night costs less than a true one that was not made. It is never as good: that
// all addresses in a text are harmless says nothing of the text.
type Strongest struct{}

// The rules, as Result.Rules names them.
const (
	ruleMalicious  = "strongest-signal/malicious"
	ruleSuspicious = "strongest-signal/suspicious"
	ruleHarmless   = "strongest-signal/harmless"
	ruleIncomplete = "strongest-signal/incomplete"
	ruleUnknown    = "strongest-signal/unknown"
)

// Review implements responder.Reviewer. It never fails.
func (Strongest) Review(_ context.Context, r responder.Report) (responder.Result, error) {
	c := look(r)
	severity, rule := c.judge()
	return responder.Result{Severity: severity, Reason: c.reason(severity), Rules: []string{rule}}, nil
}

// judge follows the list of Strongest.
func (c conclusion) judge() (responder.Severity, string) {
	switch c.verdict {
	case responder.Malicious:
		return responder.Urgent, ruleMalicious
	case responder.Suspicious:
		return responder.Unclassified, ruleSuspicious
	case responder.Harmless:
		if len(c.other) > 0 && len(c.unknown)+len(c.failed)+len(c.missing) == 0 && !c.report.Truncated && !c.unread {
			return responder.Safe, ruleHarmless
		}
		return responder.Unclassified, ruleIncomplete
	}
	return responder.Unclassified, ruleUnknown
}
