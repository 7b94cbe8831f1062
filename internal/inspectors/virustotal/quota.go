package virustotal

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// free is what a free key has ("Public vs Premium API": 500 requests per day, 4 per minute; the site shows 15.5 K per month).
var free = []intel.Limit{{Per: intel.Minute, Most: 4}, {Per: intel.Day, Most: 500}, {Per: intel.Month, Most: 15500}}

// levelOf reads VIRUSTOTAL_RELATIONS. Who may ask more than a free key has one of premium, as a rule; what that may not ask for is
// found out.
func levelOf(word string, quota *intel.Quota) (int32, error) {
	levels := map[string]int32{"none": none, "public": public, "premium": premium, "": public}
	level, ok := levels[word]
	if !ok {
		return none, fmt.Errorf("environment variable VIRUSTOTAL_RELATIONS: %.40q, expected public, premium or none", word)
	}
	if word == "" && quota != nil && isMoreThanFree(quota.Limits) {
		level = premium
	}
	return level, nil
}

func isMoreThanFree(limits []intel.Limit) bool {
	for _, l := range limits {
		for _, f := range free {
			if l.Per == f.Per && l.Most <= f.Most {
				return false
			}
		}
	}
	return true
}

// refusals tell the quotas apart. A QuotaExceededError may be of the minute, the day or the month ("Errors"), and does not
// say which. A minute's is over after a minute without requests, so whoever is refused by the first request after it waits longer
// each time, up to an hour; but not beyond 00:00 UTC, when days and months begin ("How consumption quotas are handled"). Whoever
// is still refused half an hour after that has used up the month's, and asks twice a day. So a task gets through a day with half of
// the deliveries that it has.
type refusals struct {
	memory responder.Memory
	some   atomic.Bool // something is remembered
}

// streak is what is remembered of refusals in a row.
type streak struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Count int       `json:"count"`
}

const (
	streakKey = ID + "#refused"
	inARow    = 15 * time.Minute // after the end of a wait: a later refusal is another matter
	hourly    = 8                // refusals until it is asked once an hour
	longest   = 12 * time.Hour
	storing   = 3 * time.Second
)

// wait is how long to wait after a refusal.
func (r *refusals) wait(now time.Time) time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), storing)
	defer cancel()
	e, err := r.memory.Load(ctx, streakKey)
	var s streak
	if err != nil || json.Unmarshal(e.Value, &s) != nil {
		s = streak{}
	}
	if s.Until.Sub(now) > longest { // no clock is that fast: what cannot be is none
		s = streak{}
	}
	if now.Before(s.Until) { // one of several requests of the same moment
		return s.Until.Sub(now)
	}
	s = s.next(now)
	r.some.Store(true)
	if value, err := json.Marshal(s); err == nil {
		_, _, _ = r.memory.Swap(ctx, streakKey, e.Ver, value, s.Until.Add(inARow)) // who loses waits all the same
	}
	return s.Until.Sub(now)
}

// next is the streak with one more refusal.
func (s streak) next(now time.Time) streak {
	if s.Count == 0 || now.After(s.Until.Add(inARow)) {
		s = streak{Since: now}
	}
	s.Count++
	wait := min(time.Minute<<max(min(s.Count, hourly)-2, 0), time.Hour)
	if s.Count > hourly && now.Sub(midnight(s.Since)) > time.Hour/2 {
		wait = longest
	}
	s.Until = now.Add(wait)
	if next := midnight(now); next.Before(s.Until) && wait > time.Minute {
		s.Until = next
	}
	return s
}

// midnight is the next 00:00 UTC.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour) }

// over ends a streak: VirusTotal has answered.
func (r *refusals) over(now time.Time) {
	if !r.some.CompareAndSwap(true, false) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storing)
	defer cancel()
	_ = r.memory.Store(ctx, streakKey, []byte(`{}`), now.Add(inARow))
}
