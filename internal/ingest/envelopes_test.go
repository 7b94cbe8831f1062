package ingest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
)

// A notification that was sent on as a message is the same incident, however often it was sent on.
func TestForwardedNotifications(t *testing.T) {
	alarm := read(t, "cloudwatch/alarm.json")
	want := one(t, alarm).Fingerprint
	body := alarm
	for range 3 {
		body = envelope.Wrap(topic+"-first", "n", "s", body, nil, noon)
		assert.Equal(t, want, one(t, body).Fingerprint)
	}
	assert.Equal(t, "alerts-first", one(t, envelope.Wrap(topic+"-first", "n", "s", "disk is full", nil, noon)).Alert.Name, "named for the topic that it comes from")
	for range 50 {
		body = envelope.Wrap(topic, "n", "s", body, nil, noon)
		if len(body) > 1<<18 {
			break
		}
	}
	check(t, ingest.Alerts(delivery(body)))

	for _, kind := range []string{"SubscriptionConfirmation", "UnsubscribeConfirmation"} {
		confirm := strings.Replace(envelope.Wrap(topic, "n", "", alarm, nil, noon), `"Notification"`, `"`+kind+`"`, 1)
		assert.Equal(t, "unparsed", one(t, confirm).Alert.Rule, "what is to be confirmed is kept, and never followed")
	}
}
