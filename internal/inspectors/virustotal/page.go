package virustotal

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// page writes down what an object says.
func (k kind) page(id string, o object, now time.Time) responder.Page {
	if o.Attributes.Analysed.time().Sub(now) > ahead {
		o.Attributes.Analysed = 0
	}
	v := judgeObject(o.Attributes, k.object, id, now)
	s := signal(Name, v, k.link(id, o), o.Attributes.Analysed)
	s.Summary = k.summary(o.Attributes, v)
	p := responder.Page{Title: v.said, Signals: []responder.Signal{s}}
	worst := v.is.Rank()
	if g, ok := gti(o.Attributes.GTI.V); ok {
		p.Signals = append(p.Signals, signal("Google Threat Intelligence", g, k.link(id, o), 0))
		worst = max(worst, g.is.Rank())
	}
	p.OpponentHosts = k.hosts(id, o, worst >= responder.Suspicious.Rank())
	return p
}

func signal(source string, v verdict, link string, seen seconds) responder.Signal {
	s := responder.Signal{Kind: "reputation", Verdict: v.is, Score: v.score, Source: source, Summary: v.said, URL: link}
	if seen > 0 {
		s.SeenAt = responder.At(seen.time())
	}
	return s
}

const maxNames = 5

// summary is one sentence: the counts, what they are worth, who says so, what it is.
func (k kind) summary(a *attributes, v verdict) string {
	parts := []string{v.said}
	if v.why != "" {
		parts = append(parts, v.why)
	}
	if names := against(a); len(names) > 0 {
		list := strings.Join(names[:min(len(names), maxNames)], ", ")
		if more := len(names) - maxNames; more > 0 {
			list += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, "malicious for "+list)
	}
	if a.Threat.V.Label != "" {
		parts = append(parts, "known as "+string(a.Threat.V.Label))
	}
	if k.object == "file" {
		if what := strings.TrimSpace(string(a.FileType) + " " + string(a.Name)); what != "" {
			parts = append(parts, what)
		}
	}
	return strings.Join(parts, "; ")
}

// hosts are for people. What else VirusTotal saw is shown of what is malicious or suspicious only: files of all sorts speak to
// a large service, and anybody can have a name that leads to its address.
func (k kind) hosts(id string, o object, bad bool) []responder.OpponentHost {
	if k.object == "file" {
		if bad {
			return fileHosts(id, o)
		}
		return nil
	}
	h := responder.OpponentHost{Country: country(o.Attributes), ASOwner: owner(o.Attributes)}
	if k.object == "ip_address" {
		h.IPAddr = []string{id}
	}
	if bad {
		relate(&h, id, o)
	}
	if final := urlOf(string(o.Attributes.FinalURL)); k.object == "url" && final != "" && final != urlOf(asked(id)) {
		h.RelatedURLs = append(h.RelatedURLs, link(final, "leads there"))
	}
	if reflect.ValueOf(h).IsZero() {
		return nil
	}
	return []responder.OpponentHost{h}
}

// fileHosts are the file itself, with what it speaks to, and the addresses that it speaks to.
func fileHosts(id string, o object) []responder.OpponentHost {
	self := responder.OpponentHost{}
	relate(&self, id, o)
	hash := sha256(o.ID)
	if hash == "" {
		return []responder.OpponentHost{self}
	}
	self.RelatedMalware = []responder.Malware{{SHA256: hash, Timestamp: at(o.Attributes.First), Scans: scans(o.Attributes)}}
	hosts := []responder.OpponentHost{self}
	for _, addr := range self.IPAddr {
		hosts = append(hosts, responder.OpponentHost{ID: addr, IPAddr: []string{addr},
			RelatedMalware: []responder.Malware{{SHA256: hash, Relation: "contacts it"}}})
	}
	hosts[0].IPAddr = nil
	return hosts
}

const maxScans = 20

// scans are the engines that say malicious, with the names that they give.
func scans(a *attributes) (list []responder.MalwareScan) {
	names := against(a)
	for _, name := range names[:min(len(names), maxScans)] {
		list = append(list, responder.MalwareScan{Vendor: name, Name: string(a.Results[name].V.Result), Positive: true, Source: Name})
	}
	return list
}

func at(t seconds) (out responder.Time) {
	if t > 0 {
		out = responder.At(t.time())
	}
	return out
}

func owner(a *attributes) []string {
	switch {
	case a.Owner == "" && a.AS == 0:
		return nil
	case a.AS == 0:
		return []string{string(a.Owner)}
	}
	return []string{strings.TrimSpace(fmt.Sprintf("%s (AS%d)", a.Owner, a.AS))}
}

// country is a code of ISO 3166.
func country(a *attributes) []string {
	c := string(a.Country)
	if len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil
	}
	return []string{c}
}
