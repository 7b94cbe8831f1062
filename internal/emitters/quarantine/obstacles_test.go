package quarantine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// obstacle is one thing in the way of an action that would be done without it.
type obstacle struct {
	name   string
	rules  string                              // of the one rule, beside or in place of the usual lines
	top    string                              // beside the rules
	on     responder.Attribute                 // the target; the instance if empty
	free   func(s *stand, r *responder.Report) // what the obstacle's rule needs to be met
	put    func(s *stand, r *responder.Report) // the obstacle
	says   string                              // empty: nothing is said, for no rule is about it
	remedy string                              // a line of the rule by which it is done all the same
}

func eachAlert(do func(a *responder.Alert)) func(*stand, *responder.Report) {
	return func(_ *stand, r *responder.Report) {
		do(&r.Alert)
		for i := range r.Alerts {
			do(&r.Alerts[i])
		}
	}
}

func inContext(list ...string) func(*stand, *responder.Report) {
	return eachAlert(func(a *responder.Alert) {
		for i := range a.Attrs {
			a.Attrs[i].Context = list
		}
	})
}

func signal(change func(*responder.Signal)) func(*stand, *responder.Report) {
	return func(_ *stand, r *responder.Report) {
		for i := range r.Signals {
			change(&r.Signals[i])
		}
	}
}

func says(verdict responder.SignalVerdict, inspector, kind string) func(*stand, *responder.Report) {
	return func(_ *stand, r *responder.Report) {
		r.Signals = append(r.Signals, responder.Signal{Kind: kind, Verdict: verdict, Inspector: inspector, Attribute: &r.Alert.Attrs[0]})
	}
}

func answers(o responder.Outcome) func(*stand, *responder.Report) {
	return func(_ *stand, r *responder.Report) {
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: "abuseipdb", Outcome: o})
	}
}

func tagged(key, value string) func(*stand, *responder.Report) {
	return func(s *stand, _ *responder.Report) { s.cloud.tags = map[string]string{"Name": "web", key: value} }
}

func severity(v responder.Severity) func(*stand, *responder.Report) {
	return func(_ *stand, r *responder.Report) { r.Result.Severity = v }
}

func obstacles() []obstacle {
	resolved := eachAlert(func(a *responder.Alert) { a.State = responder.Resolved })
	age := func(d time.Duration) func(*stand, *responder.Report) {
		return eachAlert(func(a *responder.Alert) { a.Timestamp = responder.Span(start.Add(-d), start.Add(-d)) })
	}
	return []obstacle{
		{name: "the verdict is not in the rule", put: severity(responder.Unclassified), remedy: "severity: [urgent, unclassified]"},
		{name: "the verdict is safe", put: severity(responder.Safe)},
		{name: "there is no verdict", put: severity("")},
		{name: "a verdict that nobody knows", put: severity("critical")},
		{name: "another alert", rules: `alerts: ["UnauthorizedAccess:EC2/*"]`, put: eachAlert(func(a *responder.Alert) { a.Rule = "Recon:EC2/PortProbe" })},
		{name: "another source", put: eachAlert(func(a *responder.Alert) { a.Source = "falco" })},
		{name: "no source", put: eachAlert(func(a *responder.Alert) { a.Source = "" })},
		{name: "another account", put: eachAlert(func(a *responder.Alert) { a.Account = "444455556666" }), says: "it is of account 444455556666, and the rule is for 111122223333"},
		{name: "no account", put: eachAlert(func(a *responder.Alert) { a.Account = "" }), says: "the alert does not say of which account it is"},
		{name: "an account that is never touched", top: `never: {accounts: ["444455556666"]}`, rules: `accounts: ["111122223333", "444455556666"]`,
			put: eachAlert(func(a *responder.Alert) { a.Account = "444455556666" }), says: "account 444455556666 is never touched"},
		{name: "a sample", put: eachAlert(func(a *responder.Alert) { a.Sample = true }), says: "an alert of the report is a sample"},
		{name: "one alert is a sample", put: func(_ *stand, r *responder.Report) {
			r.Alerts = append(r.Alerts, responder.Alert{Sample: true, Timestamp: r.Alert.Timestamp})
		}, says: "an alert of the report is a sample"},
		{name: "the first alert is a sample, and no more in the list", put: func(_ *stand, r *responder.Report) { r.Alert.Sample = true }, says: "is a sample"},
		{name: "truncated", put: func(_ *stand, r *responder.Report) { r.Truncated = true }, says: "the report is not whole"},
		{name: "resolved", put: resolved, says: "its source says that it is over"},
		{name: "late", put: eachAlert(func(a *responder.Alert) { a.Late = true }), says: "the alert came late"},
		{name: "old", put: age(61 * time.Minute), says: "the alert is older than 1h", remedy: "older: 2h"},
		{name: "older than the rule says", rules: "older: 10m", put: age(11 * time.Minute), says: "the alert is older than 10m"},
		{name: "without a time", put: eachAlert(func(a *responder.Alert) { a.Timestamp = responder.Timestamp{} }), says: "the alert does not say when it was"},
		{name: "of the future", put: age(-time.Hour), says: "the alert is of the future"},
		{name: "found in a text", put: inContext("local", "extracted"), says: "it was found in a text that was not written for machines"},
		{name: "in another role", rules: "contexts: [object, subject]", put: inContext("local", "client"), says: "it is not the object or subject of the alert"},
		{name: "not on one's own side", put: inContext("remote", "subject")},
		{name: "on no side", put: inContext("subject")},
		{name: "an address on one's own side", on: theAddress(), put: inContext("local")},
		{name: "an address on both sides", on: theAddress(), put: inContext("local", "remote")},
		{name: "an address of one's own", on: theAddress(), top: "never: {networks: [192.0.2.0/24, 198.51.100.0/24]}",
			free: func(_ *stand, r *responder.Report) { rename(r, "203.0.113.23") }, put: func(_ *stand, r *responder.Report) { rename(r, "198.51.100.23") },
			says: "it is in 198.51.100.0/24, which is never touched"},
		{name: "somebody has not answered", put: answers(responder.Missing), says: "the evidence is not complete: no answer from abuseipdb", remedy: "incomplete: true"},
		{name: "somebody failed", put: answers(responder.Failed), says: "no answer from abuseipdb", remedy: "incomplete: true"},
		{name: "an outcome that nobody knows", put: answers("odd"), says: "no answer from abuseipdb", remedy: "incomplete: true"},
		{name: "no signal", put: func(_ *stand, r *responder.Report) { r.Signals = nil }, says: "no inspector says malicious of it as the rule asks", remedy: "signals: none"},
		{name: "a weaker signal", put: signal(func(s *responder.Signal) { s.Verdict = responder.Suspicious }), says: "no inspector says malicious of it",
			remedy: "signals: [{verdict: suspicious}]"},
		{name: "a signal of something else", put: signal(func(s *responder.Signal) {
			s.Attribute = &responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23"}
		}), says: "no inspector says malicious of it"},
		{name: "a signal of something that the alert does not name", rules: "signals: [{of: alert}]", put: signal(func(s *responder.Signal) {
			s.Attribute = &responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23"}
		}), says: "no inspector says malicious of what the alert names"},
		{name: "a signal of nothing", put: signal(func(s *responder.Signal) { s.Attribute = nil }), says: "no inspector says malicious of it"},
		{name: "a signal of our own", put: signal(func(s *responder.Signal) { s.Inspector = ID }), says: "no inspector says malicious of it"},
		{name: "a signal of another inspector", rules: "signals: [{inspectors: [virustotal, abusech]}]", put: signal(func(s *responder.Signal) { s.Inspector = "x" }),
			says: "none of virustotal, abusech says malicious of it"},
		{name: "a signal of another kind", rules: "signals: [{kinds: [reputation]}]", put: signal(func(s *responder.Signal) { s.Kind = "exposure" }),
			says: "no inspector says malicious of it"},
		{name: "a score that is too low", rules: "signals: [{score: 90}]", put: signal(func(s *responder.Signal) { s.Score = 89.9 }), says: "no inspector says malicious of it"},
		{name: "too few inspectors", rules: "signals: [{at_least: 2}]", free: says(responder.Malicious, "abusech", "malware"),
			put: func(_ *stand, r *responder.Report) { r.Signals[1].Inspector = "virustotal" }, says: "only 1 of the required 2 inspectors says malicious of it"},
		{name: "one of two signals", rules: "signals: [{kinds: [reputation]}, {kinds: [malware]}]", free: says(responder.Malicious, "abusech", "malware"),
			put: func(_ *stand, r *responder.Report) { r.Signals = r.Signals[:1] }, says: "no inspector says malicious of it"},
		{name: "somebody says that it is harmless", put: says(responder.Harmless, "greynoise", "reputation"),
			says: "virustotal says malicious of i-0123456789abcdef0, but greynoise says harmless", remedy: "disputed: true"},
		{name: "a tag that is never touched", top: `never: {tags: ["quarantine=never", "pci=*"]}`, free: tagged("quarantine", "ok"), put: tagged("quarantine", "never"),
			says: "its tag quarantine=never is on the list of what is never touched"},
		{name: "a tag that is never touched, whatever its value", top: `never: {tags: ["quarantine=never", "pci=*"]}`, put: tagged("pci", ""), says: "its tag pci= is on the list"},
		{name: "a tag that is never touched, in another case", top: `never: {tags: ["quarantine=never", "PCI=*"]}`, free: tagged("quarantine", "ok"), put: tagged("Quarantine", "Never"), says: "its tag Quarantine=Never is on the list"},
		{name: "a resource that is never touched", top: `never: {arns: ["arn:aws:x:*:111122223333:i-0*"]}`,
			free: func(_ *stand, r *responder.Report) { rename(r, "i-1123456789abcdef0") }, put: func(_ *stand, r *responder.Report) { rename(r, "i-0123456789abcdef0") },
			says: "i-0123456789abcdef0 is on the list of what is never touched"},
		{name: "none of the tags that are asked for", rules: `tags: ["quarantine=allowed", "env=dev-*"]`, free: tagged("env", "dev-7"), put: tagged("env", "prod"),
			says: "it has none of the tags that the rule asks for: quarantine=allowed, env=dev-*"},
		{name: "it is so already", put: func(s *stand, _ *responder.Report) { s.cloud.already = true }, says: "it is so already, and not by quarantine"},
		{name: "the ceiling", top: "ceiling: 1", put: func(s *stand, _ *responder.Report) {
			_, _, _ = s.Act(context.Background(), urgent("R0", own(responder.TypeInstance, "i-00000000000000000", "instance")), nil)
			s.cloud.calls = nil
		}, says: "the ceiling of 1 actions per hour is reached"},
	}
}

func rename(r *responder.Report, value string) {
	for i := range r.Alerts {
		r.Alerts[i].Attrs[0].Value = value
	}
	for i := range r.Signals {
		r.Signals[i].Attribute.Value = value
	}
}

// rulesOf are the usual rules, with these lines in their places.
func (o obstacle) rulesOf(more ...string) string {
	lines := []string{"name: one", "actions: [isolate-instance, block-address]", "sources: [guardduty]", `accounts: ["111122223333"]`, "signals: [{}]",
		`ip_sets: ["arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked/0123"]`}
	for _, line := range more {
		if line == "" {
			continue
		}
		field, _, _ := strings.Cut(line, ":")
		for i := range lines {
			if strings.HasPrefix(lines[i], field+":") {
				lines[i], line = line, ""
				break
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return "version: 1\n" + o.top + "\nrules:\n  - " + strings.Join(lines, "\n    ") + "\n"
}

// Each of what must prevent an action does: without it the action is done, with it it is not, and the report says why; where
// a rule can allow it, it is done again.
func TestObstacles(t *testing.T) {
	for _, o := range obstacles() {
		t.Run(o.name, func(t *testing.T) {
			run := func(mode, line string, with bool) (said string, s *stand) {
				s = newStand(t, mode, o.rulesOf(o.rules, line))
				target := o.on
				if target.Type == "" {
					target = theInstance()
				}
				r := urgent("R1", target)
				if o.free != nil {
					o.free(s, &r)
				}
				if with {
					o.put(s, &r)
				}
				return s.act(t, r), s
			}
			said, s := run("on", "", false)
			require.Contains(t, said, "undo: alertresponder quarantine undo ", "it would be done")
			require.Equal(t, 1, s.cloud.count("do"))
			said, s = run("on", "", true)
			assert.Zero(t, s.cloud.count("do"))
			check(t, o, said, "skipped did not ")
			said, s = run("dry-run", "", true)
			assert.Zero(t, s.cloud.count("do"))
			check(t, o, said, "skipped dry-run: would not ")
			if o.remedy != "" {
				_, s = run("on", o.remedy, true)
				assert.Equal(t, 1, s.cloud.count("do"), o.remedy)
			}
		})
	}
}

func check(t *testing.T, o obstacle, said, begins string) {
	t.Helper()
	if o.says == "" {
		assert.Empty(t, said)
		return
	}
	assert.Contains(t, said, o.says)
	assert.True(t, strings.HasPrefix(said, begins), said)
}
