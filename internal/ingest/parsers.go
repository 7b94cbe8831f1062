package ingest

import responder "github.com/m-mizutani/AlertResponder/lib"

// parser knows the messages of one sender.
type parser struct {
	knows func(m message) bool
	parse func(m message) responder.Alert
}

// parsers are asked in this order; the first that knows a message reads it. All messages are JSON objects.
var parsers = []parser{
	{isGuardDuty, guardDuty},
	{isAlarm, alarm},
	{isAlarmEvent, alarmEvent},
	{func(m message) bool { return isEventBridge(m.doc) }, eventBridge},
	{isNative, native},
}

// parse gives the alerts of a message.
func (m message) parse() []responder.Alert {
	if m.doc != nil {
		for _, p := range parsers {
			if p.knows(m) {
				return []responder.Alert{p.parse(m)}
			}
		}
	}
	return []responder.Alert{unparsed(m, "")}
}

// unparsed keeps a message that nobody knows. Those of one topic and subject are one incident.
func unparsed(m message, why string) responder.Alert {
	name := m.topic
	if name == "" {
		name = "unknown"
	}
	description := line(m.text, 200)
	if why != "" {
		description = why + ": " + description
	}
	return responder.Alert{
		Name: name, Rule: "unparsed", Key: keyOf(m.topic, m.subject), Source: "unknown", Description: description,
	}
}
