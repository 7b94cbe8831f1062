// Package rendertest has reports to render, and checks what was rendered.
//
// in → out: nothing → typical reports, each with what was shown before; a message for Slack → what is wrong with it.
package rendertest

import (
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Case is a report as people see it: its notifications, of which the last one is to be shown, and those before have been.
type Case struct {
	Name          string
	Notifications []responder.Report
}

// Report is the notification that is to be shown.
func (c Case) Report() responder.Report { return c.Notifications[len(c.Notifications)-1] }

// View is what is to be shown, with what was shown before in mind.
func (c Case) View(o render.Options) render.View {
	state := ""
	var v render.View
	for _, r := range c.Notifications {
		v = o.View(r, state)
		state = v.State()
	}
	return v
}

// Options are those that the cases are made for.
func Options() render.Options {
	return render.Options{ReportURL: "https://reports.example.com/r/{report_id}", LinkHosts: []string{"grafana.example.com"}}
}

// Cases are typical reports, new ones each time.
func Cases() []Case {
	return []Case{
		{"new", []responder.Report{notice()}},
		{"nothing-known", []responder.Report{notice(), nothingKnown()}},
		{"urgent", []responder.Report{notice(), urgent()}},
		{"failed-inspectors", []responder.Report{notice(), failed()}},
		{"corrected", []responder.Report{notice(), failed(), corrected()}},
		{"ongoing", []responder.Report{notice(), urgent(), ongoing()}},
		{"resolved", []responder.Report{notice(), urgent(), resolved()}},
		{"safe", []responder.Report{notice(), safe()}},
		{"quarantined", []responder.Report{notice(), urgent(), quarantined()}},
		{"hostile", []responder.Report{hostile()}},
		{"huge", []responder.Report{notice(), huge()}},
		{"sample", []responder.Report{sample()}},
	}
}

// Named is the case of a name.
func Named(name string) Case {
	for _, c := range Cases() {
		if c.Name == name {
			return c
		}
	}
	panic("no case " + name)
}

var opened = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

const (
	reportID = "GEZDGNBVGY3TQOJQGEZDGNBVGY-mq3k2w00"
	intruder = "198.51.100.23"
	instance = "i-0123456789abcdef0"
	hash     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func address() *responder.Attribute {
	return &responder.Attribute{Type: responder.TypeIPAddr, Value: intruder, Key: "remote IP address", Context: []string{responder.ContextRemote}}
}

func machine() *responder.Attribute {
	return &responder.Attribute{Type: responder.TypeInstance, Value: instance, Key: "instance", Context: []string{responder.ContextLocal}}
}

func alert() responder.Alert {
	return responder.Alert{
		Name: "UnauthorizedAccess:EC2/SSHBruteForce", Rule: "guardduty UnauthorizedAccess:EC2/SSHBruteForce", Key: "123456789012/eu-west-1/" + instance,
		Description: "198.51.100.23 is performing SSH brute force attacks against i-0123456789abcdef0.", Source: "guardduty",
		Account: "123456789012", Region: "eu-west-1", Severity: 80, Timestamp: responder.Span(opened.Add(-10*time.Minute), opened.Add(-time.Minute)),
		Link:  "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3D16afba5c5c43e07c9e3e5e2e544e95df",
		Attrs: []responder.Attribute{*address(), *machine()},
	}
}

// notice is the first notification: of a report that was just opened.
func notice() responder.Report {
	return responder.Report{V: responder.SchemaVersion, ReportID: reportID, Alert: alert(), Alerts: []responder.Alert{alert()}, AlertCount: 1,
		Status: responder.StatusNew, Seq: 2, OpenedAt: responder.At(opened)}
}

// judged is a verdict without evidence.
func judged(seq int64, s responder.Severity, reason string) responder.Report {
	r := notice()
	r.Status, r.Seq, r.SettledAt = responder.StatusPublished, seq, responder.At(opened.Add(8*time.Second))
	r.Result = responder.Result{Severity: s, Reason: reason}
	return r
}

func asked(who string, a *responder.Attribute, o responder.Outcome, title, err string) responder.Inspection {
	return responder.Inspection{Inspector: who, Origin: "0.AAAAAAAAAAAAAAAAAAAAAAAAAA", Attribute: a, Outcome: o, Title: title, Error: err}
}

func said(who string, a *responder.Attribute, v responder.SignalVerdict, score float64, summary, url string) responder.Signal {
	return responder.Signal{Kind: "reputation", Verdict: v, Score: score, Summary: summary, Source: who, URL: url,
		SeenAt: responder.At(opened.Add(-26 * time.Hour)), Attribute: a, Inspector: who}
}

func nothingKnown() responder.Report {
	r := judged(9, responder.Unclassified, "Nothing is known of 198.51.100[.]23, i-0123456789abcdef0.")
	r.Inspections = []responder.Inspection{
		asked("abuseipdb", address(), responder.Nothing, "", ""), asked("virustotal", address(), responder.Nothing, "", ""),
		asked("awscontext", machine(), responder.Nothing, "", ""), asked("greynoise", address(), responder.Skipped, "one's own: OWN_NETWORKS", ""),
	}
	return r
}

func urgent() responder.Report {
	r := judged(11, responder.Urgent, "Malicious: virustotal says of 198.51.100[.]23: 12 of 90 engines flag the address. No answer in time from history.")
	r.AlertCount = 3
	r.Inspections = []responder.Inspection{
		asked("virustotal", address(), responder.Found, "198.51.100.23", ""), asked("abuseipdb", address(), responder.Found, "", ""),
		asked("awscontext", machine(), responder.Found, "web-1", ""), asked("greynoise", address(), responder.Nothing, "", ""),
		asked("history", nil, responder.Missing, "", ""),
	}
	r.Signals = []responder.Signal{
		said("virustotal", address(), responder.Malicious, 87, "12 of 90 engines flag the address", "https://www.virustotal.com/gui/ip-address/198.51.100.23"),
		said("abuseipdb", address(), responder.Suspicious, 64, "reported 31 times in 90 days, last for SSH brute force", "https://www.abuseipdb.com/check/198.51.100.23"),
		said("awscontext", machine(), responder.UnknownSignal, 0, "web-1 (team web, production), open to the internet on port 22",
			"https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-0123456789abcdef0"),
	}
	r.Content = responder.Content{
		OpponentHosts: map[string]responder.OpponentHost{intruder: {ID: intruder, IPAddr: []string{intruder}, Country: []string{"XX"}, ASOwner: []string{"Example Net"},
			RelatedDomains: []responder.Domain{{Name: "c2.attacker.example", Timestamp: responder.At(opened)}},
			RelatedURLs:    []responder.URL{{URL: "http://attacker.example/x.sh"}},
			RelatedMalware: []responder.Malware{{SHA256: hash, Relation: "communicated", Scans: []responder.MalwareScan{{Vendor: "Sample AV", Name: "Linux.Mirai", Positive: true}}}}}},
		AlliedHosts: map[string]responder.AlliedHost{instance: {ID: instance, HostName: []string{"web-1"}, IPAddr: []string{"10.1.2.3"}, Owner: []string{"web team"},
			Activities: []responder.Activity{{ServiceName: "ssh", Principal: "deploy_bot", Action: "login", RemoteAddr: intruder, LastSeen: responder.At(opened)}}}},
	}
	return r
}

func failed() responder.Report {
	r := judged(7, responder.Unclassified, "Nothing is known of 198.51.100[.]23. No answer in time from virustotal. Failed: abuseipdb (the service does not accept the key).")
	r.Inspections = []responder.Inspection{
		asked("virustotal", nil, responder.Missing, "", ""), asked("abuseipdb", address(), responder.Failed, "", "the service does not accept the key"),
		asked("awscontext", machine(), responder.Failed, "web-1", "ec2:DescribeInstances: not allowed"), asked("greynoise", address(), responder.Nothing, "", ""),
		asked("urlhaus", address(), responder.Skipped, "an address of one's own", ""),
	}
	return r
}

func corrected() responder.Report {
	r := urgent()
	r.Seq, r.AlertCount = 13, 1
	return r
}

func ongoing() responder.Report {
	r := notice()
	r.Status, r.Seq, r.AlertCount, r.Result.Severity = responder.StatusOngoing, 12, 4, responder.Urgent
	r.Alert.Name, r.Alert.Timestamp = "Recon:EC2/PortProbeUnprotectedPort", responder.Span(opened, opened.Add(9*time.Minute))
	r.Alert.Attrs = append(r.Alert.Attrs, responder.Attribute{Type: responder.TypeIPAddr, Value: "203.0.113.99", Key: "remote IP address"})
	r.Alerts = []responder.Alert{r.Alert}
	return r
}

func resolved() responder.Report {
	r := ongoing()
	r.Alert = alert()
	r.Alert.State, r.Alert.Timestamp.Last = responder.Resolved, responder.Span(opened, opened.Add(time.Hour)).Last
	r.Alerts = []responder.Alert{r.Alert}
	return r
}

func safe() responder.Report {
	r := judged(5, responder.Safe, "Harmless: watchlist says of 198.51.100[.]23: the scanner of our own security team.")
	r.Inspections = []responder.Inspection{asked("watchlist", address(), responder.Found, "", ""), asked("virustotal", address(), responder.Nothing, "", "")}
	r.Signals = []responder.Signal{said("watchlist", address(), responder.Harmless, 100, "the scanner of our own security team", "https://wiki.example.com/scanner")}
	return r
}

func quarantined() responder.Report {
	r := urgent()
	r.Seq, r.AlertCount = 15, 3
	r.Inspections = append(r.Inspections,
		responder.Inspection{Inspector: "quarantine", Origin: "legacy", Attribute: machine(), Outcome: responder.Found,
			Title: "isolated EC2 instance i-0123456789abcdef0 (web-1); undo: alertresponder quarantine undo k3jq7f3a2c5b4dxy-1. Not stopped, or perhaps broken: " +
				"Connections that are open and tracked go on until they are idle for long enough, at most five days; Security groups do not stop DNS by the resolver of the VPC, " +
				"nor the instance metadata service. Done: Network interface eni-0a1b2c3d has security group sg-0d1e2f3a (alertresponder-quarantine) alone. " +
				"Rule attacked-instance: urgent by guardduty; virustotal, watchlist say malicious"},
		responder.Inspection{Inspector: "quarantine", Origin: "legacy", Attribute: address(), Outcome: responder.Skipped,
			Title: "did not block address 198.51.100.23: the ceiling of 5 actions per hour is reached"})
	return r
}

func sample() responder.Report {
	r := urgent()
	r.Alert.Sample, r.Alert.Link = true, "https://grafana.example.com/alerting/list?id=7&x=(a|b)"
	r.Alerts = []responder.Alert{r.Alert}
	r.Result = responder.Result{Severity: responder.Safe, Reason: "This is a test finding."}
	return r
}

// Attacks are texts that mean something to the formats, beside those of respondertest.Hostile.
func Attacks() []string {
	return append(respondertest.Hostile(),
		"# h1", "> quote", "- [ ] task", "| a | b |\n|---|---|\n| 1 | 2 |", "```\ncode\n```", "~~~", "***", "1. one", "<!-- alertresponder:"+reportID+" -->",
		"<details><summary>x</summary>", "</details>", "@octocat @github/security", "#1 GH-2 octo/repo#3 GHSA-jfh8-c2jp-5v3q", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"www.attacker.example https://attacker.example mailto:x@attacker.example x@attacker.example", ":smile: :+1:", ":smile", "x:smile", "1.", "-", "+", "===", "x:", "[x](https://attacker.example)", "![x](//attacker.example/x.png)",
		"[x]: https://attacker.example", "*b* _i_ ~s~ `c` ``c`` **b** __b__", "<https://attacker.example|bank>", "<@U0123ABCD> <#C0123ABCD> <!here> <!subteam^S1> <!date^1^{date}|x>",
		"&lt;!channel&gt; &amp;lt; &#64;octocat", "@here @channel #general", "\\`x\\` \\<b>", "$a$ $$b$$", "[^1] [^1]: note", "a\u202eb\u200bc.example", "evil\u200b.example", "💥:boom:💥", "שלום عليكم example.com")
}

func hostile() responder.Report {
	all := strings.Join(Attacks(), " ")
	a := responder.Attribute{Type: responder.TypeUsername, Value: "<!-- x --> `@octocat` <!channel>", Key: "# @octocat", Context: []string{"x"}}
	r := judged(3, responder.Urgent, all)
	r.ReportID = "../../<!channel>?x=1&y=|z)"
	r.Alert = responder.Alert{Name: "<!channel> **URGENT** @octocat #1 ![x](https://attacker.example/x.png) <https://attacker.example|ok>", Rule: all, Key: all, Description: all,
		Source: "@here", Account: "`1`", Region: "*x*", Link: "https://console.aws.amazon.com@attacker.example/", Attrs: []responder.Attribute{a}}
	r.Alerts = []responder.Alert{r.Alert}
	for _, s := range Attacks() {
		b := responder.Attribute{Type: "x", Value: s, Key: s}
		r.Signals = append(r.Signals, responder.Signal{Kind: s, Verdict: responder.SignalVerdict(s), Score: 101, Summary: s, Source: s, URL: s, Attribute: &b, Inspector: s})
		r.Inspections = append(r.Inspections, asked(s, &b, responder.Failed, s, s), asked(s, &b, responder.Outcome(s), s, s), asked(s, &b, responder.Nothing, s, s))
	}
	r.Content.OpponentHosts = map[string]responder.OpponentHost{all: {ID: all, IPAddr: Attacks(), ASOwner: Attacks(), RelatedURLs: []responder.URL{{URL: all}}}}
	r.Content.SubjectUsers = map[string]responder.SubjectUser{all: {UserName: all, Activities: []responder.Activity{{Action: all, Target: all}}}}
	return r
}
