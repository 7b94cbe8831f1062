package ingest

import "github.com/m-mizutani/AlertResponder/internal/envelope"

// whole is a delivery as one message that nobody has read yet.
func whole(d envelope.Delivery) message {
	m := message{text: d.Body, topic: d.Topic, subject: d.Subject, attributes: d.Attributes, sentAt: d.FirstSent()}
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
