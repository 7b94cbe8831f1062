package show

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func attr(kind, value string) *responder.Attribute {
	return &responder.Attribute{Type: kind, Value: value}
}

func sample() responder.Report {
	at := time.Date(2026, 3, 14, 2, 17, 4, 0, time.UTC)
	address := attr("ipaddr", "198.51.100.23")
	return responder.Report{
		ReportID: "AAAAAAAAAAAAAAAAAAAAAAAAAA-mq3k2w00", Status: responder.StatusPublished, Seq: 7,
		OpenedAt: responder.At(at), SettledAt: responder.At(at.Add(10 * time.Minute)), AlertCount: 3, Truncated: true,
		Alert: responder.Alert{
			Name: "SSH brute force", Rule: "ssh-brute-force", Source: "guardduty", Account: "111122223333", Region: "eu-west-1",
			Severity: 80, Description: "200 failed logins in a minute\nfrom 198.51.100.23", Link: "https://console.example/f/1", Sample: true,
		},
		Alerts: make([]responder.Alert, 1),
		Result: responder.Result{Severity: responder.Urgent, Reason: "198.51.100.23 is on a list", Rules: []string{"strongest"}},
		Content: responder.Content{
			OpponentHosts: map[string]responder.OpponentHost{"198.51.100.23": {
				ID: "198.51.100.23", Country: []string{"NL"}, ASOwner: []string{"AS64496"}, RelatedDomains: make([]responder.Domain, 2),
			}},
			AlliedHosts:  map[string]responder.AlliedHost{"web-2": {ID: "web-2", Owner: []string{"shop team"}}},
			SubjectUsers: map[string]responder.SubjectUser{"root": {UserName: "root", Activities: []responder.Activity{{ServiceName: "ssh", Action: "login"}}}},
		},
		Inspections: []responder.Inspection{
			{Inspector: "dns", Attribute: attr("domain", "c2.example.net"), Outcome: responder.Nothing},
			{Inspector: "flow-logs", Outcome: responder.Missing},
			{Inspector: "mailer", Attribute: attr("ipaddr", "10.0.0.1"), Outcome: responder.Skipped, Title: "a private address"},
			{Inspector: "reputation", Attribute: address, Outcome: responder.Failed, Error: "the service answered 401"},
			{Inspector: "watchlist", Attribute: address, Outcome: responder.Found},
		},
		Signals: []responder.Signal{
			{Inspector: "watchlist", Attribute: address, Verdict: responder.Suspicious, Kind: "watchlist"},
			{Inspector: "watchlist", Attribute: address, Verdict: responder.Malicious, Score: 90, Summary: "on the list bad.txt"},
			{Inspector: "stranger", Verdict: responder.Harmless, Summary: "a page that nobody asked for"},
		},
	}
}

func TestReport(t *testing.T) {
	golden(t, "report.txt", NewScreen(100, false).Report(sample()))
	golden(t, "report-narrow.txt", NewScreen(50, false).Report(sample()))
}

var sequence = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestColourChangesNoText(t *testing.T) {
	colored := NewScreen(100, true).Report(sample())
	assert.Contains(t, colored, "\x1b[")
	assert.Equal(t, NewScreen(100, false).Report(sample()), sequence.ReplaceAllString(colored, ""))
}

func TestFailedAndMissingDoNotLookLikeNothing(t *testing.T) {
	s := NewScreen(100, true)
	styles := map[string]bool{}
	for _, o := range []responder.Outcome{responder.Nothing, responder.Failed, responder.Missing} {
		styles[word(o)+s.cell(row{outcome: o}, 2).Render("x")] = true
	}
	assert.Len(t, styles, 3)
	assert.NotEqual(t, s.cell(row{outcome: responder.Nothing}, 2).Render("x"), s.cell(row{outcome: responder.Missing}, 2).Render("x"))
}

func TestTheTableIsBoundedAndSaysSo(t *testing.T) {
	r := responder.Report{Status: responder.StatusPublished}
	for i := range 300 {
		o := responder.Nothing
		if i%100 == 0 {
			o = responder.Missing
		}
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: fmt.Sprintf("i-%03d", i), Outcome: o})
	}
	text := NewScreen(100, false).Report(r)
	assert.Equal(t, 3, strings.Count(text, "! MISSING"), "what is missing comes first")
	assert.Contains(t, text, "and more: 260 nothing")
}

func TestTheSameOfSeveralAttributesIsOneRow(t *testing.T) {
	r := responder.Report{Status: responder.StatusPublished}
	for i := range 64 {
		a := attr("ipaddr", fmt.Sprintf("192.0.2.%d", i))
		r.Inspections = append(r.Inspections,
			responder.Inspection{Inspector: "dns", Attribute: a, Outcome: responder.Nothing},
			responder.Inspection{Inspector: "logs", Attribute: a, Outcome: responder.Failed, Error: "down"})
	}
	text := NewScreen(100, false).Report(r)
	assert.Equal(t, 1, strings.Count(text, "! FAILED"))
	assert.Equal(t, 1, strings.Count(text, " nothing "))
	assert.Equal(t, 2, strings.Count(text, "and 59 more"))
	assert.Less(t, strings.Count(text, "\n"), 20)
}

func TestDifferentOutcomesAreDifferentRows(t *testing.T) {
	r := responder.Report{Status: responder.StatusPublished, Inspections: []responder.Inspection{
		{Inspector: "dns", Attribute: attr("ipaddr", "192.0.2.1"), Outcome: responder.Failed},
		{Inspector: "dns", Attribute: attr("ipaddr", "192.0.2.2"), Outcome: responder.Skipped},
		{Inspector: "dns", Attribute: attr("ipaddr", "192.0.2.3"), Outcome: responder.Nothing},
	}}
	text := NewScreen(100, false).Report(r)
	for _, w := range []string{"! FAILED", "skipped", "nothing"} {
		assert.Contains(t, text, w)
	}
}

func TestAVerdictWithoutSeverityWantsAPerson(t *testing.T) {
	assert.Contains(t, NewScreen(0, false).Report(responder.Report{Status: responder.StatusPublished}), " UNCLASSIFIED ")
	assert.Contains(t, NewScreen(0, false).Report(responder.Report{Status: responder.StatusNew}), " NO VERDICT YET ")
}

// TestHostileReports puts each hostile text everywhere: no character that a terminal obeys comes out, and no
// line is wider than the screen.
func TestHostileReports(t *testing.T) {
	texts := append(respondertest.Hostile(), "https://attacker.example/x", "\u009b2J", "a\u2028b\u2066c\U000E0041d", strings.Repeat("\U0001F4A5", 5000))
	for _, h := range texts {
		a := &responder.Attribute{Type: h, Value: h, Key: h}
		r := responder.Report{
			ReportID: h, Status: responder.Status(h), AlertCount: 2,
			Alert:  responder.Alert{Name: h, Rule: h + "r", Description: h, Source: h, Account: h, Region: h, Link: h, Raw: h},
			Result: responder.Result{Severity: responder.Severity(h), Reason: h, Rules: []string{h}},
			Content: responder.Content{
				OpponentHosts: map[string]responder.OpponentHost{h: {Country: []string{h}, ASOwner: []string{h}}},
				AlliedHosts:   map[string]responder.AlliedHost{h: {HostName: []string{h}, Activities: []responder.Activity{{Action: h}}}},
				SubjectUsers:  map[string]responder.SubjectUser{h: {}},
			},
			Inspections: []responder.Inspection{{Inspector: h, Attribute: a, Outcome: responder.Outcome(h), Title: h, Error: h}},
			Signals:     []responder.Signal{{Inspector: h, Attribute: a, Verdict: responder.SignalVerdict(h), Kind: h, Summary: h}},
		}
		text := NewScreen(80, false).Report(r)
		assertSafe(t, text)
		assert.NotContains(t, text, "://attacker.example", "no live link")
		assert.Less(t, len(text), 60_000)
		for _, line := range strings.Split(text, "\n") {
			assert.LessOrEqual(t, lipgloss.Width(line), 80, "%q", line)
		}
		r.Alert.Rule = "" // a name, which keeps its dots
		assert.NotContains(t, NewScreen(80, false).Report(r), "attacker.example", "indicators are defanged")
	}
}

func assertSafe(t assert.TestingT, text string) {
	for _, r := range text {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			assert.Failf(t, "unsafe", "%q in %.200q", r, text)
			return
		}
	}
}

func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.SampledFrom(respondertest.Hostile())).Draw(t, "s")
		n := rapid.IntRange(1, 100).Draw(t, "n")
		for _, got := range []string{Line(s, n), Plain(s, n), Lines(s, n, 3)} {
			assertSafe(t, got)
			assert.LessOrEqual(t, len([]rune(got)), n+2)
		}
		assert.NotContains(t, Line(s, n), "\n")
		assert.LessOrEqual(t, strings.Count(Lines(s, n, 3), "\n"), 3)
	})
	assert.Equal(t, "abc…", Line("abcdef", 4))
	assert.Equal(t, "a\nb\n…", Lines("a\nb\nc\nd", 100, 2))
}

// TestJSONIsTheSameToAReader and safe to print.
func TestJSONIsTheSameToAReader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom(nil, unicode.Cf, unicode.Cc), 0, 20, -1)).Draw(t, "s")
		line, err := JSON(map[string]string{"s": s})
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(line), "\n"))
		assertSafe(t, string(line))
		var back map[string]string
		require.NoError(t, json.Unmarshal(line, &back))
		require.Equal(t, s, back["s"])
	})
}
