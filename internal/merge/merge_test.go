package merge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/merge"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// compiled is all that Compile gives.
type compiled struct {
	Content     responder.Content
	Inspections []responder.Inspection
	Signals     []responder.Signal
	Cut         bool
}

func compile(e merge.Evidence) (c compiled) {
	c.Content, c.Inspections, c.Signals, c.Cut = merge.Compile(e)
	return c
}

func text(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func addr(value string) *responder.Attribute {
	return &responder.Attribute{Type: responder.TypeIPAddr, Value: value, Key: "remote"}
}

func found(token string, pages ...responder.Page) merge.Finding {
	return merge.Finding{Token: token, Pages: pages}
}

// What a user name is, what a country, and which host is which: the merging of old mixed them all up.
func TestRegression06_MergingByIdentity(t *testing.T) {
	ally := func(user, country string) responder.Page {
		return responder.Page{Attribute: addr("10.0.0.1"), AlliedHosts: []responder.AlliedHost{{UserName: []string{user}, Country: []string{country}}}}
	}
	c := compile(merge.Evidence{Findings: []merge.Finding{
		found("0.A/one", ally("alice", "NL"), ally("", "")),
		found("0.A/two", ally("bob", "JP"), ally("alice", "NL")),
		found("0.A/two", responder.Page{Attribute: addr("10.0.0.2"), AlliedHosts: []responder.AlliedHost{{OS: []string{"Linux"}}}}),
	}})
	assert.Equal(t, map[string]responder.AlliedHost{
		"10.0.0.1": {ID: "10.0.0.1", UserName: []string{"alice", "bob"}, Country: []string{"JP", "NL"}},
		"10.0.0.2": {ID: "10.0.0.2", OS: []string{"Linux"}},
	}, c.Content.AlliedHosts)
}

func TestRegression07_AMissingPageIsNoNil(t *testing.T) {
	var pages []responder.Page
	require.NoError(t, json.Unmarshal([]byte(`[{"opponent_hosts":null,"allied_hosts":null,"subject_users":null,"signals":null,
		"attribute":null},{"opponent_hosts":[{"id":"x","ipaddr":null,"related_malware":null}]}]`), &pages))
	c := compile(merge.Evidence{Findings: []merge.Finding{{Token: "0.A/none"}, found("0.A/some", pages...)}, Missing: []string{"0.A/gone"}})
	assert.Equal(t, []string{"gone missing", "none nothing", "some found"}, rows(c))
	assert.Contains(t, c.Content.OpponentHosts, "x")
}

func rows(c compiled) (out []string) {
	for _, i := range c.Inspections {
		out = append(out, i.Inspector+" "+string(i.Outcome))
	}
	return out
}

// Failed, missing, silent and clean are four things.
func TestInspections(t *testing.T) {
	c := compile(merge.Evidence{
		Findings: []merge.Finding{
			found("0.A/clean", responder.Page{Attribute: addr("192.0.2.1")}),
			found("0.A/retried", responder.Page{Attribute: addr("192.0.2.1"), Outcome: responder.Failed, Error: "503"}),
			found("0.A/retried", responder.Page{Attribute: addr("192.0.2.1"), Title: "at last", Signals: []responder.Signal{{Kind: "x"}}}),
			found("0.A/failed", responder.Page{Attribute: addr("192.0.2.1"), Error: "401"}),
			found("0.A/odd", responder.Page{Attribute: addr("192.0.2.1"), Outcome: "splendid"}),
			found("0.A/half", responder.Page{Attribute: addr("192.0.2.1"), Outcome: responder.Skipped}),
			found("0.A/silent"), found("0.A/silent"),
			found("legacy/old", responder.Page{Title: "x"}),
		},
		Missing: []string{"0.A/half", "0.A/unlisted"},
	})
	assert.Equal(t, []string{"clean nothing", "failed failed", "half missing", "half skipped", "odd failed", "old nothing",
		"retried found", "silent nothing", "unlisted missing"}, sorted(rows(c)))
	for _, i := range c.Inspections {
		if i.Inspector == "unlisted" {
			assert.Contains(t, i.Error, "could not be read")
		}
		if i.Inspector == "retried" {
			assert.Equal(t, "at last", i.Title)
		}
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

func TestSignals(t *testing.T) {
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", responder.Page{Attribute: addr("192.0.2.1"), Signals: []responder.Signal{
		{Kind: "a", Verdict: responder.Harmless, Score: 50},
		{Kind: "b", Verdict: responder.Malicious, Score: 60},
		{Kind: "c", Verdict: responder.Malicious, Score: 1e9},
		{Kind: "c", Verdict: responder.Malicious, Score: 1e9},
		{Kind: "d", Verdict: "very bad", Score: -1},
	}})}})
	require.Len(t, c.Signals, 4)
	for n, want := range []string{"c malicious 100", "b malicious 60", "a harmless 50", "d unknown 0"} {
		s := c.Signals[n]
		assert.Equal(t, want, fmt.Sprint(s.Kind, " ", s.Verdict, " ", s.Score))
		assert.Equal(t, "x", s.Inspector)
		assert.Equal(t, "192.0.2.1", s.Attribute.Value)
	}
	c = compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", responder.Page{Signals: []responder.Signal{{Score: math.NaN()}}})}})
	assert.Zero(t, c.Signals[0].Score)
}

func TestHostsWithoutNameAreNotOne(t *testing.T) {
	host := []responder.OpponentHost{{Country: []string{"NL"}}}
	c := compile(merge.Evidence{Findings: []merge.Finding{
		found("0.A/one", responder.Page{OpponentHosts: host}), found("0.A/two", responder.Page{OpponentHosts: host}),
	}})
	assert.Len(t, c.Content.OpponentHosts, 2)
}

func TestMalwareIsMergedByFile(t *testing.T) {
	m := func(vendor, relation string) responder.Page {
		return responder.Page{Attribute: addr("192.0.2.1"), OpponentHosts: []responder.OpponentHost{{RelatedMalware: []responder.Malware{
			{SHA256: "aa", Relation: relation, Scans: []responder.MalwareScan{{Vendor: vendor, Positive: true}}}}}}}
	}
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", m("v2", "downloaded"), m("v1", "downloaded"), m("v1", "downloaded"), m("v1", "contacted"))}})
	files := c.Content.OpponentHosts["192.0.2.1"].RelatedMalware
	require.Len(t, files, 2)
	assert.Len(t, files[0].Scans, 1)
	assert.Equal(t, []responder.MalwareScan{{Vendor: "v1", Positive: true}, {Vendor: "v2", Positive: true}}, files[1].Scans)
}

// The same evidence gives the same bytes, in whatever order and however often it came.
func TestOrderAndRepeatsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		findings := rapid.SliceOfN(rapid.Custom(drawFinding), 1, 8).Draw(t, "findings")
		missing := rapid.SliceOf(rapid.SampledFrom([]string{"0.A/a", "1.B/b", "0.A/unlisted"})).Draw(t, "missing")
		before := text(t, findings)
		want := text(t, compile(merge.Evidence{Findings: findings, Missing: missing}))
		assert.Equal(t, before, text(t, findings), "the evidence was changed")

		again := rapid.Permutation(append(slices.Clone(findings), findings[0])).Draw(t, "again")
		for i, f := range again {
			again[i].Pages = rapid.Permutation(slices.Clone(f.Pages)).Draw(t, "pages")
		}
		again = append(again, again[0])
		got := text(t, compile(merge.Evidence{Findings: again, Missing: rapid.Permutation(missing).Draw(t, "missing again")}))
		assert.Equal(t, want, got)
	})
}

func drawFinding(t *rapid.T) merge.Finding {
	word := rapid.SampledFrom([]string{"", "a", "b", "c"})
	words := rapid.SliceOfN(word, 0, 3)
	page := rapid.Custom(func(t *rapid.T) responder.Page {
		p := responder.Page{
			Outcome: rapid.SampledFrom([]responder.Outcome{"", "found", "nothing", "failed", "skipped", "odd"}).Draw(t, "outcome"),
			Title:   word.Draw(t, "title"), Error: word.Draw(t, "error"),
			OpponentHosts: []responder.OpponentHost{{ID: word.Draw(t, "id"), IPAddr: words.Draw(t, "ip"),
				RelatedMalware: []responder.Malware{{SHA256: word.Draw(t, "sha"), Scans: []responder.MalwareScan{{Vendor: word.Draw(t, "vendor")}}}}}},
			AlliedHosts:  []responder.AlliedHost{{ID: word.Draw(t, "ally"), Owner: words.Draw(t, "owner")}},
			SubjectUsers: []responder.SubjectUser{{UserName: word.Draw(t, "user"), Activities: []responder.Activity{{Action: word.Draw(t, "action")}}}},
			Signals: []responder.Signal{{Kind: word.Draw(t, "kind"), Score: float64(rapid.IntRange(-1, 101).Draw(t, "score")),
				Verdict: rapid.SampledFrom([]responder.SignalVerdict{"malicious", "harmless", "x"}).Draw(t, "verdict")}},
		}
		if value := word.Draw(t, "attribute"); value != "" {
			p.Attribute = &responder.Attribute{Type: responder.TypeDomain, Value: value}
		}
		return p
	})
	return merge.Finding{
		Token: rapid.SampledFrom([]string{"0.A/a", "0.A/b", "1.B/b", "legacy/x", "nonsense"}).Draw(t, "token"),
		Pages: rapid.SliceOfN(page, 0, 4).Draw(t, "pages"),
	}
}

func TestBounds(t *testing.T) {
	var e merge.Evidence
	for i := range 60 {
		f := merge.Finding{Token: fmt.Sprintf("0.A/i%d", i)}
		for j := range 60 {
			f.Pages = append(f.Pages, responder.Page{
				Attribute: addr(fmt.Sprintf("192.0.%d.%d", i, j)), Signals: []responder.Signal{{Kind: "x", Verdict: responder.Harmless}},
				OpponentHosts: []responder.OpponentHost{{IPAddr: strings.Split(strings.Repeat(fmt.Sprintf("%d,", j), 50), ","),
					ASOwner: []string{strings.Repeat("x", 5000)}}},
			})
		}
		e.Findings = append(e.Findings, f)
	}
	e.Findings = append(e.Findings, found("0.A/zz", responder.Page{Attribute: addr("203.0.113.1"), Outcome: responder.Failed, Error: "broken",
		Signals: []responder.Signal{{Kind: "y", Verdict: responder.Malicious}}}))
	e.Missing = []string{"0.A/zzz"}
	c := compile(e)
	assert.True(t, c.Cut)
	assert.LessOrEqual(t, len(text(t, c.Content)), 1<<20)
	assert.NotEmpty(t, c.Content.OpponentHosts)
	assert.Len(t, c.Signals, 2000)
	assert.Equal(t, responder.Malicious, c.Signals[0].Verdict)
	assert.Len(t, c.Inspections, 2000)
	assert.True(t, slices.Contains(rows(c), "zzz missing"), "who is missing is left out last")
	assert.True(t, slices.Contains(rows(c), "zz failed"))
	assert.Equal(t, text(t, c), text(t, compile(e)))
}
