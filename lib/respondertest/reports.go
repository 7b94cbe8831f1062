package respondertest

import (
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

var opened = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// Report gives a sample verdict with evidence of each kind. Each call gives a new one.
func Report() responder.Report {
	remote := responder.Attribute{Type: responder.TypeIPAddr, Value: "192.0.2.7", Key: "remote IP address",
		Context: []string{responder.ContextRemote}}
	alert := sampleAlert()
	alert.Attrs = []responder.Attribute{remote}
	signal := responder.Signal{Kind: "reputation", Verdict: responder.Malicious, Score: 95,
		Summary: "12 of 90 engines flag the address", Source: "sample", URL: "https://intel.example/192.0.2.7",
		SeenAt: responder.At(opened.Add(-time.Hour)), Attribute: &remote, Inspector: "sample"}
	return responder.Report{
		V: responder.SchemaVersion, ReportID: reportID, Alert: alert, Alerts: []responder.Alert{alert}, AlertCount: 3,
		Content: content(),
		Result: responder.Result{Severity: responder.Urgent, Reason: "an address with a bad reputation was contacted",
			Rules: []string{"malicious-remote"}},
		Status: responder.StatusPublished, Seq: 5,
		Inspections: []responder.Inspection{
			{Inspector: "sample", Attribute: &remote, Outcome: responder.Found, Title: "Reputation"},
			{Inspector: "broken", Attribute: &remote, Outcome: responder.Failed, Error: "the service said 503"},
			{Inspector: "quiet", Outcome: responder.Missing},
		},
		Signals:  []responder.Signal{signal},
		OpenedAt: responder.At(opened), SettledAt: responder.At(opened.Add(8 * time.Second)),
	}
}

func content() responder.Content {
	return responder.Content{
		OpponentHosts: map[string]responder.OpponentHost{"192.0.2.7": {
			ID: "192.0.2.7", IPAddr: []string{"192.0.2.7", "2001:db8::7"}, Country: []string{"XX"}, ASOwner: []string{"Example Net"},
			RelatedMalware: []responder.Malware{{
				SHA256:    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
				Timestamp: responder.At(opened), Relation: "communicated",
				Scans: []responder.MalwareScan{{Vendor: "Sample AV", Name: "Trojan.Sample", Positive: true, Source: "sample"}},
			}},
			RelatedDomains: []responder.Domain{{Name: "c2.attacker.example", Timestamp: responder.At(opened)}},
			RelatedURLs:    []responder.URL{{URL: "http://attacker.example/x"}},
		}},
		AlliedHosts: map[string]responder.AlliedHost{"i-0123456789abcdef0": {
			ID: "i-0123456789abcdef0", HostName: []string{"web-1"}, IPAddr: []string{"10.1.2.3"}, Owner: []string{"web team"},
			Activities: []responder.Activity{{ServiceName: "ssh", Principal: "alice", Action: "login", LastSeen: responder.At(opened)}},
		}},
		SubjectUsers: map[string]responder.SubjectUser{"alice": {UserName: "alice"}},
	}
}

// Reports gives sample notifications of one report in the order of Seq: notices before any evidence, verdicts
// of each severity and of none, alerts that are resolved or samples, and the texts of Hostile in all places
// where an alert, a page or a reviewer can bring them.
func Reports() []responder.Report {
	list := []responder.Report{
		notice(responder.StatusNew), verdict(""), verdict(responder.Unclassified), notice(responder.StatusOngoing),
		verdict(responder.Urgent), verdict(responder.Safe), empty(), resolved(), sample(),
	}
	for _, text := range Hostile() {
		list = append(list, hostile(text))
	}
	for i := range list {
		list[i].Seq = int64(2 * (i + 1))
		if list[i].Status == responder.StatusPublished {
			list[i].Seq++
		}
	}
	return list
}

func notice(status responder.Status) responder.Report {
	r := Report()
	return responder.Report{V: r.V, ReportID: r.ReportID, Alert: r.Alert, AlertCount: 1, Status: status, OpenedAt: r.OpenedAt}
}

func verdict(s responder.Severity) responder.Report {
	r := Report()
	r.Result.Severity = s
	return r
}

// empty has as little as a verdict can have.
func empty() responder.Report {
	return responder.Report{ReportID: reportID, Status: responder.StatusPublished,
		Result: responder.Result{Severity: responder.Unclassified}}
}

func resolved() responder.Report {
	r := notice(responder.StatusOngoing)
	r.Alert.State = responder.Resolved
	r.Result.Severity = responder.Urgent
	return r
}

func sample() responder.Report {
	r := Report()
	r.Alert.Sample, r.Alerts[0].Sample, r.Truncated = true, true, true
	return r
}

func hostile(text string) responder.Report {
	a := responder.Attribute{Type: responder.TypeUsername, Value: text, Key: text, Context: []string{text}}
	alert := responder.Alert{Name: text, Rule: text, Key: text, Description: text, Source: text, Account: text,
		Region: text, Link: text, Raw: text, Attrs: []responder.Attribute{a}}
	r := Report()
	r.Alert, r.Alerts = alert, []responder.Alert{alert, alert}
	r.Result = responder.Result{Severity: responder.Urgent, Reason: text, Rules: []string{text}}
	r.Inspections = []responder.Inspection{{Inspector: "sample", Attribute: &a, Outcome: responder.Failed, Title: text, Error: text}}
	r.Signals = []responder.Signal{{Kind: text, Verdict: responder.SignalVerdict(text), Summary: text, Source: text, URL: text, Attribute: &a}}
	r.Content = responder.Content{
		OpponentHosts: map[string]responder.OpponentHost{text: {ID: text, IPAddr: []string{text}, ASOwner: []string{text},
			RelatedURLs: []responder.URL{{URL: text, Reference: text, Source: text}}}},
		AlliedHosts:  map[string]responder.AlliedHost{text: {ID: text, HostName: []string{text}}},
		SubjectUsers: map[string]responder.SubjectUser{text: {UserName: text, Activities: []responder.Activity{{Action: text}}}},
	}
	return r
}
