package abusech

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ioc is an indicator of ThreatFox ("Search an IOC", "Search for IOCs by file hash").
type ioc struct {
	ID         json.Number `json:"id,omitzero"` // also as a text
	IOC        string      `json:"ioc"`
	ThreatType string      `json:"threat_type"`
	Malware    string      `json:"malware_printable"`
	Confidence json.Number `json:"confidence_level,omitzero"`
	FirstSeen  string      `json:"first_seen"`
	LastSeen   string      `json:"last_seen"`
	Tags       []string    `json:"tags"`
}

// iocAnswer is what ThreatFox knows; asked is empty where the rows are about other things than what was asked for.
type iocAnswer struct {
	asked string
	Data  []ioc `json:"data"`
}

// UnmarshalJSON keeps what is about the question: the service finds texts that have it in them, so that an address is found in
// others.
func (a *iocAnswer) UnmarshalJSON(b []byte) error {
	type plain iocAnswer
	p := plain{asked: a.asked}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.Data == nil || slices.ContainsFunc(p.Data, func(r ioc) bool { return r.IOC == "" }) {
		return errors.New("no indicators")
	}
	p.Data = slices.DeleteFunc(p.Data, func(r ioc) bool { return a.asked != "" && !isAbout(r.IOC, a.asked) })
	p.Data = p.Data[:min(len(p.Data), maxRows)]
	*a = iocAnswer(p)
	return nil
}

// isAbout: an address may have a port.
func isAbout(indicator, asked string) bool {
	if strings.EqualFold(indicator, asked) {
		return true
	}
	one, err := netip.ParseAddrPort(indicator)
	return err == nil && one.Addr().String() == asked
}

// Found implements intel.Finder.
func (a *iocAnswer) Found() bool { return len(a.Data) > 0 }

// What was not seen for half a year is given up by the service itself.
const old = 180 * 24 * time.Hour

func (r *ioc) seen() time.Time { return latest(r.FirstSeen, r.LastSeen) }

func (r *ioc) confidence() float64 {
	n, err := r.Confidence.Float64()
	if err != nil {
		return 50 // as new ones have
	}
	return min(max(n, 0), 100)
}

func (r *ioc) isFresh(now time.Time) bool { return r.confidence() >= 50 && now.Sub(r.seen()) < old }

// finding tells of the row that says most.
func (a *iocAnswer) finding(now time.Time) finding {
	best := slices.MaxFunc(a.Data, func(x, y ioc) int {
		fresh := func(r ioc) int {
			if r.isFresh(now) {
				return 1
			}
			return 0
		}
		return cmp.Or(fresh(x)-fresh(y), cmp.Compare(x.confidence(), y.confidence()), x.seen().Compare(y.seen()))
	})
	var threats, malware, tags []string
	for _, r := range a.Data {
		threats, malware, tags = append(threats, r.ThreatType), append(malware, r.Malware), append(tags, r.Tags...)
	}
	verdict, score, text := responder.Suspicious, min(best.confidence(), 50), "was listed, long ago or with little confidence"
	if best.isFresh(now) {
		verdict, score, text = responder.Malicious, best.confidence(), fmt.Sprintf("listed with confidence %.0f%%", best.confidence())
	}
	link := ""
	if id := number(best.ID.String()); id != "" {
		link = "https://threatfox.abuse.ch/ioc/" + id + "/"
	}
	return finding{signals: []responder.Signal{signal(verdict, score, threatfox, link, best.seen(), text,
		names("threat", threats...), names("malware", malware...), names("tags", tags...))}}
}
