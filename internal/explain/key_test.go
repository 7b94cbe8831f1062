package explain_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// keysFrom are where the keys of a message's alerts came from, each in a report of its own.
func keysFrom(t *testing.T, body string) (from []explain.KeySource) {
	t.Helper()
	d := envelope.Delivery{ID: "m-1", Body: body, Topic: "arn:aws:sns:eu-west-1:123456789012:alerts", Subject: "disks", SentAt: explaintest.Start}
	for _, in := range ingest.Alerts(d) {
		b, err := record.Alert(in.ID, in.SentAt.UnixMilli(), in.Alert)
		require.NoError(t, err)
		e := explain.Explain(in.Fingerprint+"-1", explain.Live{}, slices.Values([]explain.Row{{Key: b.Key, Data: b.Data}}), explaintest.Start)
		require.True(t, e.Incident.Matches)
		from = append(from, e.Incident.KeyFrom)
	}
	return from
}

// nativeAlert is the message of an alert.
func nativeAlert(t *testing.T, rule, key string, attrs ...responder.Attribute) string {
	t.Helper()
	text, err := json.Marshal(responder.Alert{Name: "a", Rule: rule, Key: key, Attrs: attrs})
	require.NoError(t, err)
	return string(text)
}

// TestASenderDoesNotSayWhereItsKeyCameFrom: what looks like a key that was made is given, unless it is just that one.
func TestASenderDoesNotSayWhereItsKeyCameFrom(t *testing.T) {
	const topic = `["arn:aws:sns:eu-west-1:123456789012:alerts","disks"]`
	attrs := []responder.Attribute{{Type: "ipaddr", Value: "198.51.100.7"}, {Type: "username", Value: "ro\"ot\\ <x>", Key: "k", Context: []string{"remote"}}}
	var many []responder.Attribute
	for n := range 300 {
		many = append(many, responder.Attribute{Type: "username", Value: fmt.Sprint("user", n)})
	}
	const given, made, delivered, read = explain.KeyGiven, explain.KeyAttributes, explain.KeyDelivery, explain.KeyTopic
	for _, c := range []struct {
		body string
		want []explain.KeySource
	}{
		{"disk is full", []explain.KeySource{read}},
		{"disk is full of what 198.51.100.7 sent, says arn:aws:iam::123456789012:user/alice", []explain.KeySource{read}},
		{`{"message":"disk is full","source":{"ip":"198.51.100.7"}}`, []explain.KeySource{read}},
		{"\uFEFFdisk is full", []explain.KeySource{read}},
		{`"disk is full"`, []explain.KeySource{read}},
		{`[1,{"a":"b"}]`, []explain.KeySource{read}},
		{`{"v":9,"name":"a","rule":"unparsed","key":"k"}`, []explain.KeySource{read}},
		{`{"Records":[{"messageId":"m-2","body":"disk is full","eventSource":"aws:sqs"},7]}`, nil},
		{nativeAlert(t, "unparsed", topic), []explain.KeySource{given}},
		{nativeAlert(t, "unparsed", `["another arn:aws:sns:eu-west-1:123456789012:alerts","another"]`), []explain.KeySource{given}},
		{nativeAlert(t, "unparsed", topic, attrs...), []explain.KeySource{given}},
		{nativeAlert(t, "unparsed", "x"), []explain.KeySource{given}},
		{nativeAlert(t, "unparsed", ""), []explain.KeySource{delivered}},
		{nativeAlert(t, "unparsed", "", attrs...), []explain.KeySource{made}},
		{nativeAlert(t, "r", topic), []explain.KeySource{given}},
		{nativeAlert(t, "r", ""), []explain.KeySource{delivered}},
		{"[" + nativeAlert(t, "r", "") + "," + nativeAlert(t, "r", "k") + "," + nativeAlert(t, "r", "") + "]", []explain.KeySource{delivered, given, delivered}},
		{nativeAlert(t, "r", "delivery x"), []explain.KeySource{given}},
		{nativeAlert(t, "r", "delivery x 0"), []explain.KeySource{given}},
		{nativeAlert(t, "r", "delivery m-1 1"), []explain.KeySource{given}},
		{nativeAlert(t, "r", "delivery m-1 0", attrs...), []explain.KeySource{given}},
		{nativeAlert(t, "r", "", attrs...), []explain.KeySource{made}},
		{nativeAlert(t, "r", "", many...), []explain.KeySource{made}},
		{nativeAlert(t, "r", "attributes [x", attrs...), []explain.KeySource{given}},
		{nativeAlert(t, "r", `attributes [["ipaddr","198.51.100.7"]]`, attrs...), []explain.KeySource{given}},
		{nativeAlert(t, "r", "attributes []"), []explain.KeySource{given}},
		{strings.Repeat("[],", 60_000), []explain.KeySource{explain.KeyUnknown}},
	} {
		got := keysFrom(t, c.body)
		if c.want == nil {
			c.want = slices.Repeat([]explain.KeySource{read}, len(got))
			assert.NotEmpty(t, got)
		}
		assert.Equal(t, c.want, got, "%.200s", c.body)
	}
}
