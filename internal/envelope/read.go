package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

var bom = []byte("\xef\xbb\xbf")

// Read gives the deliveries of an SQS or SNS event, in the order of its records. The error is for a payload
// that is no such event. A record that cannot be read has its Err, and spoils no other.
//
// Formats: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" and "Invoking Lambda functions with
// Amazon SNS notifications".
func Read(payload []byte) ([]Delivery, error) {
	records, err := records(payload)
	if err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	ds := make([]Delivery, len(records))
	for i, r := range records {
		ds[i] = r.delivery()
	}
	return ds, nil
}

// IsEvent says whether Read would read the payload: an object with Records of which one at least is of SQS
// or SNS.
func IsEvent(payload []byte) bool {
	if !bytes.Contains(payload, []byte(`"Records"`)) {
		return false // most payloads: not worth a decode
	}
	_, err := records(payload)
	return err == nil
}

// record is one of an event's records; nil where it is no object.
type record struct{ object }

func records(payload []byte) ([]record, error) {
	top, ok := parseObject(bytes.TrimPrefix(payload, bom))
	if !ok {
		return nil, errors.New("no JSON object, expected an SQS or SNS event")
	}
	members, ok := elements(top["Records"])
	if kind := kindOf(top["Records"]); !ok && kind != "null" {
		return nil, fmt.Errorf("field Records: %s, expected a list of SQS or SNS records", kind)
	}
	list := make([]record, len(members))
	known := false
	for i, m := range members {
		o, _ := split(m) // nil where it is no object
		list[i] = record{o}
		known = known || list[i].source() != ""
	}
	if !known {
		return nil, errors.New("field Records: none of SQS or SNS")
	}
	return list, nil
}

const (
	sqsSource = "aws:sqs"
	snsSource = "aws:sns"
)

// source is the service that made the record, "" for others. SQS and SNS spell the field differently; a
// record made by hand often lacks it.
func (r record) source() string {
	for _, name := range []string{"eventSource", "EventSource"} {
		if raw, ok := r.object[name]; ok {
			if s := r.text(name); s == sqsSource || s == snsSource {
				return s
			}
			if kindOf(raw) != "null" {
				return ""
			}
		}
	}
	switch {
	case r.text("messageId") != "" && r.object["body"] != nil:
		return sqsSource
	case r.object["Sns"] != nil:
		return snsSource
	}
	return ""
}

func (r record) delivery() Delivery {
	switch r.source() {
	case sqsSource:
		return r.fromSQS()
	case snsSource:
		return r.fromSNS()
	}
	// With an id, the one record fails; without one, Lambda delivers the whole batch again.
	return Delivery{
		ID:  r.text("messageId"),
		Err: errors.New("record: eventSource: expected aws:sqs or aws:sns"),
	}
}

func (r record) fromSQS() Delivery {
	system := r.object.object("attributes")
	d := Delivery{
		ID:            r.text("messageId"),
		ReceiptHandle: r.text("receiptHandle"),
		QueueARN:      r.text("eventSourceARN"),
		Attributes:    attributes(r.object["messageAttributes"], "dataType", "stringValue"),
		SentAt:        system.millis("SentTimestamp"),
		ReceiveCount:  int(min(max(system.number("ApproximateReceiveCount"), 0), 1<<30)),
	}
	_, err := r.needID("messageId")
	if err == nil {
		d.Body, err = r.needText("body")
	}
	if err == nil {
		err = d.unwrap()
	}
	if err != nil {
		d.Err = fmt.Errorf("record: %w", err)
	}
	return d
}

func (r record) fromSNS() Delivery {
	o := r.object.object("Sns")
	d := Delivery{ID: o.text("MessageId")}
	err := d.notification(o)
	if err == nil {
		_, err = o.needID("MessageId")
	}
	if err != nil {
		d.Err = fmt.Errorf("record: Sns.%w", err)
	}
	return d
}

// attributes reads message attributes, whose fields SQS and SNS call differently. Binary ones, and what is
// no attribute, are left out.
func attributes(raw json.RawMessage, kind, value string) map[string]string {
	list, _ := split(raw)
	var out map[string]string
	for name, raw := range list {
		o, _ := split(raw)
		if kindOf(o[value]) != "a string" || strings.HasPrefix(o.text(kind), "Binary") {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = o.text(value)
	}
	return out
}

// merge adds attributes; those that are there already stay.
func (d *Delivery) merge(more map[string]string) {
	if d.Attributes == nil {
		d.Attributes = more
		return
	}
	maps.DeleteFunc(more, func(name, _ string) bool { _, ok := d.Attributes[name]; return ok })
	maps.Copy(d.Attributes, more)
}
