package pagerduty

import (
	"slices"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// acting is the id of the emitter that acts: what it did is told, whatever it was.
const acting = "quarantine"

// matters are marks of what people are woken for, if it is new: a worse verdict, another machine, user or resource of one's
// own, somebody who says malicious or suspicious of something, what was done about it. That more alerts of the same came,
// that somebody answered who found nothing, is not.
func (n notification) matters() (out []string) {
	out = append(out, mark("severity", string(responder.Unclassified)))
	if n.view.Severity == responder.Urgent {
		out = append(out, mark("severity", string(responder.Urgent)))
	}
	for _, f := range n.view.Findings {
		switch {
		case f.Who == acting:
			out = append(out, mark("done", f.Entity, f.Text))
		case f.Verdict.Rank() >= responder.Suspicious.Rank():
			out = append(out, mark("finding", f.Who, f.Entity, string(f.Verdict)))
		}
	}
	for _, a := range n.affected() {
		out = append(out, mark("affected", a.Type, a.Value))
	}
	return out
}

// affected are the entities that are one's own.
func (n notification) affected() (out []responder.Attribute) {
	alerts := n.report.Alerts
	if len(alerts) == 0 {
		alerts = []responder.Alert{n.report.Alert}
	}
	for _, alert := range alerts {
		for _, a := range alert.Attrs {
			if len(out) < maxMarks && isAffected(a) {
				out = append(out, a)
			}
		}
	}
	return out
}

func isAffected(a responder.Attribute) bool {
	is := func(contexts ...string) bool {
		return slices.ContainsFunc(contexts, func(c string) bool { return slices.Contains(a.Context, c) })
	}
	switch {
	case a.Value == "" || is(responder.ContextRemote, responder.ContextExtracted):
		return false
	case is(responder.ContextLocal):
		return true
	}
	switch a.Type {
	case responder.TypeInstance, responder.TypeHostname, responder.TypeContainer, responder.TypeUsername, responder.TypeAccessKey, responder.TypeBucket, responder.TypeARN:
		return true
	}
	return false
}

// place is the affected system, which every event has to name.
func (n notification) place() string {
	for _, a := range n.affected() {
		if s := render.Value(a, maxField); s != "" {
			return s
		}
	}
	if s := render.Line(n.group(), maxField); s != "" {
		return s
	}
	if s := render.Line(n.report.Alert.Source, maxField); s != "" {
		return s
	}
	return "unknown"
}

// group is the account and region of the alert.
func (n notification) group() string {
	a := n.report.Alert
	if a.Account == "" || a.Region == "" {
		return a.Account + a.Region
	}
	return a.Account + "/" + a.Region
}
