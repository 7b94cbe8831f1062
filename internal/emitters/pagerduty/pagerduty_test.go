package pagerduty

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestContract(t *testing.T) {
	for _, options := range []string{"", "severity=unclassified"} {
		d := newDesk(t, "PAGERDUTY_OPTIONS", options)
		respondertest.TestEmitter(t, d.e)
		assert.Empty(t, d.faults)
		for _, e := range d.events {
			assert.Equal(t, key, e["routing_key"])
			delete(e, "routing_key")
			respondertest.NoSecret(t, key, e)
		}
	}
}

// One incident from the first verdict that pages to the one that does not, one request for each change.
func TestAnIncident(t *testing.T) {
	d := newDesk(t)
	assert.Empty(t, d.does(told(2, "")), "nothing is known yet")
	assert.Empty(t, d.does(told(3, responder.Unclassified)))
	assert.Equal(t, []string{"trigger"}, d.does(told(5, responder.Urgent)))
	assert.Empty(t, d.does(told(6, responder.Urgent)), "a notice")
	assert.Empty(t, d.does(told(7, responder.Urgent)), "nothing that matters")
	assert.Equal(t, []string{"resolve"}, d.does(told(9, responder.Safe)))
	assert.Empty(t, d.does(told(11, responder.Unclassified)))
	assert.Empty(t, d.does(told(12, responder.Urgent)), "an older verdict's: none is between")
	assert.Equal(t, []string{"trigger"}, d.does(told(13, responder.Urgent)), "it rises again")
	require.Len(t, d.incidents, 2)
	assert.False(t, d.incidents[0].open)
	assert.True(t, d.incidents[1].open)
	assert.Equal(t, 3, d.requests)
}

func TestTheEvent(t *testing.T) {
	d := newDesk(t)
	d.does(told(2, ""))
	d.does(told(3, responder.Urgent, signal("virustotal", responder.Malicious, "198.51.100.23"), func(r *responder.Report) {
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: "history", Outcome: responder.Missing})
	}))
	require.Len(t, d.events, 1)
	got, _ := json.MarshalIndent(d.events[0], "", "  ")
	assert.JSONEq(t, `{
  "routing_key": "`+key+`", "event_action": "trigger", "dedup_key": "`+report+`",
  "client": "AlertResponder", "client_url": "https://reports.example.com/r/`+report+`",
  "links": [
    {"href": "https://eu-west-1.console.aws.amazon.com/guardduty/home", "text": "AWS console"},
    {"href": "https://reports.example.com/r/`+report+`", "text": "Report"},
    {"href": "https://www.virustotal.com/gui/ip-address/198.51.100.23", "text": "VirusTotal"}
  ],
  "payload": {
    "summary": "URGENT: UnauthorizedAccess:EC2/SSHBruteForce – because of 3 – 1 finding. – history: no answer in time",
    "source": "i-0123456789abcdef0", "severity": "critical", "timestamp": "2026-05-04T03:02:04.000Z",
    "component": "guardduty", "group": "123456789012/eu-west-1", "class": "UnauthorizedAccess:EC2/SSHBruteForce",
    "custom_details": {
      "Verdict": "urgent", "Why": ["because of 3"],
      "Source": "guardduty", "Account": "123456789012", "Region": "eu-west-1", "Rule": "UnauthorizedAccess:EC2/SSHBruteForce", "Alerts": "1",
      "First seen": "2026-05-04 03:02 UTC", "Last seen": "2026-05-04 03:02 UTC",
      "Entities": ["remote IP address: 198.51.100[.]23", "instance: i-0123456789abcdef0"],
      "Found": ["virustotal on 198.51.100[.]23: malicious, 90 of 100 – it is known"], "No answer": ["history: missing"]
    }
  }
}`, string(got), string(got))
}

func TestItsSourceSaysThatItIsOver(t *testing.T) {
	d := newDesk(t)
	assert.Equal(t, []string{"trigger"}, d.does(told(3, responder.Urgent)))
	assert.Empty(t, d.does(told(4, responder.Urgent, over)), "a notice takes nothing away")
	assert.Equal(t, []string{"resolve"}, d.does(told(5, responder.Urgent, over)))
	assert.Empty(t, d.does(told(7, responder.Urgent, over, signal("virustotal", responder.Malicious, "198.51.100.23"))), "a mere update")
	assert.Equal(t, []string{"trigger"}, d.does(told(9, responder.Urgent)), "it fires again")

	d = newDesk(t)
	assert.Empty(t, d.does(told(3, responder.Urgent, over)), "nothing before a trigger")
}

func TestNobodyIsPagedForATest(t *testing.T) {
	d := newDesk(t)
	assert.Empty(t, d.does(told(2, responder.Urgent, sample)))
	assert.Empty(t, d.does(told(3, responder.Urgent, sample)))
	assert.Empty(t, d.does(told(4, responder.Urgent, sample)))
	assert.Equal(t, []string{"trigger"}, d.does(told(5, responder.Urgent)), "one that is none came")
	assert.Empty(t, d.does(told(7, responder.Urgent, sample)), "the report was cut")
	assert.Equal(t, []string{"resolve"}, d.does(told(9, responder.Safe, sample)))
}

func TestTheThreshold(t *testing.T) {
	d := newDesk(t, "PAGERDUTY_OPTIONS", "severity=unclassified")
	assert.Empty(t, d.does(told(2, "")))
	assert.Equal(t, []string{"trigger"}, d.does(told(3, responder.Unclassified)))
	assert.Equal(t, "warning", d.incidents[0].severity)
	assert.Equal(t, []string{"trigger"}, d.does(told(5, responder.Urgent)), "it is worse")
	assert.Empty(t, d.does(told(7, responder.Unclassified)), "it is better, and no reason to wake anybody")
	assert.Empty(t, d.does(told(9, responder.Urgent)), "they were told")
	assert.Equal(t, []string{"resolve"}, d.does(told(11, responder.Safe)))
	assert.Len(t, d.incidents, 1)
}

// What an open incident is told more of, since people may have closed it: then it wakes them again.
func TestWhatMatters(t *testing.T) {
	first := signal("virustotal", responder.Malicious, "198.51.100.23")
	another := func(a responder.Attribute) func(*responder.Report) {
		return func(r *responder.Report) { r.Alerts[0].Attrs = append(r.Alerts[0].Attrs, a) }
	}
	done := func(r *responder.Report) {
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: "quarantine", Outcome: responder.Found, Title: "isolated i-0123456789abcdef0"})
	}
	for name, c := range map[string]struct {
		change  func(*responder.Report)
		matters bool
	}{
		"another count":            {func(r *responder.Report) { r.AlertCount = 1000 }, false},
		"another reason":           {func(r *responder.Report) { r.Result.Reason = "policy says so" }, false},
		"harmless":                 {signal("greynoise", responder.Harmless, "198.51.100.23"), false},
		"unknown":                  {signal("greynoise", responder.UnknownSignal, "198.51.100.23"), false},
		"suspicious":               {signal("abuseipdb", responder.Suspicious, "198.51.100.23"), true},
		"malicious":                {signal("abuseipdb", responder.Malicious, "198.51.100.23"), true},
		"another remote address":   {another(responder.Attribute{Type: "ipaddr", Value: "203.0.113.1", Context: []string{"remote"}}), false},
		"what was found in a text": {another(responder.Attribute{Type: "instance", Value: "i-1", Context: []string{"extracted"}}), false},
		"another machine":          {another(responder.Attribute{Type: "instance", Value: "i-1"}), true},
		"another user":             {another(responder.Attribute{Type: "username", Value: "alice"}), true},
		"another local address":    {another(responder.Attribute{Type: "ipaddr", Value: "10.0.0.1", Context: []string{"local"}}), true},
		"what was done":            {done, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			require.Equal(t, []string{"trigger"}, d.does(told(3, responder.Urgent, first)))
			var want []string
			if c.matters {
				want = []string{"trigger"}
			}
			assert.Equal(t, want, d.does(told(5, responder.Urgent, first, c.change)))
			assert.Empty(t, d.does(told(7, responder.Urgent, first, c.change)), "they were told")
			assert.Empty(t, d.does(told(9, responder.Urgent)), "less is not news")
			assert.Len(t, d.incidents, 1)
		})
	}
}

// Who is woken by another incident has been told nothing yet.
func TestAnotherIncidentBeginsAnew(t *testing.T) {
	d := newDesk(t)
	bad := signal("virustotal", responder.Malicious, "198.51.100.23")
	d.does(told(3, responder.Urgent, bad))
	d.does(told(5, responder.Safe))
	assert.Equal(t, []string{"trigger"}, d.does(told(7, responder.Urgent)))
	assert.Equal(t, []string{"trigger"}, d.does(told(9, responder.Urgent, bad)))
}

// There is a bound to what is told of one incident.
func TestNobodyIsToldForEver(t *testing.T) {
	d := newDesk(t)
	for k := range int64(150) {
		d.does(told(2*k+3, responder.Urgent, signal("virustotal", responder.Malicious, fmt.Sprintf("198.51.100.%d", k))))
	}
	assert.Less(t, d.requests, maxMarks)
	b, _ := json.Marshal(d.receipt)
	assert.LessOrEqual(t, len(b), respondertest.MaxReceipt)
	assert.Equal(t, []string{"resolve"}, d.does(told(1001, responder.Safe)))
	assert.Equal(t, []string{"trigger"}, d.does(told(1003, responder.Urgent)))
}

// The host hands over the newest notification only: a notice may take the place of the verdict that pages.
func TestANoticeThatOvertookAVerdict(t *testing.T) {
	d := newDesk(t)
	assert.Equal(t, []string{"trigger"}, d.does(told(4, responder.Urgent)))
	assert.Contains(t, d.incidents[0].log[0], "URGENT: ")
	assert.Empty(t, d.does(told(5, responder.Urgent)))

	d = newDesk(t)
	assert.Empty(t, d.does(told(3, responder.Unclassified)))
	assert.Empty(t, d.does(told(4, responder.Urgent)), "not one of the verdict before")
	assert.Equal(t, []string{"trigger"}, d.does(told(6, responder.Urgent)))
	assert.NotContains(t, d.incidents[0].log[0], "because of 3", "that was the reason for something else")
	assert.Contains(t, d.incidents[0].log[0], "URGENT: ")
	assert.Equal(t, "critical", d.incidents[0].severity)
	assert.Equal(t, []string{"resolve"}, d.does(told(7, responder.Safe)))
}

func TestOptions(t *testing.T) {
	secret := func() delivery.Settings { return delivery.Settings{Key: responder.EnvSecret("X")} }
	for options, want := range map[string]string{
		"":                                "https://events.pagerduty.com",
		"region=us":                       "https://events.pagerduty.com",
		"severity=urgent; region=eu":      "https://events.eu.pagerduty.com",
		"region=eu severity=unclassified": "https://events.eu.pagerduty.com",
	} {
		s := secret()
		s.Getenv = func(name string) string { return map[string]string{"PAGERDUTY_OPTIONS": options}[name] }
		e, err := New(s)
		require.NoError(t, err)
		assert.Equal(t, want, e.(*emitter).api.client.BaseURL)
	}
	s := delivery.Settings{Getenv: func(name string) string {
		return map[string]string{"PAGERDUTY_OPTIONS": "severity=safe region=mars colour=red", "REPORT_URL": "http://x"}[name]
	}}
	_, err := New(s)
	for _, part := range []string{`severity="safe"`, "expected urgent or unclassified", `region="mars"`, "expected us or eu", `"colour=red"`, "REPORT_URL", "key: missing"} {
		assert.ErrorContains(t, err, part)
	}
	s = secret()
	s.BaseURL = "https://proxy.example"
	e, err := New(s)
	require.NoError(t, err)
	assert.Equal(t, "https://proxy.example", e.(*emitter).api.client.BaseURL)
}

func TestDryRun(t *testing.T) {
	e, err := New(delivery.Settings{Key: func(context.Context) (string, error) { return key, nil }, Transport: DryRun()})
	require.NoError(t, err)
	receipt, err := e.Emit(t.Context(), told(3, responder.Urgent), nil)
	require.NoError(t, err)
	assert.Equal(t, yes, receipt[keyOpen])
	respondertest.TestEmitter(t, e)
}
