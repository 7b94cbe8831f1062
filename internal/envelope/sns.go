package envelope

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// notificationType is the Type of an SNS envelope around a message. (SubscriptionConfirmation and
// UnsubscribeConfirmation are messages for people, and stay what they are.)
const notificationType = "Notification"

// unwrap takes the SNS envelope off the body, where there is one: an object of Type Notification that names
// its topic or its MessageId. An object of that Type with neither is somebody's own message.
//
// Format: Amazon SNS Developer Guide, "Parsing Amazon SNS message formats"; a FIFO topic leaves out the
// signature.
func (d *Delivery) unwrap() error {
	if !strings.Contains(d.Body, `"`+notificationType+`"`) {
		return nil // most raw messages: not worth a decode
	}
	o, ok := parseObject(bytes.TrimPrefix([]byte(d.Body), bom))
	if !ok || o.text("Type") != notificationType || o["TopicArn"] == nil && o["MessageId"] == nil {
		return nil
	}
	if err := d.notification(o); err != nil {
		return prefixed{"body.", err}
	}
	return nil
}

// prefixed puts the way to a field before the error that names the field.
type prefixed struct {
	path string
	error
}

func (p prefixed) Error() string { return p.path + p.error.Error() }
func (p prefixed) Unwrap() error { return p.error }

// notification fills in what an SNS notification says. SQS attributes go before those of the topic: a redrive
// puts its own there.
func (d *Delivery) notification(o object) error {
	topic, err := o.needID("TopicArn")
	if err != nil {
		return err
	}
	message, err := o.needText("Message")
	if err != nil {
		return err
	}
	d.Topic, d.Body = topic, message
	d.NotificationID, d.Subject = o.text("MessageId"), o.text("Subject")
	d.NotifiedAt = o.rfc3339("Timestamp")
	if d.SentAt.IsZero() {
		d.SentAt = d.NotifiedAt
	}
	d.merge(attributes(o["MessageAttributes"], "Type", "Value"))
	return nil
}

type notification struct {
	Type              string                           `json:"Type"`
	MessageID         string                           `json:"MessageId"`
	TopicARN          string                           `json:"TopicArn"`
	Subject           string                           `json:"Subject,omitempty"`
	Message           string                           `json:"Message"`
	Timestamp         string                           `json:"Timestamp,omitempty"`
	SignatureVersion  string                           `json:"SignatureVersion"`
	Signature         string                           `json:"Signature"`
	SigningCertURL    string                           `json:"SigningCertURL"`
	UnsubscribeURL    string                           `json:"UnsubscribeURL"`
	MessageAttributes map[string]notificationAttribute `json:"MessageAttributes,omitempty"`
}

type notificationAttribute struct {
	Type  string `json:"Type"`
	Value string `json:"Value"`
}

// Wrap makes the body that a queue gets from a topic without raw delivery. The attributes become Strings; the
// signature stays empty.
func Wrap(topicARN, messageID, subject, message string, attrs map[string]string, at time.Time) string {
	n := notification{
		Type: notificationType, MessageID: messageID, TopicARN: topicARN, Subject: subject, Message: message,
		SignatureVersion: "1",
	}
	if !at.IsZero() {
		n.Timestamp = at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	for name, value := range attrs {
		if n.MessageAttributes == nil {
			n.MessageAttributes = map[string]notificationAttribute{}
		}
		n.MessageAttributes[name] = notificationAttribute{"String", value}
	}
	return string(marshal(n))
}

// marshal writes compact JSON without HTML escaping.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // strings in structs and maps always marshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
