// Package greynoise is the inspector that asks GreyNoise (community API).
//
// in → out: an address → whether it scans the whole internet, or belongs to a service that everybody uses.
//
// The facts are those of the GreyNoise API (docs.greynoise.io), "Community API" with its OpenAPI document, and "Using the
// GreyNoise Community API".
package greynoise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "greynoise"
	Name = "GreyNoise"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr}

// free is what may be asked at no cost. The service tells no day's limit any more, and cuts off at about so many a week:
// how many that are today, its 429 says.
var free = intel.Limit{Per: intel.Day, Most: 50}

// Few requests are allowed, and scanners are counted by the day: an answer is good for one. Who was not seen may be soon.
const (
	keepFound   = 24 * time.Hour
	keepNothing = 12 * time.Hour
)

type inspector struct {
	client intel.Client
	own    intel.Own
	now    func() time.Time
}

// New makes the inspector. It may do without a key. GREYNOISE_LIMITS is what may be asked, OWN_DOMAINS what is never sent.
func New(s intel.Settings) (responder.Inspector, error) {
	quota, badLimits := s.Quota(ID, Name, "GREYNOISE_LIMITS", free)
	own, badOwn := intel.ParseOwn(s.Env("OWN_DOMAINS"))
	if err := errors.Join(badLimits, badOwn); err != nil {
		return nil, fmt.Errorf("%s: %w", ID, err)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return &inspector{own: own, now: s.Now, client: intel.Client{
		Service: ID, BaseURL: "https://api.greynoise.io", Header: "key", Settings: s, Quota: quota, Judge: judge, Keep: keep,
	}}, nil
}

func keep(_ string, found bool) time.Duration {
	if found {
		return keepFound
	}
	return keepNothing
}

// Inspect implements responder.Inspector.
func (i *inspector) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	if why := i.own.Withhold(task.Attribute); why != "" {
		return skipped(why), nil
	}
	addr, err := netip.ParseAddr(task.Attribute.Value)
	if err != nil {
		return skipped("it is not one address"), nil
	}
	addr = addr.Unmap()
	if !addr.Is4() {
		return skipped("it knows addresses of version 4 only"), nil
	}
	a := answer{asked: addr}
	if found, err := i.client.Get(ctx, &a, "/v3/community/%s", addr.String()); err != nil || !found {
		return responder.Page{}, err
	}
	return a.page(i.now()), nil
}

func skipped(why string) responder.Page {
	return responder.Page{Title: Name + " was not asked: " + why, Outcome: responder.Skipped}
}

// judge: a used up quota is one of a day or a week, and the service does not say when it is over. A 404 is an answer where it names the
// address ("Community API", its example of 404); else the path is none of the service's any more.
func judge(a intel.Answer) (found bool, err error) {
	var unknown struct {
		IP netip.Addr `json:"ip"`
	}
	if a.Status == http.StatusNotFound && (json.Unmarshal(a.Body, &unknown) != nil || !unknown.IP.IsValid()) {
		return false, fmt.Errorf("%w: 404 that names no address", intel.ErrAnswer)
	}
	if a.Status == http.StatusTooManyRequests && intel.RetryAfter(a.Header, a.Now) == 0 {
		return false, intel.QuotaError("it answered 429", time.Hour)
	}
	return intel.Usual(a)
}
