package ingest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func delivery(body string) envelope.Delivery {
	return envelope.Delivery{ID: "sqs-1", NotificationID: "sns-1", Topic: "arn:aws:sns:eu-west-1:111122223333:alerts", Body: body,
		NotifiedAt: noon, SentAt: noon.Add(time.Second)}
}

func one(t *testing.T, body string) ingest.Incoming {
	t.Helper()
	list := ingest.Alerts(delivery(body))
	require.Len(t, list, 1)
	return list[0]
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(b)
}

// roles are the attributes as "type value contexts".
func roles(a responder.Alert) (out []string) {
	for _, at := range a.Attrs {
		out = append(out, strings.TrimSpace(at.Type+" "+at.Value+" "+strings.Join(at.Context, ",")))
	}
	return out
}

func TestNative(t *testing.T) {
	in := one(t, `{"name":"n","rule":"r","key":"k","description":"d","timestamp":{"init":1e9,"last":1000000060.5},
		"attrs":[{"type":"IPAddr","value":" 198.51.100.023","key":"remote","context":["remote"]},{"type":"domain","value":"EXAMPLE.com."},
		{"type":"domain","value":"example.com","context":["server"]}],"severity":55,"state":"resolved","sample":true,
		"source":"mine","account":"a","region":"x","link":"https://example.com/1","raw":"not this"}`)
	assert.Equal(t, responder.Alert{
		Name: "n", Rule: "r", Key: "k", Description: "d", Timestamp: responder.Timestamp{Init: 1e9, Last: 1000000060.5},
		Attrs: []responder.Attribute{
			{Type: "ipaddr", Value: "198.51.100.023", Key: "remote", Context: []string{"remote"}},
			{Type: "domain", Value: "example.com", Key: "domain", Context: []string{"server"}},
		},
		Severity: 55, State: responder.Resolved, Sample: true, Source: "mine", Account: "a", Region: "x",
		Link: "https://example.com/1", Raw: in.Alert.Raw, V: 1,
	}, in.Alert)
	assert.Contains(t, in.Alert.Raw, `"raw":"not this"`, "raw is the message itself")
	assert.Equal(t, entity.ID([]byte(`["sns-1",0]`)), in.ID)
	assert.Equal(t, entity.ID([]byte(`["r","k"]`)), in.Fingerprint)
	assert.Equal(t, noon, in.SentAt)
}

// What was sent years ago has six fields, floats for times, and null for lists.
func TestNativeOfOld(t *testing.T) {
	a := one(t, `{"name":"n","rule":"r","key":"k","description":"","timestamp":{"init":1538000000.25,"last":1538000001},"attrs":null}`).Alert
	assert.Equal(t, []any{"native", 1538000000.25, 1538000001.0}, []any{a.Source, a.Timestamp.Init, a.Timestamp.Last})
	assert.Empty(t, a.Attrs)
	a = one(t, `{"name":"n","rule":"r","key":"k","timestamp":{},"attrs":[{"type":"ipaddr","value":"192.0.2.1","key":"x","context":null}]}`).Alert
	assert.Equal(t, []string{"ipaddr 192.0.2.1"}, roles(a))
	assert.Equal(t, noon, a.Timestamp.LastTime(), "when it was sent, if it does not say")
}

func TestNativeWithOddFields(t *testing.T) {
	a := one(t, `{"name":"n","rule":"r","key":7,"description":["x"],"timestamp":"soon","attrs":[1,{"type":"ipaddr"},{"type":"ipaddr","value":"192.0.2.1"}],
		"severity":"high","state":"open","link":"javascript:alert(1)"}`).Alert
	assert.Equal(t, "7", a.Key)
	assert.Equal(t, []string{"ipaddr 192.0.2.1"}, roles(a))
	assert.Equal(t, responder.Firing, a.State)
	assert.Empty(t, a.Link)
	for _, want := range []string{`severity: "high", expected a number from 0 to 100`, `state: "open", expected firing or resolved`,
		`timestamp: "soon"`, `description: ["x"], expected a string`, "attrs: 2 without type or value"} {
		assert.Contains(t, a.Description, want)
	}
	a = one(t, `{"name":"n","rule":"r","key":"k","v":9}`).Alert
	assert.Equal(t, "unparsed", a.Rule)
	assert.Contains(t, a.Description, "schema version 9")
	a = one(t, `{"name":"n","rule":"r","key":"k","severity":1e300,"timestamp":{"init":-5,"last":1e300}}`).Alert
	assert.Equal(t, []any{100.0, noon}, []any{a.Severity, a.Timestamp.LastTime()})
}

func TestGuardDuty(t *testing.T) {
	in := one(t, read(t, "guardduty-inbound.json"))
	a := in.Alert
	assert.Equal(t, "198.51.100.23 is performing SSH brute force attacks against i-0123456789abcdef0.", a.Name)
	assert.Equal(t, []any{"UnauthorizedAccess:EC2/SSHBruteForce", "guardduty", "111122223333", "eu-west-1", 80.0, false},
		[]any{a.Rule, a.Source, a.Account, a.Region, a.Severity, a.Sample})
	assert.Equal(t, "2026-05-04T02:58:00Z 2026-05-04T03:04:00Z",
		a.Timestamp.InitTime().Format(time.RFC3339)+" "+a.Timestamp.LastTime().Format(time.RFC3339))
	assert.Equal(t, []string{
		"ipaddr 198.51.100.23 remote,client", "ipaddr 10.0.3.17 local,server",
		"instance i-0123456789abcdef0 local,object", "ipaddr 203.0.113.9 local",
	}, roles(a))
	assert.True(t, strings.HasPrefix(a.Link, "https://eu-west-1.console.aws.amazon.com/guardduty/"))

	again := one(t, strings.Replace(read(t, "guardduty-inbound.json"), `"count": 3`, `"count": 30`, 1))
	assert.Equal(t, in.Fingerprint, again.Fingerprint, "an update, not a new incident")
	other := one(t, strings.Replace(read(t, "guardduty-inbound.json"), "aab1c2d3", "bbb1c2d3", 1))
	assert.NotEqual(t, in.Fingerprint, other.Fingerprint)

	out := one(t, strings.Replace(read(t, "guardduty-inbound.json"), "INBOUND", "OUTBOUND", 1)).Alert
	assert.Equal(t, []string{"ipaddr 198.51.100.23 remote,server", "ipaddr 10.0.3.17 local,client"}, roles(out)[:2])

	var event struct{ Detail json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(read(t, "guardduty-inbound.json")), &event))
	assert.Equal(t, in.Fingerprint, one(t, string(event.Detail)).Fingerprint, "without its envelope")
}

func TestGuardDutyFindings(t *testing.T) {
	list := ingest.Alerts(delivery(read(t, "guardduty-getfindings.json")))
	require.Len(t, list, 2)
	a, b := list[0].Alert, list[1].Alert
	assert.True(t, a.Sample)
	assert.Equal(t, responder.Resolved, a.State)
	assert.Equal(t, []string{"ipaddr 203.0.113.77 remote,client", "accesskey ASIAEXAMPLE local,subject", "username deployer local,subject",
		"bucket example-backups local,object"}, roles(a))
	assert.Equal(t, []string{"ipaddr 203.0.113.1 remote,client", "ipaddr 203.0.113.2 remote,client", "ipaddr 10.9.9.9 local,client",
		"instance i-0aa local,object"}, roles(b))
	assert.NotEqual(t, list[0].ID, list[1].ID)
	assert.True(t, strings.HasPrefix(a.Raw, "{\n      \"AccountId\""), "verbatim")
}

func TestAlarm(t *testing.T) {
	in := one(t, read(t, "cloudwatch-alarm.json"))
	a := in.Alert
	assert.Equal(t, []any{"root login", "root login", "cloudwatch", "111122223333", "eu-west-1", responder.Firing},
		[]any{a.Name, a.Rule, a.Source, a.Account, a.Region, a.State})
	assert.Equal(t, "2026-05-04T03:02:01.123Z", a.Timestamp.LastTime().Format(time.RFC3339Nano))
	assert.Equal(t, []string{"instance i-0123456789abcdef0 local", "bucket example-backups local,object"}, roles(a))
	assert.Contains(t, a.Description, "Somebody used the root account.\nThreshold Crossed")

	ok := one(t, strings.Replace(read(t, "cloudwatch-alarm.json"), `"NewStateValue": "ALARM"`, `"NewStateValue": "OK"`, 1))
	assert.Equal(t, responder.Resolved, ok.Alert.State)
	assert.Equal(t, in.Fingerprint, ok.Fingerprint)

	for _, event := range []string{
		`{"source":"aws.cloudwatch","alarmArn":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root login","accountId":"111122223333",
		 "time":"2026-05-04T03:02:01Z","region":"eu-west-1","alarmData":{"alarmName":"root login","state":{"value":"ALARM","reason":"x","timestamp":"2026-05-04T03:02:01.123+0000"},
		 "configuration":{"description":"d","metrics":[{"metricStat":{"metric":{"dimensions":{"InstanceId":"i-0123456789abcdef0"}}}}]}}}`,
		`{"id":"e","source":"aws.cloudwatch","detail-type":"CloudWatch Alarm State Change","account":"111122223333","region":"eu-west-1",
		 "resources":["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root login"],"detail":{"alarmName":"root login","state":{"value":"ALARM","timestamp":"2026-05-04T03:02:01.123+0000"},
		 "configuration":{"metrics":[{"metricStat":{"metric":{"dimensions":{"InstanceId":"i-0123456789abcdef0"}}}}]}}}`,
	} {
		got := one(t, event)
		assert.Equal(t, in.Fingerprint, got.Fingerprint)
		assert.Equal(t, []string{"instance i-0123456789abcdef0 local"}, roles(got.Alert))
		assert.Equal(t, a.Timestamp, got.Alert.Timestamp)
	}
}

func TestEventBridge(t *testing.T) {
	event := `{"id":"ev-1","source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","account":"111122223333","region":"eu-west-1",
	 "time":"2026-05-04T03:02:01Z","resources":["arn:aws:ec2:eu-west-1:111122223333:instance/i-0aa"],"detail":{"state":"stopped"}}`
	a := one(t, event).Alert
	assert.Equal(t, []any{"aws.ec2", "EC2 Instance State-change Notification", "eu-west-1"}, []any{a.Source, a.Name, a.Region})
	assert.Equal(t, []string{"instance i-0aa local"}, roles(a))

	d := delivery(event)
	d.NotificationID = ""
	assert.Equal(t, entity.ID([]byte(`["ev-1",0]`)), ingest.Alerts(d)[0].ID, "the event's own id")

	two := func(id string) string {
		return one(t, `{"id":"`+id+`","source":"aws.securityhub","detail-type":"Custom","resources":["arn:aws:securityhub:x:1:action/custom/a"],
			"detail":{"findings":[{"Id":"`+id+`"}]}}`).Fingerprint
	}
	assert.NotEqual(t, two("a"), two("b"), "what all events of a kind have in common is no key")
}

func TestUnparsed(t *testing.T) {
	d := delivery("disk is full\non host 7\x1b[2J")
	d.Subject = "disks"
	in := ingest.Alerts(d)[0]
	assert.Equal(t, responder.Alert{
		Name: "alerts", Rule: "unparsed", Key: `["alerts","disks"]`, Description: "disk is full on host 7 [2J", Source: "unknown",
		Timestamp: responder.Span(noon, noon), Raw: d.Body, V: 1,
	}, in.Alert)
	d.Body = "something else"
	assert.Equal(t, in.Fingerprint, ingest.Alerts(d)[0].Fingerprint, "ten thousand odd lines are one report")
	d.Subject = "cpu"
	assert.NotEqual(t, in.Fingerprint, ingest.Alerts(d)[0].Fingerprint)
}

func TestSplitting(t *testing.T) {
	native := func(key string) string { return `{"name":"n","rule":"r","key":"` + key + `"}` }
	for name, c := range map[string]struct {
		body string
		keys []string
	}{
		"one":                      {native("a"), []string{"a"}},
		"a byte order mark":        {"\uFEFF" + native("a"), []string{"a"}},
		"JSON lines":               {native("a") + "\r\n\n" + native("b") + "\n", []string{"a", "b"}},
		"a list":                   {"[" + native("a") + "," + native("b") + "]", []string{"a", "b"}},
		"JSON in JSON":             {string(entity.JSON(native("a")))[1 : len(entity.JSON(native("a")))-1], []string{"a"}},
		"a line is odd":            {native("a") + "\nand so on", []string{`["alerts",""]`}},
		"a list with a number":     {"[" + native("a") + ",1]", []string{`["alerts",""]`}},
		"an empty list":            {"[]", []string{`["alerts",""]`}},
		"two values on one line":   {native("a") + native("b"), []string{`["alerts",""]`}},
		"a value and half another": {native("a") + "{", []string{`["alerts",""]`}},
		"empty":                    {"", []string{`["alerts",""]`}},
		"far too many":             {strings.Repeat("{}\n", 10_001), []string{`["alerts",""]`}},
		"null":                     {"null", []string{`["alerts",""]`}},
	} {
		var keys []string
		ids := map[string]bool{}
		for _, in := range ingest.Alerts(delivery(c.body)) {
			keys = append(keys, in.Alert.Key)
			ids[in.ID] = true
		}
		assert.Equal(t, c.keys, keys, name)
		assert.Len(t, ids, len(keys), name)
	}
}

func TestAnEventInAMessage(t *testing.T) {
	inner := envelope.Delivery{ID: "inner", Topic: "arn:aws:sns:eu-west-1:1:other", NotificationID: "sns-2", Body: `{"name":"n","rule":"r","key":"k"}`, NotifiedAt: noon}
	in := one(t, string(envelope.SQSEvent(inner)))
	assert.Equal(t, entity.ID([]byte(`["sns-2",0]`)), in.ID)
	assert.Equal(t, "k", in.Alert.Key)
}

// A redriven alert is the same alert, with its own time.
func TestDeliveryID(t *testing.T) {
	d := envelope.Delivery{ID: "sqs-2", Body: "x", SentAt: noon, QueueARN: "arn:aws:sqs:eu-west-1:1:AlertQueue"}
	assert.Equal(t, entity.ID([]byte(`["sqs-2",0]`)), ingest.Alerts(d)[0].ID)
	assert.Equal(t, "AlertQueue", ingest.Alerts(d)[0].Alert.Name)
	d.Attributes = map[string]string{"delivery_id": "sqs-1", "first_sent": "2026-05-01T00:00:00Z"}
	in := ingest.Alerts(d)[0]
	assert.Equal(t, entity.ID([]byte(`["sqs-1",0]`)), in.ID)
	assert.Equal(t, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), in.SentAt)
	d.Attributes["first_sent"] = "1777593600000"
	assert.Equal(t, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), ingest.Alerts(d)[0].SentAt)
}

func TestAnEmptyKeyNeverLumpsTogether(t *testing.T) {
	with := func(id, attrs string) string {
		d := delivery(`{"name":"n","rule":"r","key":"","attrs":` + attrs + `}`)
		d.NotificationID = id
		return ingest.Alerts(d)[0].Fingerprint
	}
	a, b := `{"type":"domain","value":"a.example"}`, `{"type":"domain","value":"b.example"}`
	assert.Equal(t, with("1", "["+a+","+b+"]"), with("2", "["+b+","+a+"]"))
	assert.NotEqual(t, with("1", "["+a+"]"), with("1", "["+b+"]"))
	assert.NotEqual(t, with("1", "[]"), with("2", "[]"))
	assert.Equal(t, with("1", "[]"), with("1", "[]"))
}

func TestRegression11_HashesDoNotIncludeTheTime(t *testing.T) {
	at := func(seconds int) ingest.Incoming {
		return one(t, fmt.Sprintf(`{"name":"n","rule":"r","key":"","timestamp":{"init":%d,"last":%d},"attrs":[{"type":"domain","value":"a.example"}]}`, seconds, seconds))
	}
	assert.Equal(t, at(1000).Fingerprint, at(2000).Fingerprint)
	assert.Equal(t, entity.HashOf(at(1000).Alert.Attrs[0]), entity.HashOf(at(2000).Alert.Attrs[0]))
}

func TestRegression16_RuleAndKeyDoNotRunTogether(t *testing.T) {
	assert.NotEqual(t, ingest.Fingerprint("a=====b", "c"), ingest.Fingerprint("a", "b=====c"))
	assert.NotEqual(t, ingest.Fingerprint(`a","b`, "c"), ingest.Fingerprint("a", `b","c`))
	long := strings.Repeat("k", 5000)
	key := func(k string) string { return one(t, `{"name":"n","rule":"r","key":"`+k+`"}`).Fingerprint }
	assert.NotEqual(t, key(long+"1"), key(long+"2"), "a long key is cut, and stays its own")
}

func TestHostile(t *testing.T) {
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	finding := read(t, "guardduty-inbound.json")
	for name, body := range map[string]string{
		"truncated": finding[:len(finding)/2], "binary": "\x00\x01\xff\xfe\x80", "deep": deep, "deep object": strings.Repeat(`{"a":`, 20000),
		"1 MiB of text": strings.Repeat("a", 1<<20), "1 MiB in an alert": `{"name":"` + strings.Repeat("n", 1<<20) + `","rule":"r","key":"k"}`,
		"duplicate keys": `{"name":"n","rule":"r","rule":"s","key":"k"}`, "huge numbers": `{"name":"n","rule":"r","severity":1e400,"timestamp":{"init":1e308}}`,
		"lone surrogate": `{"name":"\ud800","rule":"r","key":"k"}`, "odd kinds": `{"detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"service":[1],"resource":"x","id":{}}}`,
		"many attributes": `{"name":"n","rule":"r","key":"k","attrs":[` + strings.TrimSuffix(strings.Repeat(`{"type":"t","value":"v"},`, 20000), ",") + `]}`,
		"empty":           "", "spaces": " \n ", "null": "null", "a number": "1",
	} {
		list := ingest.Alerts(delivery(body))
		require.NotEmpty(t, list, name)
		check(t, list)
	}
	assert.Equal(t, "s", one(t, `{"name":"n","rule":"r","rule":"s","key":"k"}`).Alert.Rule, "the last of two counts")
}

// check looks at what holds for all alerts.
func check(t *testing.T, list []ingest.Incoming) {
	t.Helper()
	ids := map[string]bool{}
	for _, in := range list {
		a := in.Alert
		require.False(t, ids[in.ID+a.Raw])
		ids[in.ID+a.Raw] = true
		require.Equal(t, ingest.Fingerprint(a.Rule, a.Key), in.Fingerprint)
		require.NotEmpty(t, a.Key)
		require.NotEmpty(t, a.Name)
		require.LessOrEqual(t, len(a.Attrs), 256)
		seen := map[entity.Hash]bool{}
		for _, at := range a.Attrs {
			require.False(t, seen[entity.HashOf(at)])
			seen[entity.HashOf(at)] = true
			require.NotEmpty(t, at.Value)
		}
		text, err := json.Marshal(a)
		require.NoError(t, err)
		require.True(t, utf8.Valid(text))
		a.Raw, a.Attrs = "", nil
		small, err := json.Marshal(a)
		require.NoError(t, err)
		require.Less(t, len(small), 128<<10)
		require.False(t, bytes.Contains(text, []byte("\x00")))
	}
}

func FuzzAlerts(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	for _, s := range []string{"", "[]", "{}", "null", `"\"x\""`, "{}\n{}", `[{"name":"n","rule":"r"}]`, `{"Records":[{"eventSource":"aws:sqs","messageId":"x","body":"y"}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		list := ingest.Alerts(delivery(body))
		require.NotEmpty(t, list)
		check(t, list)
		again := ingest.Alerts(delivery(body))
		require.Equal(t, list, again, "the same delivery gives the same alerts")
	})
}

// The order of fields is the sender's own business.
func TestOrderOfFieldsDoesNotMatter(t *testing.T) {
	fields := []string{`"name":"n"`, `"rule":"r"`, `"key":""`, `"attrs":[{"type":"domain","value":"a.example"}]`, `"severity":5`}
	want := one(t, "{"+strings.Join(fields, ",")+"}")
	rapid.Check(t, func(rt *rapid.T) {
		got := one(t, "{"+strings.Join(rapid.Permutation(fields).Draw(rt, "fields"), ",")+"}")
		got.Alert.Raw = want.Alert.Raw
		assert.Equal(rt, want, got)
	})
}

// Messages of real senders, where they are at hand.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("../../../shared/samples/*/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("there are no samples")
	}
	sources := map[string]int{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		list := ingest.Alerts(delivery(string(b)))
		check(t, list)
		for _, in := range list {
			sources[in.Alert.Source]++
		}
	}
	assert.GreaterOrEqual(t, sources["guardduty"], 3)
	assert.GreaterOrEqual(t, sources["cloudwatch"], 2)
}
