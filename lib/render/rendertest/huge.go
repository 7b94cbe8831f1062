package rendertest

import (
	"fmt"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func huge() responder.Report { return Huge(2000) }

// Huge is a report with n of everything, and long texts.
func Huge(n int) responder.Report {
	r := judged(5, responder.Urgent, "Malicious: "+strings.Repeat("virustotal says so; ", 500))
	r.AlertCount, r.Truncated = int64(n), true
	r.Content = responder.Content{OpponentHosts: map[string]responder.OpponentHost{}, AlliedHosts: map[string]responder.AlliedHost{}}
	r.Alerts = nil
	for i := range n {
		a := responder.Attribute{Type: responder.TypeIPAddr, Value: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255), Key: "IP address"}
		r.Signals = append(r.Signals, said("virustotal", &a, []responder.SignalVerdict{responder.Malicious, responder.Suspicious, responder.Harmless, "?"}[i%4],
			float64(i%101), strings.Repeat("engines flag it ", 20), "https://www.virustotal.com/gui/ip-address/"+a.Value))
		r.Inspections = append(r.Inspections, asked("virustotal", &a, responder.Found, "", ""), asked("abuseipdb", &a, responder.Failed, "", fmt.Sprintf("error %d", i)),
			asked("greynoise", &a, responder.Nothing, "", ""), asked("history", &a, responder.Missing, "", ""), asked(fmt.Sprintf("quiet-%d", i), &a, responder.Nothing, "", ""))
		r.Content.OpponentHosts[a.Value] = responder.OpponentHost{ID: a.Value, Country: []string{"XX"}}
		r.Content.AlliedHosts["i-"+a.Value] = responder.AlliedHost{ID: a.Value, HostName: []string{strings.Repeat("x", 300)}}
		if i%10 == 0 {
			one := alert()
			one.Attrs = []responder.Attribute{a}
			r.Alerts = append(r.Alerts, one)
		}
	}
	return r
}
