package show

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func samplePage() responder.Page {
	at := responder.At(time.Date(2026, 3, 14, 2, 17, 4, 0, time.UTC))
	return responder.Page{
		Title: "198.51.100.23 at VirusTotal", Author: "virustotal", Outcome: responder.Found, Attribute: attr("ipaddr", "198.51.100.23"),
		Signals: []responder.Signal{
			{Kind: "reputation", Verdict: responder.Harmless, Summary: "a resolver", Source: "b"},
			{Kind: "reputation", Verdict: responder.Malicious, Score: 64.4, Summary: "6 of 90 engines, see http://evil.example/x", Source: "VirusTotal",
				URL: "https://www.virustotal.com/gui/ip-address/198.51.100.23", SeenAt: at},
		},
		OpponentHosts: []responder.OpponentHost{{
			Country: []string{"NL"}, ASOwner: []string{"AS64496"},
			RelatedMalware: []responder.Malware{{SHA256: strings.Repeat("ab", 32), Timestamp: at, Relation: "communicating", Scans: []responder.MalwareScan{
				{Vendor: "one", Name: "Trojan.X", Positive: true}, {Vendor: "two"}}}},
			RelatedDomains: []responder.Domain{{Name: "c2.example.net", Timestamp: at}},
			RelatedURLs:    []responder.URL{{URL: "http://evil.example/a", Reference: "drop"}},
		}},
		AlliedHosts: []responder.AlliedHost{{ID: "i-0123456789abcdef0", Owner: []string{"shop team"}, Activities: []responder.Activity{
			{ServiceName: "ec2", Action: "RunInstances", Principal: "alice", RemoteAddr: "198.51.100.23", LastSeen: at}}}},
		SubjectUsers:  []responder.SubjectUser{{UserName: "alice.b"}},
		NewAttributes: []responder.Attribute{*attr("domain", "c2.example.net")},
	}
}

func TestPage(t *testing.T) {
	golden(t, "page.txt", NewScreen(100, false).Page(samplePage()))
	for _, p := range []responder.Page{
		{Outcome: responder.Nothing, Author: "greynoise", Attribute: attr("ipaddr", "192.0.2.1")},
		{Outcome: responder.Skipped, Author: "virustotal", Title: "withheld: a private address", Attribute: attr("ipaddr", "10.0.0.1")},
		{Outcome: responder.Failed, Author: "virustotal", Error: "the service does not accept the key", Attribute: attr("ipaddr", "192.0.2.1")},
	} {
		golden(t, "page-"+string(p.Outcome)+".txt", NewScreen(0, false).Page(p))
	}
}

func TestPageInColour(t *testing.T) {
	text := NewScreen(100, true).Page(samplePage())
	assert.Contains(t, text, "\x1b[1;31mFOUND, malicious", "the strongest verdict paints the outcome")
}

// Whatever a service says: no control character, no link but to the page of a service, bounded.
func TestHostilePage(t *testing.T) {
	evil := "\x1b]8;;http://evil.example\a\u202e\r\nhttp://evil.example/" + strings.Repeat("x", 5000)
	p := samplePage()
	p.Title, p.Author, p.Error, p.Outcome = evil, evil, evil, responder.Outcome(evil)
	p.Attribute, p.NewAttributes = attr(evil, evil), []responder.Attribute{*attr(evil, evil)}
	for range 50 {
		p.Signals = append(p.Signals, responder.Signal{Kind: evil, Verdict: responder.SignalVerdict(evil), Summary: evil, Source: evil, URL: evil})
		p.OpponentHosts[0].RelatedURLs = append(p.OpponentHosts[0].RelatedURLs, responder.URL{URL: evil, Reference: evil})
		p.OpponentHosts[0].Country = append(p.OpponentHosts[0].Country, evil)
		p.OpponentHosts[0].RelatedMalware = append(p.OpponentHosts[0].RelatedMalware, responder.Malware{SHA256: evil, Relation: evil,
			Scans: []responder.MalwareScan{{Vendor: evil, Name: evil, Positive: true}}})
		p.AlliedHosts[0].Activities = append(p.AlliedHosts[0].Activities, responder.Activity{ServiceName: evil, Target: evil, Principal: evil, RemoteAddr: evil})
	}
	text := NewScreen(0, false).Page(p)
	for _, r := range text {
		assert.False(t, r != '\n' && unsafe(r), "%q", r)
	}
	assert.NotContains(t, text, "http://")
	assert.Equal(t, 1, strings.Count(text, "https://"), "the page of the service")
	assert.Less(t, len(text), 200<<10)
}

// Only a link of https is left as it is.
func TestLink(t *testing.T) {
	assert.Equal(t, "https://www.virustotal.com/gui/domain/evil.example", link("https://www.virustotal.com/gui/domain/evil.example"))
	for _, text := range []string{"http://evil.example", "javascript://x.example", "https://user@evil.example/", "https:evil.example", "://"} {
		assert.NotContains(t, link(text), "evil.example", text)
	}
	rapid.Check(t, func(t *rapid.T) {
		got := link("https://vt.example/" + rapid.String().Draw(t, "path"))
		for _, r := range got {
			if unsafe(r) {
				t.Fatalf("%q", got)
			}
		}
	})
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		42400 * time.Millisecond: "42s", 200 * time.Second: "3m20s", 5*time.Hour + 12*time.Minute + time.Second: "5h12m", 12 * time.Hour: "12h0m",
	} {
		assert.Equal(t, want, Duration(d))
	}
}
