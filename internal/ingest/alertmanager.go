package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isAlertmanager knows what Prometheus Alertmanager sends: a group of alerts, as its webhook does in versions 2 to 4, as the
// SNS receiver does with {{ . | toJson }}, without version and groupKey, and as Grafana does with fields of its own; one alert of
// a group, or of the API; the text of the SNS receiver; and JSON that the SNS receiver cut at 256 KiB (Alertmanager documentation,
// "Configuration", <webhook_config>, <sns_config>; template/template.go, Data; api/v2/openapi.yaml, alert; notify/sns/sns.go;
// Grafana documentation, "Configure webhook notifications").
func isAlertmanager(m message) bool {
	if m.doc == nil {
		return isAlertList(m.text) || len(cutAlerts(m)) > 0
	}
	return isAlertGroup(m.doc) || isOneAlert(m.doc)
}

// isOneAlert knows one alert by itself. All that it is known by is in it, so that one of a group can be read again. Its labels
// are all that the API requires.
func isOneAlert(o object) bool {
	return len(o.at("labels")) > 0 && (o.at("labels").isText("alertname") || o.at("annotations") != nil || o.isText("startsAt") || o.isText("generatorURL") || o.isText("fingerprint"))
}

func isAlertGroup(o object) bool {
	list, ok := o["alerts"].([]any)
	if !ok {
		return false
	}
	group := o.at("groupLabels") != nil || o.at("commonLabels") != nil || o.isText("receiver")
	if slices.ContainsFunc(o.objects("alerts"), isOneAlert) {
		return true // people write such by hand to try it
	}
	return group && (len(list) == 0 || o.isText("groupKey") || o.has("version"))
}

// alertmanagerParts gives each alert of a group. What else is among them becomes an alert of its own, which nobody knows.
func alertmanagerParts(m message) []message {
	switch {
	case m.doc == nil && isAlertList(m.text):
		return listedAlerts(m)
	case m.doc == nil:
		return cutAlerts(m)
	case isOneAlert(m.doc), !slices.ContainsFunc(m.doc.objects("alerts"), isOneAlert):
		return []message{m}
	}
	return m.partsAt("alerts")
}

// alertmanager reads one alert, or a group that cannot be parted: one with too many alerts, or with none. An alert is its
// labels, as it is to Alertmanager, whichever group, receiver or form it comes in; of two servers that watch the same, the label
// prometheus_replica says which sent it, and does not count. What is of Falco is the incident that it is to Falco.
func alertmanager(m message) responder.Alert {
	o := m.doc
	switch {
	case o == nil:
		return unparsed(m, "no alert of the message can be read")
	case !isOneAlert(o):
		return alertGroup(o)
	}
	labels, annotations := o.at("labels"), o.at("annotations")
	name := or(labels.text("alertname"), labels.text("rulename"))
	a := responder.Alert{
		Name: or(summary(annotations), name), Rule: name, Key: labelKey(labels), Source: "alertmanager",
		Account: first(labels, "account_id", "aws_account_id"), Region: first(labels, "region", "aws_region"),
		Severity: labelSeverity(labels, annotations), State: alertState(o, m),
		Description: alertDescription(o, m.outer), Attrs: alertEntities(labels, annotations),
		Link: alertLink(o, m.outer),
		// Grafana, "Test" of a contact point.
		Sample: name == "TestAlert" && labels.text("instance") == "Grafana",
	}
	if f, ok := falcoLabels(labels); ok {
		of := f.alert()
		a.Rule, a.Key, a.Severity, a.Attrs = of.Rule, of.Key, of.Severity, of.Attrs
		a.Account, a.Region, a.Sample = of.Account, of.Region, of.Sample
	}
	var ends time.Time
	if a.State == responder.Resolved {
		ends = o.time("endsAt")
	}
	a.Timestamp = responder.Span(o.time("startsAt"), ends)
	return a
}

// alertGroup keeps a group as one alert, about what its alerts have in common.
func alertGroup(o object) responder.Alert {
	labels, annotations := o.at("commonLabels"), o.at("commonAnnotations")
	if len(labels) == 0 {
		labels = o.at("groupLabels")
	}
	name := labels.text("alertname")
	a := responder.Alert{
		Name: or(or(summary(annotations), o.text("title")), or(name, "group of alerts")), Rule: or(name, "group of alerts"),
		Key: keyOf(labelKey(labels), o.text("groupKey")), Source: "alertmanager", Severity: labelSeverity(labels, annotations),
		Attrs: alertEntities(labels, annotations), Link: alertLink(nil, o), State: alertState(o, message{}),
	}
	list, _ := o["alerts"].([]any)
	a.Description = fmt.Sprintf("A group of %d alerts, kept as one.\n%s", len(list), alertDescription(object{"labels": map[string]any(labels), "annotations": map[string]any(annotations)}, nil))
	return a
}

// labelKey is the identity of an alert: its labels, sorted.
func labelKey(labels object) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "prometheus_replica" && name != "__replica__" {
			parts = append(parts, name, labels.text(name))
		}
	}
	return keyOf(parts...)
}

// alertState: an alert says it itself, in old versions only its group does. Over the API, with neither, it is over when its end
// has passed.
func alertState(o object, m message) responder.State {
	status := or(o.text("status"), m.outer.text("status"))
	if status == "resolved" {
		return responder.Resolved
	}
	if ends := o.time("endsAt"); status == "" && o.at("status") == nil && !ends.IsZero() && !m.sentAt.IsZero() && !ends.After(m.sentAt) {
		return responder.Resolved
	}
	return responder.Firing
}

// summary is what people wrote as the title of an alert.
func summary(annotations object) string {
	return line(first(annotations, "summary", "title"), maxName)
}

// first is the first of some fields that says something.
func first(o object, names ...string) string {
	for _, name := range names {
		if s := strings.TrimSpace(o.text(name)); s != "" {
			return s
		}
	}
	return ""
}

// labelSeverity is the severity in a label of one of the usual names, else in an annotation (severityOf).
func labelSeverity(labels, annotations object) float64 {
	for _, o := range []object{labels, annotations} {
		for _, name := range []string{"severity", "priority", "level", "criticality", "alert_level"} {
			if f := severityOf(o.text(name)); f > 0 {
				return f
			}
		}
	}
	return 0
}

// alertLink leads to the rule, as the sender shows it, else to the group.
func alertLink(o, group object) string {
	for _, name := range []string{"generatorURL", "panelURL", "dashboardURL"} {
		if s := o.text(name); link(s) != "" {
			return s
		}
	}
	return link(group.text("externalURL"))
}

// alertDescription has what people wrote, but for the title, with all other annotations and all labels behind it.
func alertDescription(o, group object) string {
	labels, annotations := o.at("labels"), o.at("annotations")
	var parts, more []string
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		s := strings.TrimSpace(annotations.text(name))
		switch {
		case s == "", strings.HasPrefix(name, "__"), name == "summary", name == "title" && summary(annotations) == line(s, maxName):
		case slices.Contains([]string{"description", "message", "info"}, name):
			parts = append(parts, entity.Cut(s, 2000))
		default:
			more = append(more, line(name, 100)+": "+line(s, 500))
		}
	}
	parts = append(parts, more...)
	if values := line(o.text("valueString"), 500); values != "" {
		parts = append(parts, "Values: "+values)
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, line(name, 100)+"="+line(labels.text(name), 200))
	}
	parts = append(parts, "Labels: "+strings.Join(list, ", "))
	if note := group.text(cutNote); note != "" {
		parts = append([]string{note}, parts...)
	}
	return strings.Join(parts, "\n")
}
