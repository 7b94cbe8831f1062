package greynoise

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// answer is what is read of the service's: the rest is not kept either.
type answer struct {
	asked          netip.Addr
	IP             netip.Addr `json:"ip"`
	Noise          *bool      `json:"noise"` // it was seen scanning the internet
	Riot           *bool      `json:"riot"`  // it belongs to a service that many use
	Classification string     `json:"classification"`
	ServiceName    string     `json:"name"`
	LastSeen       string     `json:"last_seen"` // a day
}

// UnmarshalJSON refuses what does not answer the question.
func (a *answer) UnmarshalJSON(b []byte) error {
	type plain answer
	p := plain{asked: a.asked}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.IP != a.asked || p.Noise == nil || p.Riot == nil {
		return errors.New("nothing about the address")
	}
	*a = answer(p)
	return nil
}

// Found implements intel.Finder: who was neither seen nor is known is unknown, also with status 200.
func (a *answer) Found() bool { return *a.Noise || *a.Riot }

// stale: the service itself counts no more than 90 days of scanning ("IP Lookup", quick check, code 0x08).
const stale = 90 * 24 * time.Hour

// opinion is a verdict, with how sure it is and why.
type opinion struct {
	verdict responder.SignalVerdict
	score   float64
	summary string
}

// opinion: to belong to a service that everybody uses makes an address harmless, unless it is also seen attacking: it may be
// lent to anybody.
//
// An attacker of the whole internet is suspicious and no more. Its scans reach everybody and are no reason to wake anybody;
// that one of our machines calls it is a reason to look.
func (a *answer) opinion(old bool) opinion {
	bad := a.Classification == "malicious" || a.Classification == "suspicious"
	switch {
	case *a.Riot && bad:
		return opinion{responder.Suspicious, 40, "belongs to a common service, and was seen attacking"}
	case *a.Riot && *a.Noise && a.Classification != "benign":
		return opinion{responder.UnknownSignal, 0, "belongs to a common service, and scans the internet"}
	case *a.Riot:
		return opinion{responder.Harmless, 80, "belongs to a common service"}
	case old:
		return opinion{responder.UnknownSignal, 0, "scanned the internet once (" + a.Classification + ")"}
	case a.Classification == "malicious":
		return opinion{responder.Suspicious, 60, "attacks the whole internet, not only you"}
	case a.Classification == "suspicious":
		return opinion{responder.Suspicious, 40, "scans the whole internet in a suspicious way"}
	case a.Classification == "benign":
		return opinion{responder.Harmless, 70, "scans the whole internet, and is known to mean no harm"}
	}
	return opinion{responder.UnknownSignal, 0, "scans the whole internet, nobody knows why"}
}

func (a *answer) page(now time.Time) responder.Page {
	a.Classification = strings.ToLower(intel.Clean(a.Classification, 20))
	seen, err := time.Parse(time.DateOnly, a.LastSeen)
	o := a.opinion(err == nil && now.Sub(seen) > stale)
	if name := intel.Clean(a.ServiceName, 80); name != "" && !strings.EqualFold(name, "unknown") {
		o.summary += ": " + name
	}
	ip := a.asked.String()
	return responder.Page{
		Title:         Name,
		OpponentHosts: []responder.OpponentHost{{ID: ip, IPAddr: []string{ip}}},
		Signals: []responder.Signal{{
			Kind: "reputation", Verdict: o.verdict, Score: o.score, Summary: o.summary, Source: Name,
			URL: "https://viz.greynoise.io/ip/" + ip, SeenAt: responder.At(seen),
		}},
	}
}
