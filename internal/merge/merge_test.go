package merge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

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
		found("0.A/one", ally("alice", "NL"), ally("", ""), ally(" alice", " ")),
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
		{Kind: "e", Verdict: " Malicious", Score: 50},
	}})}})
	require.Len(t, c.Signals, 5)
	for n, want := range []string{"c malicious 100", "b malicious 60", "e malicious 50", "a harmless 50", "d unknown 0"} {
		s := c.Signals[n]
		assert.Equal(t, want, fmt.Sprint(s.Kind, " ", s.Verdict, " ", s.Score))
		assert.Equal(t, "x", s.Inspector)
		assert.Equal(t, "192.0.2.1", s.Attribute.Value)
	}
	c = compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", responder.Page{Signals: []responder.Signal{{Score: math.NaN()}}})}})
	assert.Zero(t, c.Signals[0].Score)
}

// One page may say more than fits: what is strongest stays.
func TestTheStrongestOfManySignalsStays(t *testing.T) {
	page := responder.Page{Attribute: addr("192.0.2.1")}
	for i := range 1500 {
		page.Signals = append(page.Signals, responder.Signal{Kind: fmt.Sprint(i), Verdict: responder.Harmless})
	}
	page.Signals = append(page.Signals, responder.Signal{Kind: "last", Verdict: responder.Malicious})
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", page)}})
	assert.True(t, c.Cut)
	assert.Equal(t, "last", c.Signals[0].Kind)
}

// Also where they do not fit because of their size, it is said.
func TestManyLargeSignalsSayThatTheyAreCut(t *testing.T) {
	page := responder.Page{Attribute: addr("192.0.2.1")}
	for i := range 1100 {
		page.Signals = append(page.Signals, responder.Signal{Kind: fmt.Sprint(i), Summary: strings.Repeat("s", 2000), Inspector: strings.Repeat("i", 2000), Verdict: responder.Harmless})
	}
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", page)}})
	assert.Less(t, len(c.Signals), 1100)
	assert.True(t, c.Cut)
}

// An error beside half of the content is no clean answer, and the content stays.
func TestAnErrorIsAFailure(t *testing.T) {
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", responder.Page{Attribute: addr("192.0.2.1"), Error: "half of it",
		Signals: []responder.Signal{{Kind: "k", Verdict: responder.Harmless}}})}})
	assert.Equal(t, []string{"x failed"}, rows(c))
	assert.Len(t, c.Signals, 1)
}

func TestHostsWithoutNameAreNotOne(t *testing.T) {
	host := func(country ...string) responder.OpponentHost { return responder.OpponentHost{Country: country} }
	c := compile(merge.Evidence{Findings: []merge.Finding{
		found("0.A/one", responder.Page{OpponentHosts: []responder.OpponentHost{host("NL", "JP"), host("DE")}}),
		found("0.A/two", responder.Page{OpponentHosts: []responder.OpponentHost{host("JP", "NL"), host("NL", "", "JP"), {ID: " ", Country: []string{"JP", "NL"}}}}),
		found("1.B/two", responder.Page{OpponentHosts: []responder.OpponentHost{host("JP", "NL")}}),
	}})
	assert.Len(t, c.Content.OpponentHosts, 3, "two of one, one of two")
	for id, h := range c.Content.OpponentHosts {
		assert.Regexp(t, `^unnamed \((one|two): \) [A-Z2-7]{8}$`, id)
		assert.Equal(t, id, h.ID)
		assert.NotEmpty(t, h.Country)
	}
}

// The same entity is one, however a plugin spells its id.
func TestHostsAreFoundByTheirAttribute(t *testing.T) {
	ipv6 := addr("2001:DB8:0::7")
	c := compile(merge.Evidence{Findings: []merge.Finding{
		found("0.A/one", responder.Page{Attribute: ipv6, OpponentHosts: []responder.OpponentHost{{Country: []string{"NL"}}}}),
		found("0.A/two", responder.Page{Attribute: ipv6, OpponentHosts: []responder.OpponentHost{{ID: "2001:db8:0:0::7", Country: []string{"JP"}}}}),
		found("0.A/three", responder.Page{Attribute: addr("192.0.2.1"), OpponentHosts: []responder.OpponentHost{{ID: " 2001:db8::7 ", ASOwner: []string{"x"}}}}),
	}})
	assert.Equal(t, map[string]responder.OpponentHost{
		"2001:db8::7": {ID: "2001:db8::7", Country: []string{"JP", "NL"}, ASOwner: []string{"x"}},
	}, c.Content.OpponentHosts)
}

func TestUsersAreCalledByTheirName(t *testing.T) {
	about := func(kind, value string, users ...responder.SubjectUser) responder.Page {
		return responder.Page{Attribute: &responder.Attribute{Type: kind, Value: value}, SubjectUsers: users}
	}
	did := func(name string, actions ...string) (u responder.SubjectUser) {
		u.UserName = name
		for _, a := range actions {
			u.Activities = append(u.Activities, responder.Activity{Action: a})
		}
		return u
	}
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x",
		about("username", "alice", did("", "login", ""), did("bob", "logout")),
		about("ipaddr", "192.0.2.1", did(" alice ", "logout", "login"), did("", "upload")),
	)}})
	require.Len(t, c.Content.SubjectUsers, 3)
	assert.Equal(t, did("alice", "login", "logout"), c.Content.SubjectUsers["alice"])
	assert.NotContains(t, c.Content.SubjectUsers, "192.0.2.1", "an address is no user")
	assert.NotContains(t, c.Content.SubjectUsers, "")
}

func TestMalwareIsMergedByFile(t *testing.T) {
	seen := map[string]responder.Time{"v1": responder.At(time.Unix(2e9, 0).UTC()), "v2": responder.At(time.Unix(1e9, 0).UTC())}
	m := func(vendor, relation string) responder.Page {
		return responder.Page{Attribute: addr("192.0.2.1"), OpponentHosts: []responder.OpponentHost{{RelatedMalware: []responder.Malware{
			{SHA256: "aa", Relation: relation, Timestamp: seen[vendor], Scans: []responder.MalwareScan{{Vendor: vendor, Positive: true}}}}}}}
	}
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", m("v1", "downloaded"), m("v2", "downloaded"), m("v1", "downloaded"), m("v2", "downloaded"), m("v1", "contacted"))}})
	files := c.Content.OpponentHosts["192.0.2.1"].RelatedMalware
	require.Len(t, files, 2)
	assert.Len(t, files[0].Scans, 1)
	assert.Equal(t, seen["v1"], files[1].Timestamp, "when it was seen last")
	assert.Equal(t, []responder.MalwareScan{{Vendor: "v1", Positive: true}, {Vendor: "v2", Positive: true}}, files[1].Scans)
}

func TestFilesWithoutHashAreNotOne(t *testing.T) {
	scan := func(vendor string) []responder.MalwareScan { return []responder.MalwareScan{{Vendor: vendor}} }
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", responder.Page{Attribute: addr("192.0.2.1"),
		OpponentHosts: []responder.OpponentHost{{RelatedMalware: []responder.Malware{
			{SHA256: " AA"}, {SHA256: "aa", Scans: scan("v1")}, {Scans: scan("v1")}, {Scans: scan("v2")}, {Scans: scan("v2")}, {}, {Relation: "x"},
		}, RelatedDomains: []responder.Domain{{}, {Name: "a"}}, RelatedURLs: []responder.URL{{}}}}})}})
	assert.Equal(t, map[string]responder.OpponentHost{"192.0.2.1": {ID: "192.0.2.1",
		RelatedMalware: []responder.Malware{{Scans: scan("v1")}, {Scans: scan("v2")}, {SHA256: "aa", Scans: scan("v1")}},
		RelatedDomains: []responder.Domain{{Name: "a"}},
	}}, c.Content.OpponentHosts)
}

// What two alerts bring is one entity, whatever role it plays in each.
func TestSignalsOfOneEntityAreOne(t *testing.T) {
	about := func(role string, signals ...responder.Signal) responder.Page {
		return responder.Page{Attribute: &responder.Attribute{Type: "ipaddr", Value: "192.0.2.1", Key: role, Context: []string{role}}, Signals: signals}
	}
	bad := responder.Signal{Kind: "list", Verdict: responder.Malicious}
	own := bad
	own.Attribute, own.Inspector = &responder.Attribute{Type: "Domain", Value: "A.example."}, "somebody else"
	c := compile(merge.Evidence{Findings: []merge.Finding{
		found("0.A/x", about("remote", bad)), found("0.B/x", about("local", own)), found("0.B/y", responder.Page{Signals: []responder.Signal{own}}),
	}})
	var got []string
	for _, s := range c.Signals {
		got = append(got, s.Inspector+" "+s.Attribute.Value)
	}
	assert.Equal(t, []string{"x 192.0.2.1", "y a.example"}, got, "a page says what its signals are about, and the token who says so")
}

// Who has answered in part, and who has only begun.
func TestMissingIsNotSilent(t *testing.T) {
	c := compile(merge.Evidence{
		Findings: []merge.Finding{found("0.A/begun"), found("0.A/half", responder.Page{Attribute: addr("192.0.2.1")})},
		Missing:  []string{"0.A/begun", "0.A/half", "0.A/half", "no token"},
	})
	assert.Equal(t, []string{"begun missing", "half missing", "half nothing", "no token missing"}, sorted(rows(c)))
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
		assert.Equal(t, before, text(t, findings), "the evidence was changed")
		got := text(t, compile(merge.Evidence{Findings: again, Missing: rapid.Permutation(missing).Draw(t, "missing again")}))
		assert.Equal(t, want, got)
	})
}

func drawFinding(t *rapid.T) merge.Finding {
	word := rapid.SampledFrom([]string{"", "a", "b", " b", "B", "c"})
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
			p.Attribute = &responder.Attribute{Type: rapid.SampledFrom([]string{"domain", "username", "Domain"}).Draw(t, "type"),
				Value: value, Key: word.Draw(t, "key"), Context: words.Draw(t, "context")}
		}
		return p
	})
	return merge.Finding{
		Token: rapid.SampledFrom([]string{"0.A/a", "0.A/b", "1.B/b", "legacy/x", "nonsense"}).Draw(t, "token"),
		Pages: rapid.SliceOfN(page, 0, 4).Draw(t, "pages"),
	}
}

// whatever is larger than it may be, and needs the most room in JSON.
func monsters(n int) (e merge.Evidence) {
	for i := range n {
		x := fmt.Sprintf("%03d", i) + strings.Repeat("\x01<", 4<<10)
		words := slices.Repeat([]string{x}, 3)
		f := merge.Finding{Token: fmt.Sprintf("0.A/i%d", i), Pages: []responder.Page{{
			Title: x, Error: x, Outcome: responder.Failed, Attribute: &responder.Attribute{Type: x, Value: x, Key: x, Context: words},
			OpponentHosts: []responder.OpponentHost{{ID: x, IPAddr: words, Country: words, ASOwner: words,
				RelatedMalware: []responder.Malware{{SHA256: x, Relation: x, Scans: []responder.MalwareScan{{Vendor: x, Name: x, Source: x}}}},
				RelatedDomains: []responder.Domain{{Name: x, Source: x}}, RelatedURLs: []responder.URL{{URL: x, Reference: x, Source: x}}}},
			AlliedHosts: []responder.AlliedHost{{ID: x, UserName: words, Owner: words, OS: words, IPAddr: words, MACAddr: words, HostName: words,
				Country: words, Software: words, Activities: []responder.Activity{{ServiceName: x, RemoteAddr: x, Principal: x, Action: x, Target: x}}}},
			SubjectUsers: []responder.SubjectUser{{UserName: x, Activities: []responder.Activity{{Action: x, Target: x}}}},
			Signals:      []responder.Signal{{Kind: x, Summary: x, Source: x, URL: x}},
		}}}
		e.Findings = append(e.Findings, f)
	}
	return e
}

func TestHostileEvidenceIsBounded(t *testing.T) {
	e := monsters(40)
	e.Missing = []string{"0.A/gone", strings.Repeat("x", 1<<20)}
	c := compile(e)
	assert.True(t, c.Cut)
	assert.LessOrEqual(t, len(text(t, c.Content)), 1<<20)
	assert.LessOrEqual(t, len(text(t, c.Signals)), 2<<20+4000)
	assert.LessOrEqual(t, len(text(t, c.Inspections)), 2<<20+4000)
	assert.Contains(t, rows(c), "gone missing")
	for id, h := range c.Content.OpponentHosts {
		assert.Equal(t, id, h.ID)
		assert.LessOrEqual(t, len(id), 2<<10)
	}
	assert.Len(t, c.Content.OpponentHosts, 8)
	assert.Len(t, c.Content.AlliedHosts, 8)
	assert.Len(t, c.Content.SubjectUsers, 8)
}

func TestLongIdentitiesThatBeginAlikeStayTwo(t *testing.T) {
	long := strings.Repeat("x", 3<<10)
	c := compile(merge.Evidence{Findings: []merge.Finding{found("0.A/x", responder.Page{OpponentHosts: []responder.OpponentHost{{ID: long + "1"}, {ID: long + "2"}}})}})
	assert.Len(t, c.Content.OpponentHosts, 2)
	assert.True(t, c.Cut)
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
