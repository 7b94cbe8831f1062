package ingest

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func isEvent(m message) bool { return isEventBridge(m.doc) }

// isEventBridge knows an event of a bus (Amazon EventBridge User Guide, "AWS service event metadata").
func isEventBridge(o object) bool { return isString(o["detail-type"]) && isString(o["source"]) }

// event is an event of a bus while it is read.
type event struct {
	object        // the envelope
	detail object // of which a service says what it likes
	entities
	alert responder.Alert
	found string   // what found it: the second half of the rule
	about []string // what it is about: the key, with account and region
}

// eventBridge reads an event: services say what is in their own, of others only the envelope is known.
func eventBridge(m message) responder.Alert {
	inner := m
	inner.doc = m.doc.at("detail")
	aws := strings.HasPrefix(m.doc.text("source"), "aws.")
	if !aws && isNative(inner) {
		return ownEvent(inner, m.doc)
	}
	ev := newEvent(m.doc)
	read := services[m.doc.text("detail-type")]
	if read == nil || !aws || ev.detail == nil {
		read = anyService
	}
	read(ev)
	return ev.done()
}

func newEvent(o object) *event {
	source := o.text("source")
	ev := &event{object: o, detail: o.at("detail"), found: o.text("detail-type")}
	ev.alert = responder.Alert{
		Name: o.text("detail-type"), Source: "unknown", Account: o.text("account"), Region: o.text("region"),
		Timestamp: responder.Span(o.time("time"), o.time("time")),
	}
	if strings.HasPrefix(source, "aws.") {
		ev.alert.Source = source
	}
	return ev
}

// done completes the alert. An event that is about nothing is about itself.
func (ev *event) done() responder.Alert {
	a := ev.alert
	a.Rule = or(ev.text("source"), a.Source) + ": " + ev.found
	if a.Description == "" {
		a.Description = line(marshal(ev.object["detail"]), 1000)
	}
	if strings.Join(ev.about, "") == "" {
		ev.about = []string{ev.text("id")}
	}
	if strings.Join(ev.about, "") != "" {
		a.Key = keyOf(append([]string{a.Account, a.Region}, ev.about...)...)
	}
	a.Attrs = ev.list
	return a
}

// of takes account and region of what the event is about, where they are not those of the envelope: an administrator's
// account has the events of its members, too.
func (ev *event) of(account, region string) {
	ev.alert.Account, ev.alert.Region = or(account, ev.alert.Account), or(region, ev.alert.Region)
}

// during takes when it was first and last seen.
func (ev *event) during(first, last string) {
	from, to := ev.detail.time(first), ev.detail.time(last)
	if from.IsZero() {
		from = to
	}
	if to.IsZero() {
		to = from
	}
	if !to.IsZero() {
		ev.alert.Timestamp = responder.Span(from, to)
	}
}

// anyService reads an event of which nothing but the envelope is known, and the names that services commonly use.
func anyService(ev *event) {
	d := ev.detail
	resources := slices.Sorted(slices.Values(ev.texts("resources")))
	ev.about = append(slices.Sorted(slices.Values(detailIDs(d))), resources...)
	for _, arn := range resources {
		ev.arn(arn, responder.ContextObject)
	}
	ev.alert.Severity = anySeverity(d.get("severity"))
	ev.conventional(d, ev.alert.Account)
	ev.extracted(ev.object["detail"])
}

// conventional adds what stands under the names that services of AWS commonly use.
func (e *entities) conventional(d object, account string) {
	for _, name := range []string{"sourceIPAddress", "sourceIpAddress", "source-ip-address"} {
		e.remoteAddr(d.text(name), responder.ContextClient)
	}
	e.identity(d.at("userIdentity"), account)
	for _, name := range []string{"instance-id", "instanceId", "EC2InstanceId"} {
		if id := d.text(name); strings.HasPrefix(id, "i-") {
			e.own(responder.TypeInstance, id, "instance", responder.ContextObject)
		}
	}
	e.bucket(or(d.at("bucket").text("name"), d.text("bucketName")))
	e.file(d.at("bucket").text("name"), d.at("object").text("key"))
}

// file adds an object of a bucket.
func (e *entities) file(bucket, key string) {
	if bucket != "" && key != "" {
		e.add(responder.TypeFile, bucket+"/"+key, "object", responder.ContextLocal, responder.ContextObject, responder.ContextFile)
	}
}

// ownEvent is an alert in AlertResponder's own format as the detail of an event, which says the rest.
func ownEvent(m message, event object) responder.Alert {
	a := native(m)
	a.Account, a.Region = or(a.Account, event.text("account")), or(a.Region, event.text("region"))
	if t := event.time("time"); a.Timestamp.LastTime().IsZero() && !t.Before(a.Timestamp.InitTime()) {
		a.Timestamp.Last = responder.Span(t, t).Last
	}
	return a
}

// detailIDs are by what the detail of an event calls itself, or its findings: the resource may be only what all
// events of a kind have in common.
func detailIDs(detail object) (ids []string) {
	for _, o := range append([]object{detail}, detail.objects("findings")...) {
		for _, name := range []string{"id", "arn", "findingArn", "findingId"} {
			if id := o.text(name); id != "" {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}
