package ingest

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func isEvent(m message) bool { return isEventBridge(m.doc) }

// isEventBridge knows an event of a bus (Amazon EventBridge User Guide, "AWS service event metadata").
func isEventBridge(o object) bool { return isString(o["detail-type"]) && isString(o["source"]) }

// eventBridge reads an event of which only the envelope is known, or of one's own detector.
func eventBridge(m message) responder.Alert {
	o := m.doc
	inner := m
	inner.doc = o.at("detail")
	if !strings.HasPrefix(o.text("source"), "aws.") && isNative(inner) {
		return ownEvent(inner, o)
	}
	resources := slices.Sorted(slices.Values(o.texts("resources")))
	a := responder.Alert{
		Name: o.text("detail-type"), Rule: o.text("source") + ": " + o.text("detail-type"), Source: "unknown",
		Account: o.text("account"), Region: o.text("region"),
		Description: line(marshal(o["detail"]), 1000),
		Timestamp:   responder.Span(o.time("time"), o.time("time")),
	}
	if strings.HasPrefix(o.text("source"), "aws.") {
		a.Source = o.text("source")
	}
	about := append(slices.Sorted(slices.Values(detailIDs(o.at("detail")))), resources...)
	if len(about) == 0 && o.text("id") != "" {
		about = []string{o.text("id")}
	}
	if len(about) > 0 {
		a.Key = keyOf(append([]string{a.Account, a.Region}, about...)...)
	}
	var e entities
	for _, arn := range resources {
		e.arn(arn, responder.ContextObject)
	}
	a.Attrs = e.list
	return a
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
		for _, name := range []string{"id", "arn", "findingArn"} {
			if id := o.text(name); id != "" {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

// consoleLink leads to a service's console. The region comes from outside, and stands in a host's name: there is no
// link for what is none.
func consoleLink(region, service, fragment string) string {
	if region == "" || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	host := region + ".console.aws.amazon.com"
	switch {
	case strings.HasPrefix(region, "cn-"):
		host = "console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		host = "console.amazonaws-us-gov.com"
	case strings.HasPrefix(region, "eusc-"):
		host = region + ".console.amazonaws-eusc.eu"
	case strings.Contains(region, "-iso"): // of closed networks, whose consoles no document names
		return ""
	}
	return "https://" + host + "/" + service + "/home?region=" + region + "#" + fragment
}
