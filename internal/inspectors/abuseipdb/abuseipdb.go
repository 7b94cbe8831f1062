// Package abuseipdb is the inspector that asks AbuseIPDB (API v2).
//
// in → out: an address → how often and how lately it was reported.
//
// The facts are those of the AbuseIPDB APIv2 Documentation (docs.abuseipdb.com), sections "CHECK Endpoint", "API Daily Rate
// Limits" and "Error Handling".
package abuseipdb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "abuseipdb"
	Name = "AbuseIPDB"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr}

// free is what a key may ask that costs nothing.
var free = intel.Limit{Per: intel.Day, Most: 1000}

// keep is how long an answer is good: reports come all day, and the score is of ninety days.
const keep = 6 * time.Hour

type inspector struct {
	client intel.Client
	own    intel.Own
}

// New makes the inspector. ABUSEIPDB_LIMITS is what the key may ask, OWN_DOMAINS what is never sent.
func New(s intel.Settings) (responder.Inspector, error) {
	quota, badLimits := s.Quota(ID, Name, "ABUSEIPDB_LIMITS", free)
	own, badOwn := intel.ParseOwn(s.Env("OWN_DOMAINS"))
	var noKey error
	if s.Key == nil {
		noKey = errors.New("the key is missing")
	}
	if err := errors.Join(noKey, badLimits, badOwn); err != nil {
		return nil, fmt.Errorf("%s: %w", ID, err)
	}
	return &inspector{own: own, client: intel.Client{
		Service: ID, BaseURL: "https://api.abuseipdb.com", Header: "Key", Settings: s, Quota: quota, Judge: judge,
		Keep: func(string, bool) time.Duration { return keep },
	}}, nil
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
	addr = addr.Unmap().WithZone("")
	a := answer{asked: addr}
	if found, err := i.client.Get(ctx, &a, "/api/v2/check", "ipAddress", addr.String(), "maxAgeInDays", "90"); err != nil || !found {
		return responder.Page{}, err
	}
	return a.page(), nil
}

func skipped(why string) responder.Page {
	return responder.Page{Title: Name + " was not asked: " + why, Outcome: responder.Skipped}
}

// judge knows the other header that says when the day of the key is over. There is an answer about each address: a path
// that is not found is none of the service's.
func judge(a intel.Answer) (found bool, err error) {
	if a.Status == http.StatusNotFound {
		return false, responder.Permanent(fmt.Errorf("%w: it answered 404", intel.ErrRefused))
	}
	if a.Status != http.StatusTooManyRequests || intel.RetryAfter(a.Header, a.Now) > 0 {
		return intel.Usual(a)
	}
	wait := time.Hour
	if at, err := strconv.ParseInt(a.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		wait = min(max(time.Unix(at, 0).Sub(a.Now), time.Minute), 12*time.Hour)
	}
	return false, intel.QuotaError("it answered 429", wait)
}
