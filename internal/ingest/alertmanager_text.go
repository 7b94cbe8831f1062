package ingest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/bound"
)

// cutNote is the field of a made outer object that says what of a message is missing.
const cutNote = "\x00note"

// The lines of the default message of the SNS receiver (Alertmanager template/default.tmpl, sns.default.message and
// __text_alert_list).
const (
	labelsLine      = "Labels:"
	annotationsLine = "Annotations:"
	sourceLine      = "Source: "
	firingLine      = "Alerts Firing:"
	resolvedLine    = "Alerts Resolved:"
)

// isAlertList knows the default message of the SNS receiver, and the part of it that is one alert.
func isAlertList(text string) bool {
	if strings.HasPrefix(text, labelsLine+"\n - ") {
		return strings.Contains(text, "\n"+annotationsLine+"\n")
	}
	for _, head := range []string{firingLine, resolvedLine} {
		if _, rest, ok := strings.Cut(text, head+"\n"+labelsLine+"\n - "); ok && strings.Contains(rest, "\n"+annotationsLine+"\n") {
			return true
		}
	}
	return false
}

// listedAlert is one alert of a text.
type listedAlert struct {
	status, source      string
	labels, annotations map[string]any
	start, end          int  // in the text
	whole               bool // its labels are complete
}

// listedAlerts gives the alerts of a text, each with its own lines, verbatim, which say all but whether it is over. One whose
// labels are cut is left out, and the others say so.
func listedAlerts(m message) []message {
	list, lost := []listedAlert(nil), 0
	for _, a := range readAlertList(m.text) {
		if !a.whole || len(a.labels) == 0 || len(list) == maxMessages {
			lost++
			continue
		}
		list = append(list, a)
	}
	outer := object{}
	if lost > 0 {
		outer[cutNote] = fmt.Sprintf("[%d further alerts of the message cannot be read]", lost)
	}
	var out []message
	for _, a := range list {
		part := m
		part.text, part.outer = m.text[a.start:a.end], outer
		part.doc = object{"labels": a.labels, "annotations": a.annotations, "generatorURL": a.source, "status": a.status}
		out = append(out, part)
	}
	if len(out) == 0 {
		return []message{m}
	}
	return out
}

// readAlertList reads the lines. A value may have several lines: what begins no part of an alert belongs to the value before.
func readAlertList(text string) (out []listedAlert) {
	status, in, last := "", "", ""
	var into map[string]any
	for at := 0; at < len(text); {
		start := at
		l := text[at:]
		if i := strings.IndexByte(l, '\n'); i >= 0 {
			l, at = l[:i], at+i+1
		} else {
			at = len(text)
		}
		switch name, value, pair := strings.Cut(strings.TrimPrefix(l, " - "), " = "); {
		case l == firingLine && in != annotationsLine:
			status, in = "firing", ""
		case l == resolvedLine && in != annotationsLine:
			status, in = "resolved", ""
		case l == labelsLine && in != annotationsLine && (status != "" || start == 0):
			into = map[string]any{}
			out = append(out, listedAlert{status: status, labels: into, annotations: map[string]any{}, start: start, end: at})
			in = labelsLine
		case l == annotationsLine && in == labelsLine:
			into, in = out[len(out)-1].annotations, annotationsLine
			out[len(out)-1].whole, last = true, ""
		case strings.HasPrefix(l, sourceLine) && in == annotationsLine:
			out[len(out)-1].source, in = l[len(sourceLine):], ""
			out[len(out)-1].end = at
		case in != "" && strings.HasPrefix(l, " - ") && pair:
			into[name], last = value, name
		case in != "" && last != "" && into[last] != nil:
			into[last] = into[last].(string) + "\n" + l
		}
		if in != "" {
			out[len(out)-1].end = at
		}
	}
	return out
}

// cutAlerts gives the alerts that are whole in a group of which the SNS receiver cut off the end: the alerts are listed before
// what they have in common, so all that stands before the list must be such a group's. It is nil where there is none.
func cutAlerts(m message) []message {
	text := strings.TrimLeft(m.text, bom+" \t\r\n")
	if !strings.HasPrefix(text, "{") || !strings.Contains(text, `"alerts"`) || bound.Cost(text) > maxCost {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	outer, ok := beforeAlerts(dec)
	if !ok {
		return nil
	}
	var out []message
	good := false
	for dec.More() && len(out) < maxMessages {
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			break
		}
		if string(raw) == "null" {
			continue
		}
		part := m
		part.doc, _ = decode(string(raw))
		part.text, part.outer = string(raw), outer
		good = good || isOneAlert(part.doc)
		out = append(out, part)
	}
	if !good {
		return nil
	}
	outer[cutNote] = fmt.Sprintf("[the message was cut off after %d alerts]", len(out))
	return out
}

// beforeAlerts reads the simple fields of a group up to its list of alerts.
func beforeAlerts(dec *json.Decoder) (object, bool) {
	outer := object{}
	if _, err := dec.Token(); err != nil {
		return nil, false
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, false
		}
		if name == "alerts" {
			bracket, err := dec.Token()
			return outer, err == nil && bracket == json.Delim('[') && outer.isText("receiver")
		}
		var value any
		if s, ok := name.(string); !ok || len(outer) > 20 || dec.Decode(&value) != nil {
			return nil, false
		} else {
			outer[s] = value
		}
	}
	return nil, false
}
