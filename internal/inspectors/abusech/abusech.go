// Package abusech is the inspector that asks abuse.ch: URLhaus, ThreatFox and MalwareBazaar.
//
// in → out: an address, domain, URL or file hash → the malware that it was reported for.
//
// Each service is asked for what it has (questions.go), with one request: two for an address, domain or URL, three for a hash. What they
// answer is one page, with a signal of each that knows something. One key serves all, and one quota.
//
// Where one of them fails, the attribute is asked again as after any error; those that have answered are not, since their
// answers are remembered. What they found is not lost: something malicious is told at once, and anything else before the
// retries are used up, in a page that says failed and by whom. So a report may say both.
//
// The facts are those of "URLhaus API" (urlhaus-api.abuse.ch), "ThreatFox API" (threatfox.abuse.ch/api) and "MalwareBazaar
// API" (bazaar.abuse.ch/api).
package abusech

import (
	"context"
	"errors"
	"fmt"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "abusech"
	Name = "abuse.ch"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeFileHash}

// An answer is good for so long: what is listed stays listed for days, what is not may be soon.
const (
	keepFound   = 12 * time.Hour
	keepNothing = 3 * time.Hour
)

type inspector struct {
	urlhaus, threatfox, bazaar *intel.Client
	own                        intel.Own
	memory                     responder.Memory
	now                        func() time.Time
}

// New makes the inspector. No limits are documented: ABUSECH_LIMITS may set some. OWN_DOMAINS is what is never sent. Where the
// services have another address, it is that of all three, which are the paths /urlhaus, /threatfox and /malwarebazaar there.
func New(s intel.Settings) (responder.Inspector, error) {
	if s.Memory == nil {
		s.Memory = responder.NewMemory()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	quota, badLimits := s.Quota(ID, Name, "ABUSECH_LIMITS")
	own, badOwn := intel.ParseOwn(s.Env("OWN_DOMAINS"))
	var noKey error
	if s.Key == nil {
		noKey = errors.New("the key is missing")
	}
	if err := errors.Join(noKey, badLimits, badOwn); err != nil {
		return nil, fmt.Errorf("%s: %w", ID, err)
	}
	service := func(base, path string) *intel.Client {
		c := &intel.Client{Service: ID, BaseURL: base, Header: "Auth-Key", Settings: s, Quota: quota, Judge: judge, Keep: keep}
		if s.BaseURL != "" {
			c.Settings.BaseURL = s.BaseURL + path
		}
		return c
	}
	return &inspector{
		urlhaus:   service("https://urlhaus-api.abuse.ch", "/urlhaus"),
		threatfox: service("https://threatfox-api.abuse.ch", "/threatfox"),
		bazaar:    service("https://mb-api.abuse.ch", "/malwarebazaar"),
		own:       own, memory: s.Memory, now: s.Now,
	}, nil
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
	questions, why := i.questions(task.Attribute)
	if why != "" {
		return skipped(why), nil
	}
	var known finding
	var failed failures
	for _, q := range questions {
		f, err := q.ask(ctx)
		known.add(f)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", q.service, err))
		}
		if errors.Is(err, intel.ErrKey) { // it is the same for all
			break
		}
	}
	if len(failed) > 0 && !(known.isSomething() && (known.isMalicious() || failed.permanent() || i.waitedLong(ctx, task, failed))) {
		return responder.Page{}, failed.worst()
	}
	return known.page(task.Attribute, failed), nil
}

func skipped(why string) responder.Page {
	return responder.Page{Title: Name + " was not asked: " + why, Outcome: responder.Skipped}
}
