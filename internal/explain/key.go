package explain

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of the message that is read once more: a queue takes no larger one, and senders write no such lists.
const (
	maxRaw     = 1 << 20 // bytes
	maxRawSize = 50_000  // objects, lists and commas
)

// keyFrom is where an alert's key came from. A sender may give any key, also one that looks as if it was made: what is not
// just what package ingest makes of the stored alert is the sender's.
func keyFrom(id string, a responder.Alert) KeySource {
	topic, subject, perhaps := topicOf(a)
	switch {
	case a.Key == "", perhaps && (len(a.Raw) > maxRaw || crowded([]byte(a.Raw), maxRawSize) != ""):
		return KeyUnknown
	case perhaps && isUnread(a, topic, subject):
		return KeyTopic
	case isAttributes(a):
		return KeyAttributes
	case isDelivery(id, a):
		return KeyDelivery
	}
	return KeyGiven
}

// topicOf are the topic and the subject that a key is made of where nobody can read the message, if it can be of such a one.
func topicOf(a responder.Alert) (topic, subject string, perhaps bool) {
	var from []string
	if a.Rule != "unparsed" || json.Unmarshal([]byte(a.Key), &from) != nil || len(from) != 2 {
		return "", "", false
	}
	return from[0], from[1], a.Key == string(entity.JSON(from...))
}

// isUnread says that nobody can read the message of an alert: its key is the topic and the subject, and another one with
// others.
func isUnread(a responder.Alert, topic, subject string) bool {
	with := func(topic, subject string) bool {
		read := ingest.Alerts(envelope.Delivery{Body: a.Raw, Topic: topic, Subject: subject})
		return slices.ContainsFunc(read, func(in ingest.Incoming) bool {
			return in.Alert.Rule == a.Rule && in.Alert.Raw == a.Raw && in.Alert.Key == string(entity.JSON(topic, subject))
		})
	}
	return with(topic, subject) && with("another "+topic, "another")
}

// isAttributes says that the key is what is made of these attributes where there is none.
func isAttributes(a responder.Alert) bool {
	if !strings.HasPrefix(a.Key, "attributes [") || len(a.Attrs) == 0 || len(a.Attrs) > maxAttributes {
		return false
	}
	keyless, err := json.Marshal(responder.Alert{Name: "a", Rule: "a", Attrs: a.Attrs})
	return err == nil && ingest.Alerts(envelope.Delivery{Body: string(keyless)})[0].Alert.Key == a.Key
}

// isDelivery says that the key is that of the alert's delivery, of which the id is the hash.
func isDelivery(id string, a responder.Alert) bool {
	own, ok := strings.CutPrefix(a.Key, "delivery ")
	delivery, n, isDelivery := cutAtLast(own, ' ')
	if !ok || !isDelivery || len(a.Attrs) > 0 {
		return false
	}
	text := strings.TrimSuffix(string(entity.JSON(delivery)), "]") + "," + n + "]"
	return entity.ID([]byte(text)) == id
}
