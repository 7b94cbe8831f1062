package abusech

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// maxRelated bounds each list of a page.
const maxRelated = 10

// finding is what is known, by one service or by several.
type finding struct {
	signals []responder.Signal
	malware []responder.Malware
	urls    []responder.URL
}

func (f *finding) add(other finding) {
	f.signals = append(f.signals, other.signals...)
	f.malware = append(f.malware, other.malware...)
	f.urls = append(f.urls, other.urls...)
}

func (f *finding) isSomething() bool { return len(f.signals) > 0 }

func (f *finding) isMalicious() bool {
	return slices.ContainsFunc(f.signals, func(s responder.Signal) bool { return s.Verdict == responder.Malicious })
}

// page of nothing is the zero page.
func (f *finding) page(a responder.Attribute, failed failures) responder.Page {
	if !f.isSomething() {
		return responder.Page{}
	}
	p := responder.Page{Title: Name, Signals: f.signals}
	if len(failed) > 0 {
		p.Outcome, p.Error = responder.Failed, failed.text()
	}
	if id := hostOf(a); id != "" {
		h := responder.OpponentHost{ID: id, RelatedMalware: f.malware[:min(len(f.malware), maxRelated)], RelatedURLs: f.urls[:min(len(f.urls), maxRelated)]}
		if _, err := netip.ParseAddr(id); err == nil {
			h.IPAddr = []string{id}
		}
		p.OpponentHosts = []responder.OpponentHost{h}
	}
	return p
}

// hostOf is the host that an attribute is or is on.
func hostOf(a responder.Attribute) string {
	switch a.Type {
	case responder.TypeIPAddr, responder.TypeDomain:
		return a.Value
	case responder.TypeURL:
		if u, err := url.Parse(a.Value); err == nil {
			return u.Hostname()
		}
	}
	return ""
}

func signal(v responder.SignalVerdict, score float64, service, link string, seen time.Time, summary ...string) responder.Signal {
	parts := slices.DeleteFunc(summary, func(s string) bool { return s == "" })
	return responder.Signal{
		Kind: "reputation", Verdict: v, Score: score, Source: service, URL: link, SeenAt: responder.At(seen), Summary: strings.Join(parts, "; "),
	}
}

// names gives a few of many texts, each once and short, with what they are; empty if there are none.
func names(what string, all ...string) string {
	var short []string
	for _, s := range all {
		if s = intel.Clean(s, 40); s != "" && !slices.Contains(short, s) {
			short = append(short, s)
		}
	}
	if len(short) == 0 {
		return ""
	}
	if len(short) > 8 {
		short = append(short[:8], "…")
	}
	return what + " " + strings.Join(short, ", ")
}

// timeOf reads a time as the services write it; zero if it is none.
func timeOf(s string) time.Time {
	s = strings.TrimSuffix(s, " UTC")
	for _, layout := range []string{time.DateTime, time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func latest(times ...string) (t time.Time) {
	for _, s := range times {
		if u := timeOf(s); u.After(t) {
			t = u
		}
	}
	return t
}

// number is an id that may stand in a link; empty if it is none.
func number(id string) string {
	if id == "" || len(id) > 20 || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return id
}

// sha256 is the hash in lower case; empty if it is none.
func sha256Of(s string) string {
	if s = strings.ToLower(s); len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

func malwareOf(service, hash, family string, seen time.Time) (list []responder.Malware) {
	if hash = sha256Of(hash); hash == "" {
		return nil
	}
	return []responder.Malware{{SHA256: hash, Timestamp: responder.At(seen), Scans: []responder.MalwareScan{{
		Vendor: service, Name: intel.Clean(family, 60), Positive: true, Source: Name}}}}
}
