package slack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// texts are of all kinds: usual, hostile, long, of any bytes.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(append(rendertest.Attacks(), "", "virustotal", "198.51.100.23", "<!here> <!channel> <@U0ALICE1>")), rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.SampledFrom([]string{"a", "&", "<", "\"", "💥", "字", "a.b ", "\\"}).Draw(t, "of"), rapid.IntRange(1, 3000).Draw(t, "times"))
		}))
}

func attribute(t *rapid.T) responder.Attribute {
	return responder.Attribute{Type: rapid.OneOf(rapid.Just("ipaddr"), texts()).Draw(t, "type"), Value: texts().Draw(t, "value"), Key: texts().Draw(t, "key")}
}

// reports are any: notices and verdicts.
func reports() *rapid.Generator[responder.Report] {
	return rapid.Custom(func(t *rapid.T) responder.Report {
		text := func(what string) string { return texts().Draw(t, what) }
		a := responder.Alert{Name: text("name"), Rule: text("rule"), Description: text("description"), Source: text("source"), Account: text("account"),
			Region: text("region"), Link: text("link"), Attrs: []responder.Attribute{attribute(t)}, Sample: rapid.IntRange(0, 3).Draw(t, "sample") == 0,
			State: rapid.SampledFrom([]responder.State{"", responder.Resolved, "odd"}).Draw(t, "state")}
		r := responder.Report{ReportID: text("id"), Alert: a, Alerts: []responder.Alert{a}, AlertCount: rapid.Int64Range(-1, 1<<40).Draw(t, "count"),
			Status: rapid.SampledFrom([]responder.Status{responder.StatusNew, responder.StatusOngoing, responder.StatusPublished, responder.StatusPublished}).Draw(t, "status"),
			Result: responder.Result{Reason: text("reason"), Severity: rapid.SampledFrom([]responder.Severity{"", "odd", responder.Urgent, responder.Safe, responder.Unclassified}).Draw(t, "severity")}}
		if r.Status != responder.StatusPublished {
			return r
		}
		for range rapid.IntRange(0, 40).Draw(t, "signals") {
			of := attribute(t)
			r.Signals = append(r.Signals, responder.Signal{Kind: text("kind"), Verdict: responder.Malicious, Score: 90, Summary: text("summary"), URL: text("url"), Attribute: &of, Inspector: text("who")})
			r.Inspections = append(r.Inspections, responder.Inspection{Inspector: text("who"), Attribute: &of, Title: text("title"), Error: text("error"),
				Outcome: rapid.SampledFrom([]responder.Outcome{responder.Found, responder.Failed, responder.Missing, responder.Nothing, "odd"}).Draw(t, "outcome")})
		}
		return r
	})
}

// Whatever a report brings, Slack takes it at the first try, does nothing with it but show it, and the receipt can be kept. The
// fake looks at each request; what is written between < and > is either a link or the mention that was asked for.
func TestAnyReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(t, "SLACK_OPTIONS", rapid.SampledFrom([]string{"", "mention=none", "mention=safe:U0ALICE1,urgent:S0TEAM123"}).Draw(t, "options"))
		d.key = rapid.SampledFrom([]string{botToken, botToken, hookURL}).Draw(t, "key")
		var last responder.Report
		for k := range rapid.IntRange(1, 3).Draw(t, "notifications") {
			last = reports().Draw(t, "report")
			last.Seq = int64(k + 2)
			if err := d.emit(last); err != nil {
				t.Fatal(err)
			}
			if text, _ := json.Marshal(d.receipt); len(text) > respondertest.MaxReceipt {
				t.Fatalf("the receipt has %d bytes", len(text))
			}
		}
		for _, m := range d.mentions {
			if m != "<!here>" && m != "<!subteam^S0TEAM123>" && m != "<@U0ALICE1>" || m == "<!here>" && d.env["SLACK_OPTIONS"] != "" {
				t.Fatalf("somebody was called: %s", m)
			}
		}
		if d.key == botToken && len(d.messages()) != 1 {
			t.Fatalf("%d messages", len(d.messages()))
		}
	})
}

// Slack without Slack takes whatever is sent.
func TestDryRun(t *testing.T) {
	for _, key := range []string{"xoxb-dry-run", "https://hooks.slack.com/services/dry/run"} {
		for _, channel := range []string{"C0SECURITY", "#security"} {
			d := newDesk(t, "SLACK_CHANNEL", channel)
			d.key = key
			d.emitter = d.made(DryRun())
			for _, r := range []responder.Report{told(2, ""), told(3, responder.Urgent), told(4, responder.Urgent), told(5, responder.Safe)} {
				require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), r))
			}
			if key == "xoxb-dry-run" {
				assert.Regexp(t, `^C[A-Z0-9]{8,}$`, d.receipt["channel"])
				assert.Regexp(t, `^1\d{9}\.\d{6}$`, d.receipt["ts"])
				assert.Equal(t, "5.1", d.receipt["told"])
			}
			respondertest.TestEmitter(t, d.emitter)
		}
	}
}
