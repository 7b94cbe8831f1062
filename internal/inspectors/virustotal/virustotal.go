// Package virustotal is the inspector that asks VirusTotal (API v3).
//
// in → out: an address, domain, URL or file hash → what the engines say of it, how old that is, and what was seen with it.
//
// An attribute is one request, since a free key has 4 a minute and 500 a day: what VirusTotal relates to an object
// comes with it (kinds.go). Nothing is uploaded or submitted, and a look-up publishes nothing. What is the
// organization's own is not sent at all, nor are user, password and fragment of a URL.
//
// The order of the files is that of an answer: kinds.go says what is asked, judge.go whether there is an answer, object.go
// reads it, verdict.go says what it means, page.go writes it down.
//
// Environment: VIRUSTOTAL_LIMITS (4/minute,500/day,15500/month if empty), VIRUSTOTAL_RELATIONS (public, premium or none; if empty
// premium where the limits are above those of a free key), OWN_DOMAINS.
package virustotal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "virustotal"
	Name = "VirusTotal"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{responder.TypeIPAddr, responder.TypeDomain, responder.TypeURL, responder.TypeFileHash}

// extra is a header without which there is no gti_assessment ("Get an IP address report", x-tool, in the reference of Google Threat
// Intelligence).
var extra = http.Header{"X-Tool": {"AlertResponder"}}

type inspector struct {
	client  *intel.Client
	own     intel.Own
	now     func() time.Time
	refused refusals
	level   atomic.Int32 // of the relationships that are asked for
}

// New makes the inspector. All faults of the settings are one error.
func New(s intel.Settings) (responder.Inspector, error) {
	if s.Memory == nil {
		s.Memory = responder.NewMemory()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	quota, limits := s.Quota(ID, Name, "VIRUSTOTAL_LIMITS", free...)
	level, relations := levelOf(s.Env("VIRUSTOTAL_RELATIONS"), quota)
	own, domains := intel.ParseOwn(s.Env("OWN_DOMAINS"))
	var key error
	if s.Key == nil {
		key = errors.New("the key is missing")
	}
	if err := errors.Join(key, limits, relations, domains); err != nil {
		return nil, fmt.Errorf("%s: %w", ID, err)
	}
	i := &inspector{own: own, now: s.Now, refused: refusals{memory: s.Memory}}
	i.level.Store(level)
	i.client = &intel.Client{Service: ID, BaseURL: "https://www.virustotal.com/api/v3", Header: "x-apikey",
		Extra: extra, Settings: s, Quota: quota, Keep: keep, Judge: i.judge}
	return i, nil
}

// Inspect implements responder.Inspector.
func (i *inspector) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	a := task.Attribute
	k, known := kinds[a.Type]
	if !known {
		return skipped("it knows nothing of this type"), nil
	}
	if why := i.own.Withhold(a); why != "" {
		return skipped(why), nil
	}
	id, why := k.id(a.Value)
	if why != "" {
		return skipped(why), nil
	}
	found := answer{want: k.object, id: k.exact(id)}
	ok, err := i.ask(ctx, &found, k, id)
	if err != nil {
		return responder.Page{}, err
	}
	if !ok {
		return responder.Page{Title: "unknown to " + Name, Outcome: responder.Nothing}, nil
	}
	return k.page(id, found.Object, i.now()), nil
}

// ask asks for the object with what is related to it. Where the key may not ask for that much, it is asked for less from
// now on.
func (i *inspector) ask(ctx context.Context, out *answer, k kind, id string) (bool, error) {
	level := i.level.Load()
	args := []string{id}
	if r := k.relations(level); len(r) > 0 {
		args = append(args, "relationships", strings.Join(r, ","))
	}
	ok, err := i.client.Get(ctx, out, "/"+k.collection+"/%s", args...)
	if level == premium && errors.Is(err, errForbidden) {
		i.level.CompareAndSwap(premium, public)
		return i.ask(ctx, out, k, id)
	}
	return ok, err
}

// keep is how long an answer holds. Of the bytes of a file engines change their mind in days, of an address in hours; and what
// nobody knew may be known soon: an attack is submitted while it goes on.
func keep(path string, found bool) time.Duration {
	switch {
	case !found:
		return 2 * time.Hour
	case strings.HasPrefix(path, "/files/"):
		return 24 * time.Hour
	}
	return 12 * time.Hour
}

func skipped(why string) responder.Page {
	return responder.Page{Title: "not sent to " + Name + ": " + why, Outcome: responder.Skipped}
}
