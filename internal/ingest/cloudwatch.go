package ingest

import (
	"net/url"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isAlarm knows the message of an alarm on a topic (Amazon CloudWatch User Guide, "Using Amazon CloudWatch
// alarms": single metric, metric maths, composite, logs).
func isAlarm(m message) bool {
	return isString(m.doc["AlarmName"]) && isString(m.doc["NewStateValue"])
}

func alarm(m message) responder.Alert {
	o, trigger := m.doc, m.doc.at("Trigger")
	by := contributor{o.text("AlarmContributorId"), o.at("AlarmContributorAttributes")}
	a := alarmAlert(o.text("AlarmName"), by, o.text("AlarmArn"), o.text("AWSAccountId"), o.text("Region"))
	a.State = alarmState(o.text("NewStateValue"))
	a.Timestamp = responder.Span(o.time("StateChangeTime"), o.time("StateChangeTime"))
	a.Description = lines(o.text("AlarmDescription"), o.text("NewStateReason"), condition(trigger), composition(o.text("AlarmRule"), o.objects("TriggeringChildren")))
	e := alarmEntities{region: a.Region, account: a.Account}
	e.metric(trigger, "")
	a.Attrs = e.queries(trigger, by)
	return a
}

// isAlarmEvent knows an alarm's change of state on EventBridge, and as an alarm invokes a function (User Guide, "Alarm
// events and EventBridge", "Invoke a Lambda function from an alarm"). Of the first there are other events, which are no
// alarms.
func isAlarmEvent(m message) bool {
	switch m.doc.text("detail-type") {
	case "CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change":
		return m.doc.at("detail").isText("alarmName")
	}
	return m.doc.text("source") == "aws.cloudwatch" && m.doc.at("alarmData").isText("alarmName")
}

func alarmEvent(m message) responder.Alert {
	data, arn, account := m.doc.at("alarmData"), m.doc.text("alarmArn"), m.doc.text("accountId")
	if data == nil {
		data, account = m.doc.at("detail"), m.doc.text("account")
		if list := m.doc.texts("resources"); len(list) > 0 {
			arn = list[0]
		}
	}
	state, config := data.at("state"), data.at("configuration")
	by := contributor{data.at("alarmContributor").text("id"), data.at("alarmContributor", "attributes")}
	a := alarmAlert(data.text("alarmName"), by, arn, account, m.doc.text("region"))
	a.State = alarmState(state.text("value"))
	a.Timestamp = responder.Span(state.time("timestamp"), state.time("timestamp"))
	reason, _ := decode(state.text("reasonData"))
	a.Description = lines(config.text("description"), state.text("reason"), condition(config),
		composition(config.text("alarmRule"), reason.objects("triggeringAlarms")), silence(state, data.at("muteDetail")))
	e := alarmEntities{region: a.Region, account: a.Account}
	a.Attrs = e.queries(config, by)
	return a
}

// contributor is one of the time series that an alarm on a query watches; each is in ALARM or OK by itself.
type contributor struct {
	id         string
	attributes object
}

// alarmAlert is what all forms of an alarm have in common, so that they are one incident. A contributor is an incident of
// its own: that it is over says nothing of the others. The region is that of the ARN, which may be missing: elsewhere
// stands the name that people call it.
func alarmAlert(name string, by contributor, arn, account, region string) responder.Alert {
	if r, ok := alarmARN(arn); ok {
		region, account = or(r.region, region), or(account, r.account)
	}
	a := responder.Alert{
		Name: name, Rule: name, Key: keyOf(account, region, name), Source: "cloudwatch", Account: account, Region: region,
		Link: consoleLink(region, "cloudwatch", "alarmsV2:alarm/"+url.PathEscape(name)),
	}
	if by.id != "" {
		a.Key = keyOf(account, region, name, by.id)
		a.Name += " (" + by.String() + ")"
	}
	return a
}

// alarmARN reads the ARN of an alarm, whose name may have spaces.
func alarmARN(arn string) (resourceName, bool) {
	prefix, name, _ := strings.Cut(arn, ":alarm:")
	if name == "" {
		return resourceName{}, false
	}
	return readARN(prefix + ":alarm:x")
}

// alarmState: OK says that it is over. INSUFFICIENT_DATA does not: who stops a sensor is no friend.
func alarmState(value string) responder.State {
	if value == "OK" {
		return responder.Resolved
	}
	return responder.Firing
}
