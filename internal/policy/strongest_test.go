package policy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/policy"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var (
	attacker = responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23", Context: []string{responder.ContextRemote}}
	own      = responder.Attribute{Type: responder.TypeInstance, Value: "i-0123", Context: []string{responder.ContextLocal}}
)

func said(verdict responder.SignalVerdict, about responder.Attribute) responder.Signal {
	return responder.Signal{Kind: "list", Verdict: verdict, Score: 90, Summary: `is on the list "botnets".`, Attribute: &about, Inspector: "watchlist"}
}

func row(inspector string, outcome responder.Outcome, err string) responder.Inspection {
	return responder.Inspection{Inspector: inspector, Attribute: &attacker, Outcome: outcome, Error: err}
}

func review(t require.TestingT, r responder.Report) responder.Result {
	result, err := policy.Strongest{}.Review(context.Background(), r)
	require.NoError(t, err)
	return result
}

func TestStrongest(t *testing.T) {
	report := func(change func(*responder.Report)) responder.Report {
		alert := responder.Alert{Attrs: []responder.Attribute{attacker, own}}
		r := responder.Report{Alert: alert, Alerts: []responder.Alert{alert}, Inspections: []responder.Inspection{row("watchlist", responder.Nothing, "")}}
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		change   func(*responder.Report)
		severity responder.Severity
		reason   string
	}{
		"malicious": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Harmless, own), said(responder.Malicious, attacker)}
		}, responder.Urgent, `Malicious: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"malicious and incomplete": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Malicious, attacker)}
			r.Inspections = []responder.Inspection{row("b", responder.Missing, ""), row("a", responder.Failed, "the service answered 503."), row("a", responder.Failed, "x")}
			r.Truncated = true
		}, responder.Urgent, `Malicious: watchlist says of 198.51.100[.]23: is on the list "botnets". No answer in time from b. ` +
			`Failed: a (the service answered 503). The report is not whole: something did not fit.`},
		"suspicious": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Suspicious, attacker)}
		}, responder.Unclassified, `Suspicious: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"harmless": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Safe, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"harmless, but not the one that matters": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Harmless, own)}
		}, responder.Unclassified, `Harmless: watchlist says of i-0123: is on the list "botnets". Nothing is known of 198.51.100[.]23.`},
		"harmless, but somebody is missing": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
			r.Inspections = append(r.Inspections, row("cloudtrail", responder.Missing, ""))
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". No answer in time from cloudtrail.`},
		"nothing known":     {func(*responder.Report) {}, responder.Unclassified, "Nothing is known of 198.51.100[.]23."},
		"nobody asked":      {func(r *responder.Report) { r.Inspections = nil }, responder.Unclassified, "Nobody looked into 198.51.100[.]23."},
		"nothing to ask of": {func(r *responder.Report) { *r = responder.Report{} }, responder.Unclassified, "There is nothing in the alert to look into: a person has to."},
		"a test finding": {func(r *responder.Report) {
			r.Alert.Sample = true
			r.Signals = []responder.Signal{said(responder.Malicious, attacker)}
		}, responder.Urgent, `This is a test finding. Malicious: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"unknown signals say nothing": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.UnknownSignal, attacker), said("odd", attacker)}
		}, responder.Unclassified, "Nothing is known of 198.51.100[.]23."},
	} {
		result := review(t, report(c.change))
		assert.Equal(t, c.severity, result.Severity, name)
		assert.Equal(t, c.reason, result.Reason, name)
		assert.Len(t, result.Rules, 1, name)
	}
}

func TestContract(t *testing.T) { respondertest.TestReviewer(t, policy.Strongest{}) }

func drawReport(t *rapid.T) responder.Report {
	attribute := rapid.Custom(func(t *rapid.T) responder.Attribute {
		return responder.Attribute{
			Type:    rapid.SampledFrom([]string{"ipaddr", "domain"}).Draw(t, "type"),
			Value:   rapid.SampledFrom([]string{"192.0.2.1", "a.example", "b.example"}).Draw(t, "value"),
			Context: rapid.SampledFrom([][]string{nil, {"remote"}, {"local"}}).Draw(t, "context"),
		}
	})
	signal := rapid.Custom(func(t *rapid.T) responder.Signal {
		a := attribute.Draw(t, "about")
		return responder.Signal{
			Verdict: rapid.SampledFrom([]responder.SignalVerdict{"malicious", "suspicious", "harmless", "unknown"}).Draw(t, "verdict"),
			Score:   float64(rapid.IntRange(0, 3).Draw(t, "score")), Attribute: &a,
			Summary: rapid.SampledFrom(respondertest.Hostile()).Draw(t, "summary"), Inspector: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "who"),
		}
	})
	inspection := rapid.Custom(func(t *rapid.T) responder.Inspection {
		return responder.Inspection{
			Inspector: rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "inspector"),
			Outcome:   rapid.SampledFrom([]responder.Outcome{"found", "nothing", "failed", "missing", "skipped"}).Draw(t, "outcome"),
			Error:     rapid.SampledFrom(respondertest.Hostile()).Draw(t, "error"),
		}
	})
	alert := responder.Alert{Attrs: rapid.SliceOfN(attribute, 0, 4).Draw(t, "attrs")}
	return responder.Report{Alert: alert, Alerts: []responder.Alert{alert},
		Signals: rapid.SliceOfN(signal, 0, 6).Draw(t, "signals"), Inspections: rapid.SliceOfN(inspection, 0, 6).Draw(t, "inspections")}
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawReport(t)
		result := review(t, r)
		require.NotEmpty(t, result.Reason)
		require.LessOrEqual(t, len(result.Reason), 2000)
		require.Equal(t, -1, strings.IndexFunc(result.Reason, unicode.IsControl), "%q", result.Reason)
		for _, i := range r.Inspections {
			if i.Outcome == responder.Failed || i.Outcome == responder.Missing {
				require.NotEqual(t, responder.Safe, result.Severity, "a failed or missing inspection never looks like a clean one")
				require.Contains(t, result.Reason, map[responder.Outcome]string{responder.Failed: "Failed: ", responder.Missing: "No answer in time from "}[i.Outcome])
			}
		}
		other := r
		other.Signals = rapid.Permutation(r.Signals).Draw(t, "signals again")
		other.Inspections = rapid.Permutation(r.Inspections).Draw(t, "inspections again")
		require.Equal(t, result, review(t, other), "the order does not matter")

		other.Signals = append([]responder.Signal{said(responder.Malicious, attacker)}, r.Signals...)
		require.Equal(t, responder.Urgent, review(t, other).Severity)
	})
}

func TestManyOfEverything(t *testing.T) {
	var r responder.Report
	for i := range 500 {
		s := said(responder.Malicious, attacker)
		s.Summary = strings.Repeat(fmt.Sprint(i, " "), 300)
		r.Signals = append(r.Signals, s)
		r.Inspections = append(r.Inspections, row(fmt.Sprint("i", i), responder.Failed, strings.Repeat("x", 999)))
	}
	result := review(t, r)
	assert.LessOrEqual(t, len(result.Reason), 2000)
	assert.Contains(t, result.Reason, "and 497 more")
}
