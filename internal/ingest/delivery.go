package ingest

import (
	"strconv"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// whole is a delivery as one message that nobody has read yet.
func whole(d envelope.Delivery) message {
	m := message{text: d.Body, topic: d.Topic, subject: d.Subject, attributes: d.Attributes, sentAt: sentAt(d)}
	if m.topic == "" {
		m.topic = d.QueueARN
	}
	return m
}

// deliveryID names the delivery of messages: a redelivered or redriven one keeps it.
func deliveryID(d envelope.Delivery, list []message) string {
	if d.NotificationID != "" {
		return d.NotificationID
	}
	if len(list) == 1 && isEventBridge(list[0].doc) && list[0].doc.text("id") != "" {
		return list[0].doc.text("id")
	}
	if id := d.Attributes["delivery_id"]; id != "" {
		return id
	}
	return d.ID
}

// sentAt is when a delivery was first sent: a redrive notes it in first_sent. Some write the epoch for no time.
func sentAt(d envelope.Delivery) time.Time {
	for _, t := range []time.Time{firstSent(d.Attributes["first_sent"]), d.NotifiedAt, d.SentAt} {
		if t = t.UTC(); t.Year() > 1970 && t.Year() <= 9999 {
			return t
		}
	}
	return time.Time{}
}

const lastMilli = 253402300799999 // of year 9999

// firstSent reads RFC 3339 or epoch milliseconds.
func firstSent(s string) time.Time {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms > 0 && ms <= lastMilli {
		return time.UnixMilli(ms)
	}
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}
