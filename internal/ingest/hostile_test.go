package ingest_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestHostile(t *testing.T) {
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	long := strings.Repeat("é", 1<<19)
	finding := read(t, "guardduty/inbound.json")
	for name, body := range map[string]string{
		"truncated": finding[:len(finding)/2], "binary": "\x00\x01\xff\xfe\x80", "deep": deep, "deep object": strings.Repeat(`{"a":`, 20000),
		"deep in an alert": `{"name":"n","rule":"r","key":` + deep + `}`, "almost too deep": `{"name":"n","rule":"r","key":` + deep[15000:25000] + `}`,
		"1 MiB of text": long, "1 MiB in an alert": `{"name":"` + long + `","rule":"` + long + `","key":"` + long + `","link":"https://x/` + long + `"}`,
		"1 MiB in words":     `{"name":"n","rule":"r","account":"` + long + `","region":"` + long + `","source":"` + long + `","description":"` + long + `"}`,
		"1 MiB in an event":  `{"source":"aws.` + long + `","detail-type":"` + long + `","region":"` + long + `","id":"` + long + `"}`,
		"1 MiB in an alarm":  `{"AlarmName":"` + long + `","NewStateValue":"` + long + `"}`,
		"1 MiB in odd words": `{"name":"n","rule":"r","severity":"` + long + `","state":"` + long + `","timestamp":"` + long + `","description":"` + long + `"}`,
		"duplicate keys":     `{"name":"n","rule":"r","rule":"s","key":"k"}`, "huge numbers": `{"name":"n","rule":"r","severity":1e400,"timestamp":{"init":1e308}}`,
		"lone surrogate": `{"name":"\ud800","rule":"r","key":"k"}`, "NUL": `{"name":"\u0000","rule":"r\u0000","key":"\u0000"}`,
		"a link of bytes": "Alerts Firing:\nLabels:\n - alertname = a\nAnnotations:\nSource: https://example.com/\xff\n",
		"invalid UTF-8":   "{\"name\":\"\xff\",\"rule\":\"\xc3\",\"key\":\"k\xed\xa0\x80\"}",
		"odd kinds":       `{"detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"service":[1],"resource":"x","id":{}}}`,
		"odd event":       `{"detail-type":"x","source":"y","detail":[1],"resources":{"a":1},"time":[],"id":{}}`,
		"odd alarm":       `{"AlarmName":"n","NewStateValue":"ALARM","Trigger":[{"Dimensions":"x"}],"StateChangeTime":{},"AlarmArn":["x"]}`,
		"many attributes": `{"name":"n","rule":"r","key":"k","attrs":[` + strings.TrimSuffix(strings.Repeat(`{"type":"t","value":"v"},`, 20000), ",") + `]}`,
		"an odd event":    `{"Records":[{"eventSource":"aws:sqs","messageId":"","body":""},{"eventSource":"aws:sqs","body":[]},7,null]}`,
		"empty":           "", "spaces": " \n ", "null": "null", "a number": "1", "a mark": "\uFEFF",
	} {
		list := ingest.Alerts(delivery(body))
		require.NotEmpty(t, list, name)
		check(t, list)
	}
	assert.Equal(t, "s", one(t, `{"name":"n","rule":"r","rule":"s","key":"k"}`).Alert.Rule, "the last of two counts")
}

func TestHostileDelivery(t *testing.T) {
	for _, s := range append(respondertest.Hostile(), strings.Repeat("x", 1<<20), "\xff\x00") {
		d := envelope.Delivery{ID: s, NotificationID: s, Topic: s, QueueARN: s, Subject: s, Body: s, Attributes: map[string]string{"delivery_id": s, "first_sent": s}}
		check(t, ingest.Alerts(d))
		d.NotificationID, d.Body = "", `{"name":"n","rule":"r"}`
		check(t, ingest.Alerts(d))
	}
}

func TestManyAttributes(t *testing.T) {
	var attrs []responder.Attribute
	for i := range 300 {
		attrs = append(attrs, responder.Attribute{Type: "username", Value: strings.Repeat("u", i+1)})
	}
	attrs = append(attrs, responder.Attribute{Type: "username", Value: "u", Context: []string{"subject"}})
	body, err := json.Marshal(responder.Alert{Name: "n", Rule: "r", Key: "k", Attrs: attrs})
	require.NoError(t, err)
	got := one(t, string(body)).Alert.Attrs
	require.Len(t, got, 257)
	assert.Equal(t, []string{"subject"}, got[0].Context, "what comes late still tells of what is there")
}

// The work grows with the message, not faster.
func TestCostIsLinear(t *testing.T) {
	for name, of := range map[string]func(n int) string{
		"objects": func(n int) string {
			return `{"name":"n","rule":"r","x":[` + strings.Repeat(`{"a":{"b":[]}},`, n) + `1]}`
		},
		"nested":      func(n int) string { return strings.Repeat(strings.Repeat("[", 99)+strings.Repeat("]", 99)+"\n", n/20) },
		"lines":       func(n int) string { return strings.Repeat("{}\n", n) + "odd" },
		"a list":      func(n int) string { return "[" + strings.Repeat(`{"a":1},`, n) + "1]" },
		"odd records": func(n int) string { return `{"Records":[` + strings.Repeat(`{"eventSource":"aws:sqs"},`, n) + `1]}` },
		"attributes": func(n int) string {
			return `{"name":"n","rule":"r","attrs":[` + strings.Repeat(`{"type":"t","value":"v"},`, n) + `1]}`
		},
		"JSON in JSON":  func(n int) string { return `"[` + strings.Repeat(`{},`, n) + `1]"` },
		"broken at end": func(n int) string { return `{"a":[` + strings.Repeat(`{"a":1},`, n) },
	} {
		cost := func(n int) uint64 {
			d := delivery(of(n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ingest.Alerts(d)
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		small, large := cost(2000), cost(16000)
		assert.LessOrEqual(t, large, 12*small+100_000, "%s: %d and %d bytes allocated for 8 times as much", name, small, large)
	}
}

// check looks at what holds for all alerts.
func check(t *testing.T, list []ingest.Incoming) {
	t.Helper()
	require.NotEmpty(t, list)
	ids := map[string]bool{}
	for _, in := range list {
		require.False(t, ids[in.ID+in.Alert.Raw])
		ids[in.ID+in.Alert.Raw] = true
		require.Len(t, in.ID, 26)
		require.Equal(t, ingest.Fingerprint(in.Alert.Rule, in.Alert.Key), in.Fingerprint)
		require.Equal(t, responder.SchemaVersion, in.Alert.V)
		checkBounds(t, in.Alert)
		checkAttributes(t, in.Alert.Attrs)
		checkValues(t, in.Alert)
	}
}

func checkBounds(t *testing.T, a responder.Alert) {
	t.Helper()
	for _, c := range []struct {
		name, text string
		least, max int
	}{
		{"name", a.Name, 1, 512}, {"rule", a.Rule, 1, 512}, {"key", a.Key, 1, 2048}, {"description", a.Description, 0, 8192},
		{"source", a.Source, 1, 128}, {"account", a.Account, 0, 128}, {"region", a.Region, 0, 128}, {"link", a.Link, 0, 2048}, {"raw", a.Raw, 0, 16 << 20},
	} {
		require.True(t, utf8.ValidString(c.text), c.name)
		require.LessOrEqual(t, len(c.text), c.max, c.name)
		require.GreaterOrEqual(t, len(c.text), c.least, c.name)
	}
	require.True(t, a.Link == "" || strings.HasPrefix(strings.ToLower(a.Link), "http"), a.Link)
}

func checkAttributes(t *testing.T, attrs []responder.Attribute) {
	t.Helper()
	require.LessOrEqual(t, len(attrs), 257)
	seen := map[entity.Hash]bool{}
	for _, at := range attrs {
		require.False(t, seen[entity.HashOf(at)])
		seen[entity.HashOf(at)] = true
		require.Equal(t, entity.Normalize(at), at)
		require.NotEmpty(t, at.Type)
		require.NotEmpty(t, at.Value)
		require.NotEmpty(t, at.Key)
	}
}

// checkValues: what is said in numbers can be said in JSON, and an alert goes through it unchanged.
func checkValues(t *testing.T, a responder.Alert) {
	t.Helper()
	require.True(t, a.Severity >= 0 && a.Severity <= 100, a.Severity)
	require.Contains(t, []responder.State{"", responder.Firing, responder.Resolved}, a.State)
	for _, s := range []float64{a.Timestamp.Init, a.Timestamp.Last} {
		require.True(t, s >= 0 && s <= 253402300800, s)
	}
	text, err := json.Marshal(a)
	require.NoError(t, err)
	var back responder.Alert
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, a, back)
}

func FuzzAlerts(f *testing.F) {
	for _, body := range fixtures(f) {
		f.Add(body)
	}
	for _, s := range []string{"", "[]", "{}", "null", `"\"x\""`, "{}\n{}", "\xff\x00", "\uFEFF{}", `[{"name":"n","rule":"r"}]`, `{"name":"n","rule":"r","v":9}`,
		`{"Records":[{"eventSource":"aws:sqs","messageId":"x","body":"y"},{"eventSource":"aws:sns","Sns":{}}]}`,
		`{"name":"n","rule":"r","key":"k","timestamp":{"init":"1e9","last":1e400},"attrs":[{"type":"ipaddr","value":"192.0.2.1","context":null}],"severity":-1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		list := ingest.Alerts(delivery(body))
		check(t, list)
		require.Equal(t, list, ingest.Alerts(delivery(body)), "the same delivery gives the same alerts")
	})
}
