package ingest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// The detail of an event may be the text of an object.
func TestDetailAsText(t *testing.T) {
	for _, name := range []string{"eventbridge/unknown.json", "eventbridge/macie.json", "eventbridge/trail-stop.json"} {
		body := read(t, name)
		text, err := json.Marshal(detail(t, body))
		require.NoError(t, err)
		want, got := one(t, body), one(t, strings.Replace(body, detail(t, body), string(text), 1))
		got.Alert.Raw = want.Alert.Raw
		assert.Equal(t, want, got, name)
	}
	for _, findings := range []string{finding("", ""), read(t, "securityhub/partner.json")} {
		text, err := json.Marshal(`{"findings":[` + findings + `,` + findings + `]}`)
		require.NoError(t, err)
		list := ingest.Alerts(delivery(`{"detail":` + string(text) + `}`))
		require.Len(t, list, 2)
		want := one(t, findings)
		assert.Equal(t, []string{want.Fingerprint, strings.TrimSpace(want.Alert.Raw)}, []string{list[1].Fingerprint, list[1].Alert.Raw})
	}
	dear, err := json.Marshal(`{"id":"7","type":"Recon:EC2/Portscan","accountId":"111122223333","severity":2,"x":[` + strings.Repeat("{},", 40_000) + `{}]}`)
	require.NoError(t, err)
	cheap := `{"detail":"{\"id\":\"7\",\"type\":\"Recon:EC2/Portscan\",\"accountId\":\"111122223333\",\"severity\":2}"}`
	for body, want := range map[string][]string{
		`{"detail":` + string(dear) + `}`:                                                 {"guardduty"},
		`[` + cheap + `,{"detail":` + string(dear) + `},{"detail":` + string(dear) + `}]`: {"guardduty", "guardduty", "unknown"},
	} {
		var got []string
		for _, in := range ingest.Alerts(delivery(body)) {
			got = append(got, in.Alert.Source)
		}
		assert.Equal(t, want, got, "what decoding costs is bounded")
	}
	own := `{"name":"n","rule":"r","detail":"{\"findings\":[]}","description":"d"}`
	assert.Equal(t, "native", one(t, own).Alert.Source)
	for _, odd := range []string{`"{"`, `"{}x"`, `"[]"`, `"x"`} {
		assert.Equal(t, "unknown", one(t, `{"detail":`+odd+`}`).Alert.Source)
	}
}
