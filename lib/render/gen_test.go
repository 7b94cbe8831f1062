package render_test

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// texts are of all kinds: usual, hostile, put together of both, of any bytes, long.
func texts() *rapid.Generator[string] {
	attack := rapid.SampledFrom(rendertest.Attacks())
	return rapid.OneOf(
		rapid.Just(""), rapid.SampledFrom([]string{"virustotal", "198.51.100.23", "https://www.virustotal.com/gui/x", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "alice", "a_b_c"}),
		attack,
		rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.OneOf(attack, rapid.StringMatching("[-#@*_~`<>&|\\\\()\\[\\]{}!:.+=0-9a-f \n]{0,12}")), 1, 6).Draw(t, "parts"),
				rapid.SampledFrom([]string{"", " ", "\n", "x"}).Draw(t, "between"))
		}),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 60), func(b []byte) string { return string(b) }),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.SampledFrom([]string{"a", "\"", "&", "<", "'", "💥", "字", "` ", "a.b ", "\\", "\u0301", "x "}).Draw(t, "of"), rapid.IntRange(1, 4000).Draw(t, "times"))
		}),
	)
}

func attributes() *rapid.Generator[*responder.Attribute] {
	return rapid.Custom(func(t *rapid.T) *responder.Attribute {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		kind := rapid.OneOf(rapid.SampledFrom([]string{"ipaddr", "username", "filehash", "url"}), texts()).Draw(t, "type")
		return &responder.Attribute{Type: kind, Value: texts().Draw(t, "value"), Key: texts().Draw(t, "key")}
	})
}

func alerts() *rapid.Generator[responder.Alert] {
	return rapid.Custom(func(t *rapid.T) responder.Alert {
		text := func(what string) string { return texts().Draw(t, what) }
		a := responder.Alert{Name: text("name"), Rule: text("rule"), Description: text("description"), Source: text("source"), Account: text("account"),
			Region: text("region"), Link: text("link"), Severity: rapid.Float64().Draw(t, "severity"),
			Timestamp: responder.Timestamp{Init: rapid.Float64().Draw(t, "init"), Last: rapid.Float64Range(0, 2e9).Draw(t, "last")},
			State:     rapid.SampledFrom([]responder.State{"", responder.Firing, responder.Resolved, "odd"}).Draw(t, "state"),
			Sample:    rapid.Bool().Draw(t, "sample"), Late: rapid.Bool().Draw(t, "late")}
		for range rapid.IntRange(0, 4).Draw(t, "attributes") {
			if attr := attributes().Draw(t, "attribute"); attr != nil {
				a.Attrs = append(a.Attrs, *attr)
			}
		}
		return a
	})
}

// reports are any: notices and verdicts.
func reports() *rapid.Generator[responder.Report] {
	return rapid.Custom(func(t *rapid.T) responder.Report {
		text := func(what string) string { return texts().Draw(t, what) }
		r := responder.Report{ReportID: text("id"), Alert: alerts().Draw(t, "alert"), Alerts: rapid.SliceOfN(alerts(), 0, 2).Draw(t, "alerts"),
			AlertCount: rapid.Int64Range(-1, 1<<40).Draw(t, "count"), Seq: rapid.Int64Range(0, 100).Draw(t, "seq"),
			Status: rapid.SampledFrom([]responder.Status{responder.StatusNew, responder.StatusOngoing, responder.StatusPublished, responder.StatusPublished, "odd"}).Draw(t, "status"),
			Result: responder.Result{Reason: text("reason"), Severity: rapid.SampledFrom([]responder.Severity{"", "odd", responder.Urgent, responder.Safe, responder.Unclassified}).Draw(t, "severity")}}
		if r.Status != responder.StatusPublished {
			return r
		}
		r.Truncated = rapid.Bool().Draw(t, "truncated")
		for range rapid.IntRange(0, 8).Draw(t, "signals") {
			r.Signals = append(r.Signals, responder.Signal{Kind: text("kind"), Verdict: responder.SignalVerdict(rapid.SampledFrom([]string{"malicious", "suspicious", "harmless", "unknown", "odd"}).Draw(t, "verdict")),
				Score: rapid.Float64().Draw(t, "score"), Summary: text("summary"), Source: text("source"), URL: text("url"), Attribute: attributes().Draw(t, "of"), Inspector: text("who"),
				SeenAt: responder.At(time.Unix(rapid.Int64().Draw(t, "at"), 0))})
		}
		for range rapid.IntRange(0, 8).Draw(t, "inspections") {
			r.Inspections = append(r.Inspections, responder.Inspection{Inspector: rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "quarantine"}), texts()).Draw(t, "who"), Attribute: attributes().Draw(t, "of"),
				Outcome: responder.Outcome(rapid.SampledFrom([]string{"found", "nothing", "failed", "missing", "skipped", "", "odd"}).Draw(t, "outcome")), Title: text("title"), Error: text("error")})
		}
		r.Content = content(t)
		return r
	})
}

func content(t *rapid.T) responder.Content {
	text := func(what string) string { return texts().Draw(t, what) }
	var c responder.Content
	if rapid.Bool().Draw(t, "host") {
		c.OpponentHosts = map[string]responder.OpponentHost{text("id"): {IPAddr: []string{text("ip")}, ASOwner: []string{text("owner")}, RelatedDomains: []responder.Domain{{Name: text("name")}},
			RelatedMalware: []responder.Malware{{SHA256: text("hash"), Scans: []responder.MalwareScan{{Name: text("name"), Positive: true}}}}}}
	}
	if rapid.Bool().Draw(t, "user") {
		c.SubjectUsers = map[string]responder.SubjectUser{text("id"): {Activities: []responder.Activity{{Action: text("action"), Target: text("target")}}}}
	}
	return c
}
