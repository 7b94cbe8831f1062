package abusech

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// maxRows is how many entries of a list are looked at and remembered.
const maxRows = 100

var errOther = errors.New("nothing about what was asked")

// listed is a URL that URLhaus knows ("Query URL information", "Query host information").
type listed struct {
	ID       json.Number `json:"id,omitzero"` // also as a text
	URL      string      `json:"url"`
	Status   string      `json:"url_status"` // online, offline, unknown
	Added    string      `json:"date_added"`
	LastSeen string      `json:"last_online"`
	Threat   string      `json:"threat"`
	Tags     []string    `json:"tags"`
}

func (l *listed) online() bool { return l.Status == "online" }

func (l *listed) link() string {
	if id := number(l.ID.String()); id != "" {
		return "https://urlhaus.abuse.ch/url/" + id + "/"
	}
	return ""
}

// hostAnswer is what URLhaus knows of a host.
type hostAnswer struct {
	asked      string
	Host       string   `json:"host"`
	URLs       []listed `json:"urls"`
	Blacklists struct { // of others
		DBL   string `json:"spamhaus_dbl"`
		SURBL string `json:"surbl"`
	} `json:"blacklists"`
}

// UnmarshalJSON refuses what is about another host, and keeps the URLs that are online rather than others.
func (a *hostAnswer) UnmarshalJSON(b []byte) error {
	type plain hostAnswer
	p := plain{asked: a.asked}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if !strings.EqualFold(p.Host, a.asked) || len(p.URLs) == 0 {
		return errOther
	}
	slices.SortStableFunc(p.URLs, func(a, b listed) int {
		switch {
		case a.online() == b.online():
			return 0
		case a.online():
			return -1
		}
		return 1
	})
	p.URLs = p.URLs[:min(len(p.URLs), maxRows)]
	*a = hostAnswer(p)
	return nil
}

// isBad: a host that serves malware now is malicious where it is an address, or where others list its name. Else it may be one
// that everybody may put files on: those are the most listed of all.
func (a *hostAnswer) isBad() bool {
	if _, err := netip.ParseAddr(a.Host); err == nil {
		return true
	}
	dbl := a.Blacklists.DBL
	return a.Blacklists.SURBL == "listed" || dbl != "" && dbl != "not listed" && !strings.HasPrefix(dbl, "abused_")
}

func (a *hostAnswer) finding() (f finding) {
	online, threats, tags, added := 0, []string{}, []string{}, []string{}
	for _, u := range a.URLs {
		if u.online() {
			online++
		}
		threats, tags, added = append(threats, u.Threat), append(tags, u.Tags...), append(added, u.Added)
		f.urls = append(f.urls, responder.URL{URL: intel.Clean(u.URL, 500), Reference: u.link(), Source: urlhaus, Timestamp: responder.At(timeOf(u.Added))})
	}
	verdict, score := responder.Suspicious, 40.0
	switch {
	case online > 0 && a.isBad():
		verdict, score = responder.Malicious, 85
	case online > 0:
		score = 60
	}
	f.signals = []responder.Signal{signal(verdict, score, urlhaus, "https://urlhaus.abuse.ch/host/"+a.asked+"/", latest(added...),
		fmt.Sprintf("malware was served from it under %d URLs, online now: %d", len(a.URLs), online), names("threats", threats...), names("tags", tags...))}
	return f
}

// urlAnswer is what URLhaus knows of a URL. It may spell it in its own way.
type urlAnswer struct {
	listed
	Payloads []struct {
		FirstSeen string `json:"firstseen"`
		SHA256    string `json:"response_sha256"`
		Signature string `json:"signature"`
	} `json:"payloads"`
}

// UnmarshalJSON refuses what is about no URL.
func (a *urlAnswer) UnmarshalJSON(b []byte) error {
	type plain urlAnswer
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.URL == "" || p.Status == "" {
		return errOther
	}
	p.Payloads = p.Payloads[:min(len(p.Payloads), maxRows)]
	*a = urlAnswer(p)
	return nil
}

func (a *urlAnswer) finding() (f finding) {
	families := []string{}
	for _, p := range a.Payloads {
		families = append(families, p.Signature)
		f.malware = append(f.malware, malwareOf(urlhaus, p.SHA256, p.Signature, timeOf(p.FirstSeen))...)
	}
	verdict, score, text := responder.Suspicious, 60.0, "malware was served there, now it is offline"
	if a.online() {
		verdict, score, text = responder.Malicious, 95, "malware is served there"
	}
	f.signals = []responder.Signal{signal(verdict, score, urlhaus, a.link(), latest(a.Added, a.LastSeen), text,
		names("threat", a.Threat), names("malware", families...), names("tags", a.Tags...))}
	return f
}

// payloadAnswer is what URLhaus knows of a file that it was served somewhere.
type payloadAnswer struct {
	asked     string
	MD5       string `json:"md5_hash"`
	SHA256    string `json:"sha256_hash"`
	Type      string `json:"file_type"`
	Signature string `json:"signature"`
	LastSeen  string `json:"lastseen"`
}

// UnmarshalJSON refuses what is about another file.
func (a *payloadAnswer) UnmarshalJSON(b []byte) error {
	type plain payloadAnswer
	p := plain{asked: a.asked}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if !strings.EqualFold(p.MD5, a.asked) && !strings.EqualFold(p.SHA256, a.asked) {
		return errOther
	}
	*a = payloadAnswer(p)
	return nil
}

// finding: what URLs of malware serve is kept whatever it is, pages that say "not found" too. Only what has a name is malware.
func (a *payloadAnswer) finding() finding {
	verdict, score := responder.Suspicious, 50.0
	if a.Signature != "" {
		verdict, score = responder.Malicious, 90
	}
	link := ""
	if h := sha256Of(a.SHA256); h != "" {
		link = "https://urlhaus.abuse.ch/browse.php?search=" + h
	}
	return finding{signals: []responder.Signal{signal(verdict, score, urlhaus, link, timeOf(a.LastSeen),
		"it was served by URLs of malware", names("malware", a.Signature), names("type", a.Type))}}
}
