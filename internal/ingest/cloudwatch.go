package ingest

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isAlarm knows the message of an alarm on a topic (Amazon CloudWatch User Guide, "Using Amazon CloudWatch
// alarms": single metric, metric maths, composite).
func isAlarm(m message) bool {
	return isString(m.doc["AlarmName"]) && isString(m.doc["NewStateValue"])
}

func alarm(m message) responder.Alert {
	o := m.doc
	a := alarmAlert(o.text("AlarmName"), o.text("AlarmArn"), o.text("AWSAccountId"), o.text("Region"))
	a.State = alarmState(o.text("NewStateValue"))
	a.Description = strings.TrimSpace(o.text("AlarmDescription") + "\n" + o.text("NewStateReason"))
	a.Timestamp = responder.Span(o.time("StateChangeTime"), o.time("StateChangeTime"))
	trigger := o.at("Trigger")
	e := dimensions(trigger)
	for _, metric := range trigger.objects("Metrics") {
		e.list = append(e.list, dimensions(metric.at("MetricStat", "Metric")).list...)
	}
	a.Attrs = e.list
	return a
}

// isAlarmEvent knows an alarm's change of state on EventBridge, and as an alarm invokes a function. Of the first
// there are other events, which are no alarms.
func isAlarmEvent(m message) bool {
	return m.doc.text("detail-type") == "CloudWatch Alarm State Change" && m.doc.at("detail").isText("alarmName") ||
		m.doc.text("source") == "aws.cloudwatch" && m.doc.at("alarmData").isText("alarmName")
}

func alarmEvent(m message) responder.Alert {
	data, arn, account := m.doc.at("alarmData"), m.doc.text("alarmArn"), m.doc.text("accountId")
	if data == nil {
		data, account = m.doc.at("detail"), m.doc.text("account")
		if list := m.doc.texts("resources"); len(list) > 0 {
			arn = list[0]
		}
	}
	a := alarmAlert(data.text("alarmName"), arn, account, m.doc.text("region"))
	state := data.at("state")
	a.State = alarmState(state.text("value"))
	a.Description = strings.TrimSpace(data.at("configuration").text("description") + "\n" + state.text("reason"))
	a.Timestamp = responder.Span(state.time("timestamp"), state.time("timestamp"))
	var e entities
	for _, metric := range data.at("configuration").objects("metrics") {
		e.list = append(e.list, dimensions(metric.at("metricStat", "metric")).list...)
	}
	a.Attrs = e.list
	return a
}

// alarmAlert is what all forms of an alarm have in common, so that they are one incident. The region is that of
// the ARN, which may be missing: elsewhere stands the name that people call it.
func alarmAlert(name, arn, account, region string) responder.Alert {
	if p := strings.SplitN(arn, ":", 7); len(p) == 7 && p[0] == "arn" {
		region, account = or(p[3], region), or(account, p[4])
	}
	return responder.Alert{
		Name: name, Rule: name, Key: keyOf(account, region, name), Source: "cloudwatch", Account: account, Region: region,
		Link: consoleLink(region, "cloudwatch", "alarmsV2:alarm/"+url.PathEscape(name)),
	}
}

// alarmState: OK says that it is over. INSUFFICIENT_DATA does not: who stops a sensor is no friend.
func alarmState(value string) responder.State {
	if value == "OK" {
		return responder.Resolved
	}
	return responder.Firing
}

// dimensions gives the dimensions of a metric that are entities. They are a list on a topic, an object on
// EventBridge.
func dimensions(metric object) (e entities) {
	for _, d := range metric.objects("dimensions") {
		name, value := d.text("name"), d.text("value")
		if name != "" && value != "" {
			e.dimension(name, value)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(d)) {
			e.dimension(name, d.text(name))
		}
	}
	return e
}

func (e *entities) dimension(name, value string) {
	switch name {
	case "InstanceId":
		e.add(responder.TypeInstance, value, "instance", responder.ContextLocal)
	case "BucketName":
		e.bucket(value)
	}
}
