package policy_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
			r.Alert.Sample, r.Alerts[0].Sample = true, true
			r.Signals = []responder.Signal{said(responder.Malicious, attacker)}
		}, responder.Urgent, `This is a test finding. Malicious: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"a test finding among others": {func(r *responder.Report) {
			r.Alerts = append(r.Alerts, responder.Alert{Sample: true})
			r.Signals = []responder.Signal{said(responder.Malicious, attacker)}
		}, responder.Urgent, `1 of 2 alerts are test findings. Malicious: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"harmless, but an answer is odd": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
			r.Inspections = append(r.Inspections, row("cloudtrail", "splendid", ""))
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". Failed: cloudtrail.`},
		"harmless, but the report is not whole": {func(r *responder.Report) {
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
			r.Truncated = true
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". The report is not whole: something did not fit.`},
		"harmless, in another spelling": {func(r *responder.Report) {
			about := attacker
			about.Value = "::ffff:198.51.100.23"
			r.Signals = []responder.Signal{said(responder.Harmless, about)}
		}, responder.Safe, `Harmless: watchlist says of ::ffff:198.51.100[.]23: is on the list "botnets".`},
		"harmless, but another alert came from elsewhere": {func(r *responder.Report) {
			other := attacker
			other.Value = "203.0.113.9"
			r.Alerts = append(r.Alerts, responder.Alert{Attrs: []responder.Attribute{other}})
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". Nothing is known of 203.0.113[.]9.`},
		"harmless, but another alert has a name without a role": {func(r *responder.Report) {
			r.Alerts = append(r.Alerts, responder.Alert{Attrs: []responder.Attribute{{Type: "domain", Value: "a.example"}}})
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". Nothing is known of a[.]example.`},
		"harmless, but what an inspector brought is not known": {func(r *responder.Report) {
			found := row("watchlist", responder.Nothing, "")
			found.Attribute = &responder.Attribute{Type: "domain", Value: "c2.example"}
			r.Inspections = append(r.Inspections, found)
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". Nothing is known of c2[.]example.`},
		"harmless, and the rest is one's own": {func(r *responder.Report) {
			r.Alerts[0].Attrs = append(r.Alerts[0].Attrs, responder.Attribute{Type: "ipaddr", Value: "203.0.113.7", Context: []string{"local"}}, responder.Attribute{Type: "username", Value: "alice"})
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Safe, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"no other side, so all count": {func(r *responder.Report) {
			r.Inspections = nil
			r.Alerts = []responder.Alert{{Attrs: []responder.Attribute{own, {Type: "username", Value: "alice"}}}}
			r.Signals = []responder.Signal{said(responder.Harmless, own)}
		}, responder.Unclassified, `Harmless: watchlist says of i-0123: is on the list "botnets". Nothing is known of alice.`},
		"harmless, but there is nothing that it could be about": {func(r *responder.Report) {
			r.Alert, r.Alerts, r.Inspections = responder.Alert{}, nil, nil
			r.Signals = []responder.Signal{{Verdict: responder.Harmless}}
		}, responder.Unclassified, `Harmless: an inspector says so. There is nothing in the alert to look into: a person has to.`},
		"nobody knows who is missing": {func(r *responder.Report) {
			r.Inspections = []responder.Inspection{row("unlisted", responder.Missing, "the list could not be read")}
		}, responder.Unclassified, `Nobody looked into 198.51.100[.]23. No answer in time from unlisted (the list could not be read).`},
		"harmless, but found in a text that nobody understood": {func(r *responder.Report) {
			r.Alerts[0].Attrs = []responder.Attribute{{Type: attacker.Type, Value: attacker.Value, Context: []string{"extracted"}}}
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". ` +
			`Nobody understood the message, its entities were found in its text: a person has to read it.`},
		"harmless, with one more harmless in the text of a message that was understood": {func(r *responder.Report) {
			more := responder.Attribute{Type: "domain", Value: "example.net", Context: []string{"extracted"}}
			r.Alerts[0].Attrs = []responder.Attribute{attacker, more}
			r.Signals = []responder.Signal{said(responder.Harmless, attacker), said(responder.Harmless, more)}
		}, responder.Safe, `Harmless: watchlist says of example[.]net: is on the list "botnets"; ` +
			`watchlist says of 198.51.100[.]23: is on the list "botnets".`},
		"malicious, found in a text that nobody understood": {func(r *responder.Report) {
			r.Alerts[0].Attrs = []responder.Attribute{{Type: attacker.Type, Value: attacker.Value, Context: []string{"extracted"}}}
			r.Signals = []responder.Signal{said(responder.Malicious, attacker)}
		}, responder.Urgent, `Malicious: watchlist says of 198.51.100[.]23: is on the list "botnets". ` +
			`Nobody understood the message, its entities were found in its text: a person has to read it.`},
		"harmless, but an alert beside it was not understood": {func(r *responder.Report) {
			r.Alerts = append(r.Alerts, responder.Alert{Rule: "unparsed"})
			r.Signals = []responder.Signal{said(responder.Harmless, attacker)}
		}, responder.Unclassified, `Harmless: watchlist says of 198.51.100[.]23: is on the list "botnets". ` +
			`Nobody understood the message, its entities were found in its text: a person has to read it.`},
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
			Context: rapid.SampledFrom([][]string{nil, {"remote"}, {"local"}, {"extracted"}, {"local", "extracted"}}).Draw(t, "context"),
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
			Outcome:   rapid.SampledFrom([]responder.Outcome{"found", "nothing", "failed", "missing", "skipped", "", "odd"}).Draw(t, "outcome"),
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
		if result.Severity == responder.Safe {
			require.True(t, slices.ContainsFunc(r.Signals, func(s responder.Signal) bool { return s.Verdict == responder.Harmless }))
			require.NotEmpty(t, r.Alert.Attrs)
			require.True(t, slices.ContainsFunc(others(r.Alert), func(a responder.Attribute) bool { return !a.Match(responder.ContextExtracted) }),
				"where all that can be the other side was found in a text nothing is safe")
		}
		require.LessOrEqual(t, len(result.Reason), 2000)
		require.Equal(t, -1, strings.IndexFunc(result.Reason, unicode.IsControl), "%q", result.Reason)
		for _, i := range r.Inspections {
			if !slices.Contains([]responder.Outcome{"found", "nothing", "skipped"}, i.Outcome) {
				require.NotEqual(t, responder.Safe, result.Severity, "a failed or missing inspection never looks like a clean one")
				require.Contains(t, result.Reason, cmp.Or(map[responder.Outcome]string{responder.Missing: "No answer in time from "}[i.Outcome], "Failed: "))
			}
		}
		other := r
		other.Signals = rapid.Permutation(r.Signals).Draw(t, "signals again")
		other.Inspections = rapid.Permutation(r.Inspections).Draw(t, "inspections again")
		require.Equal(t, result, review(t, other), "the order does not matter")

		other.Signals = append([]responder.Signal{said(responder.Malicious, attacker)}, r.Signals...)
		require.Equal(t, responder.Urgent, review(t, other).Severity, "a malicious signal never lowers")
		other.Signals = append([]responder.Signal{said(responder.Suspicious, attacker)}, r.Signals...)
		require.LessOrEqual(t, order(result.Severity), order(review(t, other).Severity), "a suspicious signal never lowers")
		other = r
		other.Inspections = append(slices.Clone(r.Inspections), row("gone", responder.Missing, ""))
		require.Equal(t, max(order(result.Severity), order(responder.Unclassified)), order(review(t, other).Severity))
	})
}

// others are the addresses and names that can be the other side: all, where each is said to be one's own.
func others(a responder.Alert) []responder.Attribute {
	out := slices.DeleteFunc(slices.Clone(a.Attrs), func(a responder.Attribute) bool { return a.Match(responder.ContextLocal) })
	if len(out) == 0 {
		return a.Attrs
	}
	return out
}

func order(s responder.Severity) int {
	return slices.Index([]responder.Severity{responder.Safe, responder.Unclassified, responder.Urgent}, s)
}

func TestManyOfEverything(t *testing.T) {
	for _, verdict := range []responder.SignalVerdict{responder.Malicious, responder.Harmless} {
		r := responder.Report{Truncated: true}
		for i := range 500 {
			about := attacker
			about.Value = strings.Repeat(fmt.Sprint(i, ".example "), 40)
			s := said(verdict, attacker)
			s.Summary, s.Inspector = strings.Repeat(fmt.Sprint(i, ".example.com "), 300), strings.Repeat(fmt.Sprint("i", i), 99)
			r.Signals = append(r.Signals, s)
			r.Alerts = append(r.Alerts, responder.Alert{Sample: i == 1, Attrs: []responder.Attribute{about}})
			r.Inspections = append(r.Inspections, row(strings.Repeat(fmt.Sprint("i", i), 99), responder.Failed, strings.Repeat("é", 999)),
				row(strings.Repeat(fmt.Sprint("m", i), 99), responder.Missing, strings.Repeat("é", 999)))
		}
		result := review(t, r)
		assert.LessOrEqual(t, len(result.Reason), 2000)
		assert.Contains(t, result.Reason, "No answer in time from ")
		assert.Contains(t, result.Reason, "Failed: ")
		assert.Contains(t, result.Reason, "and 497 more")
		assert.True(t, strings.HasSuffix(result.Reason, "something did not fit."), "all is in it: %s", result.Reason)
	}
}

// What alerts and pages bring in is one line, and nothing in it can be followed.
func TestReasonsAreDefanged(t *testing.T) {
	link := "https://c2.attacker.example/x\u202e\n\x1b[31m"
	r := responder.Report{
		Alert:       responder.Alert{Attrs: []responder.Attribute{{Type: "url", Value: link}, {Type: "username", Value: link}, {Type: "odd", Value: link}}},
		Inspections: []responder.Inspection{row(link, responder.Failed, link), row("b", responder.Missing, link)},
	}
	for _, signals := range [][]responder.Signal{nil, {{Verdict: responder.Harmless, Inspector: link, Source: link, Summary: link, Attribute: &responder.Attribute{Type: "url", Value: link}}}} {
		r.Signals = signals
		reason := review(t, r).Reason
		assert.NotContains(t, reason, "https")
		assert.NotContains(t, reason, "attacker.example")
		assert.Contains(t, reason, "attacker[.]example")
		assert.Equal(t, -1, strings.IndexFunc(reason, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), "%q", reason)
	}
}
