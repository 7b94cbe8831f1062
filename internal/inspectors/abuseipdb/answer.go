package abuseipdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// answer is what is read of the service's: the rest is not kept either.
type answer struct {
	asked netip.Addr
	Data  *data `json:"data"`
}

type data struct {
	IPAddress     netip.Addr   `json:"ipAddress"`
	Score         *json.Number `json:"abuseConfidenceScore"` // a number, or a text of one
	Reports       json.Number  `json:"totalReports"`
	Users         json.Number  `json:"numDistinctUsers"`
	LastReported  string       `json:"lastReportedAt"`
	IsWhitelisted bool         `json:"isWhitelisted"` // null where nobody looked
	IsTor         bool         `json:"isTor"`
	Country       string       `json:"countryCode"`
	Usage         string       `json:"usageType"`
	ISP           string       `json:"isp"`
}

// UnmarshalJSON refuses what does not answer the question: errors with status 200, another address, no score.
func (a *answer) UnmarshalJSON(b []byte) error {
	type plain answer
	p := plain{asked: a.asked}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.Data == nil || p.Data.Score == nil || p.Data.IPAddress.Unmap() != a.asked {
		return errors.New("no score of the address")
	}
	if s := number(*p.Data.Score); s < 0 || s > 100 {
		return errors.New("score: expected 0 to 100")
	}
	*a = answer(p)
	return nil
}

// number is 0 where it is missing, and of no more digits than can be shown.
func number(n json.Number) float64 {
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return min(max(f, -1), 1e9)
}

// The service recommends to block from 75 on, and lets nobody make a list of less than 25 (section "BLACKLIST Endpoint").
const (
	malicious  = 75
	suspicious = 25
)

// verdict: that nobody reported an address does not make it harmless. Nor does a whitelist, which by the service's own
// words is no basis for action; but what is on one is not called malicious.
func (d *data) verdict() responder.SignalVerdict {
	switch s := number(*d.Score); {
	case s >= malicious && !d.IsWhitelisted:
		return responder.Malicious
	case s >= suspicious:
		return responder.Suspicious
	}
	return responder.UnknownSignal
}

func (a *answer) page() responder.Page {
	d, ip := a.Data, a.asked.String()
	seen, _ := time.Parse(time.RFC3339, d.LastReported)
	host := responder.OpponentHost{ID: ip, IPAddr: []string{ip}}
	if c := intel.Clean(d.Country, 2); len(c) == 2 {
		host.Country = []string{c}
	}
	if isp := intel.Clean(d.ISP, 100); isp != "" {
		host.ASOwner = []string{isp}
	}
	return responder.Page{
		Title:         Name,
		OpponentHosts: []responder.OpponentHost{host},
		Signals: []responder.Signal{{
			Kind: "reputation", Verdict: d.verdict(), Score: number(*d.Score), Summary: d.summary(), Source: Name,
			URL: "https://www.abuseipdb.com/check/" + ip, SeenAt: responder.At(seen),
		}},
	}
}

func (d *data) summary() string {
	text := "nobody reported it in 90 days"
	if n := number(d.Reports); n > 0 {
		text = fmt.Sprintf("reported %.0f times by %.0f in 90 days, confidence of abuse %.0f%%", n, number(d.Users), number(*d.Score))
	}
	more := []string{text}
	if d.IsTor {
		more = append(more, "a Tor exit")
	}
	if d.IsWhitelisted {
		more = append(more, "on a whitelist of the service")
	}
	if u := intel.Clean(d.Usage, 60); u != "" {
		more = append(more, u)
	}
	return strings.Join(more, "; ")
}
