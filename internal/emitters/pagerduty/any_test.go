package pagerduty

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// notifications are those of one report in the order of seq, as the host hands them over: with gaps, where a later one
// overtook others. Each has what the verdict says.
type step struct {
	r      responder.Report
	wanted bool // of a verdict: there is to be an incident
}

func steps(least responder.Severity) *rapid.Generator[[]step] {
	return rapid.Custom(func(t *rapid.T) (out []step) {
		seq, last := int64(1), responder.Severity("")
		for range rapid.IntRange(1, 8).Draw(t, "notifications") {
			seq += rapid.Int64Range(1, 4).Draw(t, "gap")
			said := rapid.SampledFrom([]responder.Severity{responder.Urgent, responder.Unclassified, responder.Safe, ""}).Draw(t, "severity")
			var with []func(*responder.Report)
			state := responder.Firing
			if rapid.IntRange(0, 4).Draw(t, "state") == 0 {
				state = responder.Resolved
				with = append(with, over)
			}
			if rapid.Bool().Draw(t, "more") {
				with = append(with, signal("virustotal", responder.Malicious, fmt.Sprintf("198.51.100.%d", seq)))
			}
			if seq%2 == 0 { // notices know the last verdict, or an older one
				said = rapid.SampledFrom([]responder.Severity{last, said}).Draw(t, "known")
			} else {
				last = said
			}
			pages := said == responder.Urgent || least == responder.Unclassified && said != responder.Safe
			out = append(out, step{told(seq, said, with...), pages && state == responder.Firing})
		}
		return out
	})
}

// After any notifications, with any requests that fail before or after they were done, functions that die, and
// notifications that overtake what has failed, an incident is open if and only if the last verdict says so; at most one is
// open at any time; and none is opened but where a verdict rises, or a notice says so.
func TestTheIncidentIsWhatTheLastVerdictSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.SampledFrom([]responder.Severity{responder.Urgent, responder.Unclassified}).Draw(t, "least")
		list := steps(least).Draw(t, "steps")
		d := newDesk(t, "PAGERDUTY_OPTIONS", "severity="+string(least))
		rude := rapid.Bool().Draw(t, "rude")
		unsure, rises, notices, was := false, 0, 0, false
		for k, s := range list {
			isVerdict := s.r.Seq%2 == 1
			if isVerdict && s.wanted && !was {
				rises++
			} else if !isVerdict {
				notices++
			}
			for {
				fault, dies := 0, false
				if rude {
					fault = rapid.IntRange(0, 5).Draw(t, "fault") // 1: nothing was done, 2: the answer is lost
					dies = rapid.IntRange(0, 3).Draw(t, "dies") == 0
				}
				d.before = func(int) (int, string, string) {
					if fault == 1 {
						return rapid.SampledFrom([]int{500, 429, 403, -1}).Draw(t, "status"), "", ""
					}
					return 0, "", ""
				}
				d.lose = func(int) bool { return fault == 2 }
				ctx := context.Background()
				if unsure {
					ctx = responder.Interrupt(ctx)
				}
				kept := d.receipt
				err := d.emitIn(ctx, s.r)
				if unsure = dies; dies {
					d.receipt = kept
				}
				if err == nil && !dies || k+1 < len(list) && rapid.Bool().Draw(t, "overtaken") {
					break
				}
			}
			open := d.of(report) != nil
			if isVerdict {
				was = s.wanted
				if open != s.wanted && (k+1 == len(list) || !unsure && d.receipt[keyVerdict] == fmt.Sprint(s.r.Seq) && d.receipt[keyOwed] == "") {
					t.Fatalf("after %d: open %t, expected %t; %v", s.r.Seq, open, s.wanted, d.receipt)
				}
			}
			if n := count(d.incidents); n > 1 {
				t.Fatalf("%d are open", n)
			}
		}
		if !rude && len(d.incidents) > rises+notices {
			t.Fatalf("%d incidents of %d rises and %d notices", len(d.incidents), rises, notices)
		}
		if len(d.faults) > 0 {
			t.Fatal(d.faults)
		}
	})
}

func count(list []*incident) (open int) {
	for _, i := range list {
		if i.open {
			open++
		}
	}
	return open
}

// Whatever a report holds, the event is one that PagerDuty takes, and the receipt fits.
func TestAnyReportIsTaken(t *testing.T) {
	text := rapid.OneOf(rapid.SampledFrom(respondertest.Hostile()), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.SampledFrom([]string{"<", "\"", "💥", "字", "\u2028", "x.y "}).Draw(t, "of"), rapid.IntRange(1, 3000).Draw(t, "times"))
		}))
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) string { return text.Draw(t, what) }
		r := told(3, responder.Urgent)
		if n := rapid.SampledFrom([]int{0, 0, 0, 20, 200}).Draw(t, "size"); n > 0 {
			r = rendertest.Huge(n)
			for i := range r.Signals {
				r.Signals[i].Summary = draw("summary")
			}
			for i := range r.Inspections {
				r.Inspections[i].Error = draw("error")
			}
		}
		r.Alert = responder.Alert{Name: draw("name"), Rule: draw("rule"), Description: draw("description"), Source: draw("source"), Account: draw("account"), Region: draw("region"),
			Link: draw("link"), Timestamp: responder.Timestamp{Last: rapid.Float64().Draw(t, "last")},
			Attrs: []responder.Attribute{{Type: draw("type"), Value: draw("value"), Key: draw("key"), Context: []string{"local"}}}}
		r.Alerts, r.Status, r.Seq = append(r.Alerts[:0:0], r.Alert), responder.StatusPublished, 3
		r.Result = responder.Result{Severity: responder.Urgent, Reason: draw("reason")}
		if id := draw("id"); id != "" {
			r.ReportID = id
		}
		d := newDesk(t)
		if err := d.emitIn(context.Background(), r); err != nil || d.requests != 1 || len(d.faults) > 0 {
			t.Fatalf("%v after %d requests: %v", err, d.requests, d.faults)
		}
		if n := len(fmt.Sprintf("%q", d.receipt)); n > respondertest.MaxReceipt {
			t.Fatalf("receipt of %d bytes", n)
		}
	})
}

// A report with too much is told with less, down to what fits.
func TestAHugeReport(t *testing.T) {
	r := rendertest.Huge(2000)
	for i := range r.Signals {
		r.Signals[i].Summary = fmt.Sprint(i, strings.Repeat("<", 1000))
	}
	for i := range r.Inspections {
		r.Inspections[i].Error = fmt.Sprint(i, strings.Repeat("<", 1000))
	}
	for i := range r.Signals {
		r.Signals[i].Verdict = responder.Malicious
	}
	for i := range 300 {
		r.Alerts[0].Attrs = append(r.Alerts[0].Attrs, responder.Attribute{Type: "username", Value: fmt.Sprint("user-", i)})
	}
	d := newDesk(t)
	assert.Equal(t, []string{"trigger"}, d.does(r))
	assert.Equal(t, 1, d.requests)
	b, _ := json.Marshal(d.receipt)
	assert.LessOrEqual(t, len(b), respondertest.MaxReceipt)
	assert.Len(t, d.receipt[keyTold], 4*maxMarks)
	details := d.events[0]["payload"].(map[string]any)["custom_details"].(map[string]any)
	found := details["Found"].([]any)
	assert.Equal(t, "and 100 more", found[len(found)-1])
	assert.Equal(t, "1800 more findings", details["Not shown"].([]any)[0])
}
