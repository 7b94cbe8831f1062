package ingest

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// parser knows the messages of one sender.
type parser struct {
	knows func(m message) bool
	// parts gives the messages of one that holds several alerts, at least one; nil where there is always one. A part is
	// read by whoever knows it, and what it has in common with the others is its outer object.
	parts func(m message) []message
	parse func(m message) responder.Alert
	// echo says whether a message may come only of what AlertResponder itself wrote to its source; nil where that cannot be.
	echo func(m message) bool
}

// parsers are asked in this order; the first that knows a message reads it. A message may be no JSON object.
var parsers = []parser{
	{knows: isGuardDuty, parse: guardDuty},
	{knows: isFindings, parts: findingsOf, parse: anybody.parse},
	{knows: isObjectScan, parse: objectScan},
	{knows: isSecurityHub, parts: securityHubParts, parse: securityHub, echo: securityHubEcho},
	{knows: isOCSF, parts: ocsfParts, parse: ocsf},
	{knows: isAlarm, parse: alarm},
	{knows: isAlarmEvent, parse: alarmEvent},
	{knows: isFalco, parse: falco},
	{knows: isAlertmanager, parts: alertmanagerParts, parse: alertmanager},
	{knows: isWazuh, parse: wazuh},
	{knows: isEvent, parse: eventBridge},
	{knows: isTrail, parts: trailRecords, parse: trailRecord},
	{knows: isBareEvent, parse: bare},
	{knows: isNative, parse: native},
}

// anybody reads what no sender's parser knows.
var anybody = parser{parse: func(m message) responder.Alert { return unparsed(m, "") }}

// parser gives who knows a message.
func (m message) parser() parser {
	for _, p := range parsers {
		if p.knows(m) {
			return p
		}
	}
	return anybody
}

// parse gives the alert of a message.
func (m message) parse() responder.Alert { return m.parser().parse(m) }

// isEcho says whether a message may be an echo.
func (m message) isEcho() bool {
	p := m.parser()
	return p.echo != nil && p.echo(m)
}

// parts gives the messages of a message, each with one alert. One that is alone keeps the text of the whole.
func (m message) parts() []message {
	p := m.parser()
	if p.parts == nil {
		return []message{m}
	}
	list := p.parts(m)
	if len(list) == 1 {
		list[0].text = m.text
	}
	return list
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
	var e entities
	e.extracted(m.subject)
	e.extracted(m.says())
	a.Attrs = e.list
	return a
}

// says is what a message says: decoded, if it is JSON.
func (m message) says() any {
	switch {
	case m.doc != nil:
		return m.doc
	case m.value != nil:
		return m.value
	}
	return m.text
}
