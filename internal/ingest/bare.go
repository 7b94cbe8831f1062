package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// bareEvent knows the detail of an event without its envelope: some rules pass nothing else on, Config notifies a topic
// so, and the services' own calls answer so. It says whose it is.
func bareEvent(o object) (source, detailType string) {
	switch {
	case o["detail-type"] != nil || o["source"] != nil:
	case strings.Contains(o.text("findingArn"), ":inspector2:") && o.isText("awsAccountId"):
		return "aws.inspector2", "Inspector2 Finding"
	case o.at("resourcesAffected") != nil && o.isText("id") && o.isText("type") && o.isText("accountId"):
		return "aws.macie", "Macie Finding"
	case o.text("messageType") == "ComplianceChangeNotification" && o.isText("configRuleName"):
		return "aws.config", "Config Rules Compliance Change"
	case o.text("messageType") == "ConfigurationItemChangeNotification" && o.at("configurationItem") != nil:
		return "aws.config", "Config Configuration Item Change"
	case o.isText("eventTypeCode") && strings.Contains(o.text("eventArn"), ":health:"):
		return "aws.health", "AWS Health Event"
	}
	return "", ""
}

func isBareEvent(m message) bool {
	source, _ := bareEvent(m.doc)
	return source != ""
}

func bare(m message) responder.Alert {
	source, kind := bareEvent(m.doc)
	ev := newEvent(object{"source": source, "detail-type": kind, "detail": map[string]any(m.doc)})
	services[kind](ev)
	return ev.done()
}
