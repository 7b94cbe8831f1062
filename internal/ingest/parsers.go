package ingest

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// parser knows the messages of one sender.
type parser struct {
	knows func(m message) bool
	parse func(m message) responder.Alert
}

// parsers are asked in this order; the first that knows a message reads it. A message may be no JSON object.
var parsers = []parser{
	{isGuardDuty, guardDuty},
	{isAlarm, alarm},
	{isAlarmEvent, alarmEvent},
	{isEvent, eventBridge},
	{isNative, native},
}

// parse gives the alert of a message.
func (m message) parse() responder.Alert {
	for _, p := range parsers {
		if p.knows(m) {
			return p.parse(m)
		}
	}
	return unparsed(m, "")
}

// unparsed keeps a message that nobody knows, named for its source or its topic. Those of one topic and subject
// are one incident.
func unparsed(m message, why string) responder.Alert {
	a := responder.Alert{
		Name: m.place(), Rule: "unparsed", Key: string(entity.JSON(m.topic, m.subject)), Source: "unknown",
		Description: line(m.text, 200),
	}
	if why != "" {
		a.Description = why + ": " + a.Description
	}
	if source := m.doc.text("source"); strings.HasPrefix(source, "aws.") {
		a.Name, a.Source = source, source
	}
	if a.Name == "" {
		a.Name = "unknown"
	}
	return a
}
