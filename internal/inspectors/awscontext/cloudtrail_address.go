package awscontext

import (
	"context"
	"net/netip"
	"slices"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxSuspects bounds the principals of an alert whose calls are looked through for an address.
const maxSuspects = 2

// callsFrom tells what those whom the alert names did from an address that is nobody's of one's own. CloudTrail cannot be asked for an
// address: what others did from there is not found.
func (l *look) callsFrom(ctx context.Context, ip netip.Addr) (responder.Page, error) {
	var page responder.Page
	for _, q := range l.suspects() {
		a, err := l.events(ctx, q.by, q.value)
		if err != nil {
			return responder.Page{}, err
		}
		var last time.Time
		all := len(a.calls)
		a.calls = slices.DeleteFunc(slices.Clone(a.calls), func(c call) bool {
			from, err := netip.ParseAddr(c.address)
			return err != nil || from.Unmap() != ip
		})
		if len(a.calls) == 0 {
			continue
		}
		last = a.calls[0].at
		p := profile{}
		p.signal(activity, responder.UnknownSignal, 0, "%d of the last %d calls of %s came from here", len(a.calls), all, q.value)
		p.signals[0].SeenAt = responder.At(last)
		page.Title = "Calls from " + ip.String()
		page.Signals = append(page.Signals, p.signals...)
		page.SubjectUsers = append(page.SubjectUsers, responder.SubjectUser{UserName: a.calls[0].who, Activities: l.activities(a)})
	}
	return page, nil
}

// suspects are by what the calls of those whom the alert names are looked up: their keys, else their names.
func (l *look) suspects() (out []question) {
	for _, kind := range []string{responder.TypeAccessKey, responder.TypeUsername, responder.TypeARN} {
		for _, a := range l.task.Alert.Attrs {
			q, ok := suspect(responder.Task{Attribute: a, Alert: l.task.Alert})
			if ok && a.Type == kind && len(out) < maxSuspects && !slices.Contains(out, q) {
				out = append(out, q)
			}
		}
	}
	return out
}

func suspect(t responder.Task) (q question, ok bool) {
	if t.Attribute.Type == responder.TypeAccessKey {
		return question{by: byKey, value: t.Attribute.Value}, keyPattern.MatchString(t.Attribute.Value)
	}
	p, ok := principalOf(t)
	switch {
	case !ok || t.Attribute.Type != responder.TypeUsername && t.Attribute.Type != responder.TypeARN:
		return q, false
	case p.session != "":
		return question{by: byName, value: p.session}, true
	}
	return question{by: byName, value: p.name}, p.kind != kindRole // of a role alone, CloudTrail knows no calls
}
