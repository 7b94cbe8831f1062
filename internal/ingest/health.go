package ingest

import (
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// health reads an event of AWS Health, such as AWS_RISK_CREDENTIALS_EXPOSED or AWS_ABUSE_DOS_REPORT (AWS Health User Guide,
// "Reference: AWS Health events Amazon EventBridge schema"). It has no severity. An event is sent again with each update,
// and in several pages, under one ARN.
func health(ev *event) {
	d := ev.detail
	ev.of(d.text("affectedAccount"), d.text("eventRegion"))
	ev.found = or(d.text("eventTypeCode"), ev.found)
	ev.about = []string{d.text("eventArn")}
	ev.alert.Name = line(ev.found, 300)
	var texts []string
	for _, s := range d.objects("eventDescription") {
		texts = append(texts, s.text("latestDescription"))
	}
	ev.alert.Description = lines(strings.ReplaceAll(strings.Join(texts, "\n"), `\n`, "\n"), pairsOf(object{"service": d.get("service"), "category": d.get("eventTypeCategory"), "status": d.get("statusCode")}))
	first := healthTime(d.text("startTime"))
	last := healthTime(d.text("lastUpdatedTime"))
	if !first.IsZero() {
		if last.Before(first) {
			last = first
		}
		ev.alert.Timestamp = responder.Span(first, last)
	}
	if d.text("statusCode") == "closed" {
		ev.alert.State = responder.Resolved
	}
	for _, entity := range d.objects("affectedEntities") {
		ev.affected(d.text("service"), entity.text("entityValue"))
	}
	for _, arn := range ev.texts("resources") {
		ev.affected(d.text("service"), arn)
	}
	if p := partitionOf(ev.alert.Region); p == "aws" {
		ev.alert.Link = "https://health.aws.amazon.com/health/home#/account/dashboard/open-issues"
	}
}

// healthTime reads such as "Wed, 01 Aug 2018 06:27:57 GMT".
func healthTime(s string) time.Time {
	if t, err := time.Parse(time.RFC1123, s); err == nil {
		return t.UTC()
	}
	return object{"t": s}.time("t")
}

// affected adds what an event is about. What an entity is, only its form says.
func (e *entities) affected(service, value string) {
	switch {
	case strings.HasPrefix(value, "arn:"):
		e.arn(value, responder.ContextObject)
	case strings.HasPrefix(value, "i-"):
		e.own(responder.TypeInstance, value, "instance", responder.ContextObject)
	case isAccessKey(value):
		e.own(responder.TypeAccessKey, value, "exposed access key", responder.ContextObject)
	case service == "S3":
		e.bucket(value)
	case isAddr(value):
		e.localAddr(value, responder.ContextObject)
	}
}
