package ingest

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isEventBridge knows an event of a bus (Amazon EventBridge User Guide, "AWS service event metadata").
func isEventBridge(o object) bool {
	return isString(o["detail-type"]) && isString(o["source"]) && o["detail"] != nil
}

// eventBridge reads an event of which only the envelope is known.
func eventBridge(m message) responder.Alert {
	o := m.doc
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
	if about := append(detailIDs(o.at("detail")), resources...); len(about) > 0 {
		a.Key = keyOf(append([]string{a.Account, a.Region}, about...)...)
	}
	var e entities
	for _, arn := range resources {
		e.arn(arn)
	}
	a.Attrs = e.list
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

// entities collects the attributes of an alert.
type entities struct{ list []responder.Attribute }

func (e *entities) add(kind, value, key string, context ...string) {
	if value = strings.TrimSpace(value); value != "" && len(e.list) < 4*maxAttributes {
		e.list = append(e.list, responder.Attribute{Type: kind, Value: value, Key: key, Context: context})
	}
}

// arn takes what inspectors know from the name of a resource (AWS General Reference, "Amazon Resource Names").
func (e *entities) arn(arn string) {
	p := strings.SplitN(arn, ":", 6)
	if len(p) != 6 || p[0] != "arn" {
		return
	}
	switch id, ok := strings.CutPrefix(p[5], "instance/"); {
	case p[2] == "ec2" && ok:
		e.add(responder.TypeInstance, id, "instance", responder.ContextLocal)
	case p[2] == "s3":
		bucket, _, _ := strings.Cut(p[5], "/")
		e.add(responder.TypeBucket, bucket, "bucket", responder.ContextLocal, responder.ContextObject)
	case p[2] == "iam" && strings.HasPrefix(p[5], "user/"):
		e.add(responder.TypeUsername, p[5][strings.LastIndexByte(p[5], '/')+1:], "user", responder.ContextLocal)
	}
}
