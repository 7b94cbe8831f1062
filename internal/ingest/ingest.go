// Package ingest understands messages: what a sender wrote becomes alerts, whatever it is.
//
// in → out: a delivery from AlertQueue → its alerts, normalized and bounded, each with its id and fingerprint.
// What no parser knows is kept as an unparsed alert. A new sender is a file and a line in parsers.go.
package ingest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Incoming is one alert of a delivery.
type Incoming struct {
	// ID names the alert: that of a redelivered or redriven one is the same.
	ID string
	// Fingerprint names the incident: alerts with the same one are one report.
	Fingerprint string
	Alert       responder.Alert
	// SentAt is when the alert was first sent; zero where nothing says so.
	SentAt time.Time
}

// Alerts gives the alerts of a delivery, at least one. It never fails: what cannot be understood is kept.
func Alerts(d envelope.Delivery) []Incoming {
	return alerts(d, true)
}

func alerts(d envelope.Delivery, open bool) []Incoming {
	if body := []byte(d.Body); open && envelope.IsEvent(body) {
		if inner := nested(d, body); len(inner) > 0 {
			return inner
		}
	}
	whole := message{
		text: d.Body, topic: topicOf(d), subject: d.Subject, sentAt: sentAt(d),
	}
	id := deliveryID(d)
	var out []Incoming
	for _, m := range whole.split() {
		for _, a := range m.parse() {
			a = finish(a, m)
			n := len(out)
			if a.Key == "" {
				a.Key = ownKey(a, id, n)
			}
			out = append(out, Incoming{
				ID:          entity.ID([]byte("[" + quoted(id) + "," + strconv.Itoa(n) + "]")),
				Fingerprint: Fingerprint(a.Rule, a.Key),
				Alert:       a,
				SentAt:      m.sentAt,
			})
		}
	}
	return out
}

// nested gives the alerts of an event that was sent as a message: what a function once got, to be tried again.
func nested(d envelope.Delivery, body []byte) (out []Incoming) {
	ds, err := envelope.Read(body)
	if err != nil {
		return nil
	}
	for _, inner := range ds {
		if inner.Err != nil {
			return nil // the whole is kept as it is
		}
		if inner.ID == "" {
			inner.ID = d.ID
		}
		out = append(out, alerts(inner, false)...)
	}
	return out
}

// Fingerprint names the incident of a rule and a key: the first 128 bits, in base32, of SHA-256 of the compact
// JSON array [rule, key].
func Fingerprint(rule, key string) string { return entity.ID(entity.JSON(rule, key)) }

// deliveryID names the delivery: a redelivered or redriven one keeps it.
func deliveryID(d envelope.Delivery) string {
	if d.NotificationID != "" {
		return d.NotificationID
	}
	if o, ok := decode(d.Body); ok && isEventBridge(o) {
		if id := o.text("id"); id != "" {
			return id
		}
	}
	if id := d.Attributes["delivery_id"]; id != "" {
		return id
	}
	return d.ID
}

// sentAt is when a delivery was first sent: a redrive notes it in first_sent, as RFC 3339 or epoch milliseconds.
func sentAt(d envelope.Delivery) time.Time {
	first := d.Attributes["first_sent"]
	if t, err := time.Parse(time.RFC3339Nano, first); err == nil {
		return t.UTC()
	}
	if ms, err := strconv.ParseInt(first, 10, 64); err == nil && ms > 0 && ms < lastMilli {
		return time.UnixMilli(ms).UTC()
	}
	for _, t := range []time.Time{d.NotifiedAt, d.SentAt} {
		if t.Year() > 1970 { // some write the epoch for no time
			return t
		}
	}
	return time.Time{}
}

const lastMilli = 253402300799999 // of year 9999

// topicOf is the name of the topic that a delivery came from, or else of the queue.
func topicOf(d envelope.Delivery) string {
	for _, arn := range []string{d.Topic, d.QueueARN} {
		if arn != "" {
			return arn[strings.LastIndexByte(arn, ':')+1:]
		}
	}
	return ""
}

// ownKey is the key of an alert that has none: what it is about, or else itself. An empty key never lumps
// alerts together.
func ownKey(a responder.Alert, delivery string, n int) string {
	if len(a.Attrs) == 0 {
		return "delivery " + delivery + " " + strconv.Itoa(n)
	}
	return boundKey("attributes " + pairs(a.Attrs))
}

func quoted(s string) string {
	text := string(entity.JSON(s))
	return text[1 : len(text)-1]
}

// keyOf makes a key of several parts, of which none can be taken for another.
func keyOf(parts ...string) string {
	if strings.Join(parts, "") == "" {
		return ""
	}
	return string(entity.JSON(parts...))
}

func marshal(v any) string {
	b, _ := json.Marshal(v) // what was decoded from JSON marshals
	return string(b)
}
