package explaintest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Names are the scenarios.
func Names() []string { return slices.Sorted(maps.Keys(scenarios)) }

var scenarios = map[string]func(*stage){
	"one":       one,
	"join":      join,
	"late":      late,
	"waiting":   waiting,
	"missing":   missing,
	"behind":    behind,
	"waves":     waves,
	"failed":    failed,
	"replaced":  replaced,
	"unparsed":  unparsed,
	"hostile":   hostile,
	"storm":     storm,
	"delivery":  delivery,
	"truncated": truncated,
	"crossed":   crossed,
	"keyless":   keyless,
}

// The entities of the scenarios. Slow is the one of which an inspector speaks late, broken the one that it fails on;
// seed leads to further ones.
const (
	bad    = "198.51.100.23"
	good   = "203.0.113.7"
	slow   = "198.51.100.99"
	broken = "198.51.100.40"
	seed   = "c2.example.net"
	next   = "cdn.example.net"
	last   = "198.51.100.77"
)

// inspectors are watchlist, which knows bad and good; dns, which knows where names lead; and whois, which is slow.
func inspectors(s *stage) []inprocess.Inspector {
	return []inprocess.Inspector{
		{ID: "watchlist", Types: []string{"ipaddr", "domain"}, Inspector: responder.InspectorFunc(watchlist)},
		{ID: "dns", Types: []string{"domain"}, Inspector: responder.InspectorFunc(dns)},
		{ID: "whois", Types: []string{"ipaddr"}, Inspector: responder.InspectorFunc(func(ctx context.Context, t responder.Task) (responder.Page, error) {
			return whois(ctx, t, s.p.Now())
		})},
	}
}

func watchlist(_ context.Context, t responder.Task) (responder.Page, error) {
	signal := func(v responder.SignalVerdict, score float64, text string) (responder.Page, error) {
		return responder.Page{Title: "the list of the week", Signals: []responder.Signal{{Kind: "watchlist", Verdict: v, Score: score, Summary: text, Source: "watchlist"}}}, nil
	}
	switch {
	case t.Attribute.Value == bad:
		return signal(responder.Malicious, 90, "on the list bad.txt")
	case t.Attribute.Value == good:
		return signal(responder.Harmless, 80, "the office")
	case t.Attribute.Value == broken:
		return responder.Page{}, responder.Permanent(errors.New("the service answered 401"))
	case strings.Contains(t.Attribute.Value, "attacker"):
		return signal(responder.Suspicious, 50, t.Attribute.Value+"\x1b[31m")
	}
	return responder.Page{}, nil
}

func dns(_ context.Context, t responder.Task) (responder.Page, error) {
	switch t.Attribute.Value {
	case seed:
		return responder.Page{Title: "an alias", NewAttributes: []responder.Attribute{{Type: "domain", Value: next}, {Type: "ipaddr", Value: good}}}, nil
	case next:
		return responder.Page{Title: "its address", NewAttributes: []responder.Attribute{{Type: "ipaddr", Value: last}}}, nil
	}
	return responder.Page{}, nil
}

func whois(_ context.Context, t responder.Task, now time.Time) (responder.Page, error) {
	if t.Attribute.Value == slow && now.Before(Start.Add(20*time.Minute)) {
		return responder.Page{}, responder.RetryAfter(errors.New("over the quota"), 20*time.Minute)
	}
	if t.Attribute.Value == last { // after the last wave, nobody is asked
		return responder.Page{Title: "its network", NewAttributes: []responder.Attribute{{Type: "domain", Value: "deep.example.net"}}}, nil
	}
	return responder.Page{OpponentHosts: []responder.OpponentHost{{Country: []string{"NL"}}}}, nil
}

func attr(kind, value string) responder.Attribute {
	return responder.Attribute{Type: kind, Value: value, Context: []string{"remote"}}
}

func bruteForce(attrs ...responder.Attribute) responder.Alert {
	return responder.Alert{
		Name: "SSH brute force", Rule: "ssh-brute-force", Key: "i-0123456789abcdef0", Source: "falco", Severity: 40, Attrs: attrs,
	}
}

func one(s *stage) { s.alert(bruteForce(attr("ipaddr", bad), attr("username", "root"))) }

// join: a second alert brings an attribute, a repeat nothing, another one is worse, and at last it is over.
func join(s *stage) {
	s.alert(bruteForce(attr("ipaddr", good)))
	s.after(time.Minute)
	s.alert(bruteForce(attr("ipaddr", good), attr("ipaddr", bad)))
	s.after(time.Minute)
	s.alert(bruteForce(attr("ipaddr", bad)))
	s.after(time.Minute)
	worse := bruteForce(attr("ipaddr", bad))
	worse.Severity = 80
	s.alert(worse)
	s.after(time.Minute)
	over := bruteForce(attr("ipaddr", bad))
	over.State = responder.Resolved
	s.alert(over)
}

// late: an inspector answers after the deadline, and somebody whom nobody asked hands in a page.
func late(s *stage) {
	s.alert(bruteForce(attr("ipaddr", slow)))
	s.after(30 * time.Minute)
	s.submit("legacy/old-plugin", true, responder.Page{Title: "a page of an old plugin", Author: "old-plugin"})
	s.after(time.Second)
}

func waiting(s *stage) {
	s.alert(bruteForce(attr("ipaddr", slow), attr("ipaddr", good)))
	s.after(time.Minute)
}

// missing: the deadline has passed, and an inspector has not answered to the end.
func missing(s *stage) {
	waiting(s)
	s.after(11 * time.Minute)
}

// behind: an answer has come, and is not judged yet.
func behind(s *stage) {
	one(s)
	s.after(time.Minute)
	s.submit("legacy/old-plugin", true, responder.Page{Title: "a page of an old plugin"})
	for s.item().Settled() {
		require.True(s.t, s.p.Step(s.ctx))
	}
}

func waves(s *stage) { s.alert(bruteForce(attr("domain", seed), attr("ipaddr", good))) }

func failed(s *stage) { s.alert(bruteForce(attr("ipaddr", broken), attr("ipaddr", good))) }

// replaced: the window is over, and the next alert has opened another report; a page still comes for the first.
func replaced(s *stage) {
	one(s)
	s.after(25 * time.Hour)
	s.alert(bruteForce(attr("ipaddr", good)))
	s.submit("legacy/old-plugin", true, responder.Page{Title: "a page of an old plugin"})
	s.after(time.Minute)
}

func unparsed(s *stage) { s.message("disk /dev/sda1 is full on web-2") }

// delivery: neither a key nor an attribute.
func delivery(s *stage) { s.alert(responder.Alert{Name: "Heartbeat lost", Rule: "heartbeat"}) }

// keyless: attributes, and no key.
func keyless(s *stage) {
	a := bruteForce(attr("ipaddr", good), attr("username", "root"))
	a.Key = ""
	s.alert(a)
}

func hostile(s *stage) {
	texts := append(respondertest.Hostile(), "https://attacker.example/x", "\u009b2J", "a\u2028b\u2066c\U000E0041d")
	a := responder.Alert{Name: strings.Join(texts[2:13], " "), Rule: "a rule of attacker.example\x1b[2J", Key: "\u202ehttps://attacker.example/key"}
	for _, x := range texts {
		a.Attrs = append(a.Attrs, attr("domain", x), attr("x"+x, x))
	}
	s.alert(a)
	s.submit("legacy/\u202eevil", true, responder.Page{Title: a.Name, Error: a.Name, Attribute: &a.Attrs[4],
		Signals: []responder.Signal{{Kind: a.Name, Verdict: "malicious", Summary: a.Name, Source: a.Name}}, NewAttributes: a.Attrs})
	s.after(time.Minute)
}

func storm(s *stage) {
	for range 12 {
		s.alert(bruteForce(attr("ipaddr", good)))
		s.after(time.Second)
	}
}

// truncated: more attributes than a report hands out.
func truncated(s *stage) {
	a := bruteForce()
	for n := range 300 {
		a.Attrs = append(a.Attrs, attr("username", fmt.Sprintf("user-%03d", n)))
	}
	s.alert(a)
}

// crossed: a page brings an attribute, and an alert comes later that has it too.
func crossed(s *stage) {
	s.alert(bruteForce(attr("domain", seed)))
	s.after(time.Minute)
	worse := bruteForce(attr("domain", next), attr("ipaddr", bad))
	worse.Severity = 90
	s.alert(worse)
}
