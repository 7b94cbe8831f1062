package ingest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const topic = "arn:aws:sns:eu-west-1:111122223333:alerts"

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func delivery(body string) envelope.Delivery {
	return envelope.Delivery{ID: "sqs-1", NotificationID: "sns-1", Topic: topic, Body: body,
		NotifiedAt: noon, SentAt: noon.Add(time.Second)}
}

func one(t *testing.T, body string) ingest.Incoming {
	t.Helper()
	list := ingest.Alerts(delivery(body))
	require.Len(t, list, 1)
	return list[0]
}

func read(t testing.TB, name string) string {
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

func id(delivery string, n int) string {
	return entity.ID(fmt.Appendf(nil, `[%q,%d]`, delivery, n))
}

func TestUnparsed(t *testing.T) {
	d := delivery("disk is full\non host 7\x1b[2J")
	d.Subject = "disks"
	in := ingest.Alerts(d)[0]
	assert.Equal(t, responder.Alert{
		Name: "alerts", Rule: "unparsed", Key: `["` + topic + `","disks"]`, Description: "disk is full on host 7 [2J", Source: "unknown",
		Timestamp: responder.Span(noon, noon), Raw: d.Body, V: 1,
	}, in.Alert)
	d.Body = "something else"
	assert.Equal(t, in.Fingerprint, ingest.Alerts(d)[0].Fingerprint, "ten thousand odd lines are one report")
	d.Subject = "cpu"
	assert.NotEqual(t, in.Fingerprint, ingest.Alerts(d)[0].Fingerprint)
	d.Subject, d.Topic = "disks", strings.Replace(topic, "eu-west-1", "eu-west-2", 1)
	assert.NotEqual(t, in.Fingerprint, ingest.Alerts(d)[0].Fingerprint, "a topic of the same name elsewhere")
}

func TestUnparsedIsNamed(t *testing.T) {
	for _, c := range []struct{ body, topic, queue, name, source string }{
		{"x", topic, "arn:aws:sqs:eu-west-1:1:q", "alerts", "unknown"},
		{"x", "", "arn:aws:sqs:eu-west-1:1:AlertQueue", "AlertQueue", "unknown"},
		{"x", "local", "", "local", "unknown"},
		{"x", "", "", "unknown", "unknown"},
		{`{"source":"aws.health","detail":{}}`, topic, "", "aws.health", "aws.health"},
		{`{"source":"somebody"}`, topic, "", "alerts", "unknown"},
	} {
		a := ingest.Alerts(envelope.Delivery{ID: "m", Body: c.body, Topic: c.topic, QueueARN: c.queue})[0].Alert
		assert.Equal(t, []string{c.name, c.source, "unparsed"}, []string{a.Name, a.Source, a.Rule}, c)
		assert.NotEmpty(t, a.Key)
	}
}

func TestSplitting(t *testing.T) {
	native := func(key string) string { return `{"name":"n","rule":"r","key":"` + key + `"}` }
	quoted := func(s string) string { return string(entity.JSON(s))[1 : len(entity.JSON(s))-1] }
	whole := []string{`["` + topic + `",""]`}
	for name, c := range map[string]struct {
		body string
		keys []string
	}{
		"one":                      {native("a"), []string{"a"}},
		"a byte order mark":        {"\uFEFF" + native("a"), []string{"a"}},
		"JSON lines":               {native("a") + "\r\n\n" + native("b") + "\n", []string{"a", "b"}},
		"a mark before lines":      {"\uFEFF" + native("a") + "\n" + native("b"), []string{"a", "b"}},
		"a list":                   {"[" + native("a") + "," + native("b") + "]", []string{"a", "b"}},
		"JSON in JSON":             {quoted(native("a")), []string{"a"}},
		"JSON in JSON in JSON":     {quoted(quoted(native("a"))), []string{"a"}},
		"JSON in three of them":    {quoted(quoted(quoted(native("a")))), whole},
		"a list in JSON":           {quoted("[" + native("a") + "," + native("b") + "]"), []string{"a", "b"}},
		"text in JSON":             {`"hello"`, whole},
		"a line is odd":            {native("a") + "\nand so on", whole},
		"a line is a number":       {native("a") + "\n1", whole},
		"a list with a number":     {"[" + native("a") + ",1]", whole},
		"an empty list":            {"[]", whole},
		"two values on one line":   {native("a") + native("b"), whole},
		"a value and half another": {native("a") + "{", whole},
		"a value and a bracket":    {native("a") + "]", whole},
		"empty":                    {"", whole},
		"far too many":             {strings.Repeat("{}\n", 1_001), whole},
		"far too many in a list":   {"[" + strings.Repeat("{},", 1_000) + "{}]", whole},
		"null":                     {"null", whole},
		"its own list of findings": {`{"name":"n","rule":"r","key":"a","Findings":[{"Id":"x"}]}`, []string{"a"}},
	} {
		var keys []string
		ids := map[string]bool{}
		for n, in := range ingest.Alerts(delivery(c.body)) {
			keys = append(keys, in.Alert.Key)
			ids[in.ID] = true
			assert.Equal(t, id("sns-1", n), in.ID, name)
		}
		assert.Equal(t, c.keys, keys, name)
		assert.Len(t, ids, len(keys), name)
	}
}

// The message itself is kept, to the letter.
func TestRawIsVerbatim(t *testing.T) {
	a, b := `{ "name" : "n", "rule":"r","key":1.50 }`, `{"name":"m","rule":"r","key":"\u00e9"}`
	for body, raws := range map[string][]string{
		a:                          {a},
		"\uFEFF" + a:               {"\uFEFF" + a},
		a + "\n" + b:               {a, b},
		"[" + a + ", " + b + "]":   {a, b},
		`"\"hello\""`:              {`"\"hello\""`},
		`"hello"`:                  {`"hello"`},
		" text \n":                 {" text \n"},
		a + "\nodd":                {a + "\nodd"},
		`{"Findings":[` + a + `]}`: {a},
		`{"Findings":[` + a + `],"findings":[` + b + `]}`: {a},
	} {
		var got []string
		for _, in := range ingest.Alerts(delivery(body)) {
			got = append(got, in.Alert.Raw)
		}
		assert.Equal(t, raws, got)
	}
}

func TestAnEventInAMessage(t *testing.T) {
	inner := envelope.Delivery{ID: "inner", Topic: "arn:aws:sns:eu-west-1:1:other", NotificationID: "sns-2", Body: `{"name":"n","rule":"r","key":"k"}`, NotifiedAt: noon}
	event := string(envelope.SQSEvent(inner))
	in := one(t, event)
	assert.Equal(t, id("sns-2", 0), in.ID)
	assert.Equal(t, []string{"k", inner.Body}, []string{in.Alert.Key, in.Alert.Raw})

	again := one(t, string(envelope.SQSEvent(envelope.Delivery{ID: "outer", Body: event})))
	assert.Equal(t, []string{"unparsed", event}, []string{again.Alert.Rule, again.Alert.Raw}, "one time is enough")
	assert.Equal(t, noon, again.SentAt, "the event does not say when: its message does")
}

func TestAnOddRecordSpoilsNoNeighbour(t *testing.T) {
	body := `{"Records":[{"eventSource":"aws:sqs","messageId":"a","body":"{\"name\":\"n\",\"rule\":\"r\",\"key\":\"k\"}"},
		{"eventSource":"aws:sqs","messageId":"b","body":7},{"eventSource":"aws:s3"},{"eventSource":"aws:sqs","messageId":"c","body":"text"}]}`
	list := ingest.Alerts(delivery(body))
	require.Len(t, list, 3)
	check(t, list)
	assert.Equal(t, []string{"n", "unknown", "alerts"}, []string{list[0].Alert.Name, list[1].Alert.Name, list[2].Alert.Name})
	assert.Equal(t, []string{id("a", 0), id("c", 0), id("sns-1", 0)}, []string{list[0].ID, list[1].ID, list[2].ID})
	assert.Equal(t, body, list[2].Alert.Raw, "what cannot be read is kept")
	assert.Contains(t, list[2].Alert.Description, "2 of 4 records cannot be read: record: body: a number, expected a string: {")
}

// A redriven alert is the same alert, with its own time.
// One broken finding takes no other with it, whichever comes first; what is null says nothing, and lists within lists are
// parts of them.
func TestABrokenFindingSpoilsNoNeighbour(t *testing.T) {
	hub, duty := read(t, "securityhub/partner.json"), finding("", "")
	event := `{"detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","account":"111122223333","region":"eu-west-1","detail":{"findings":[%s]}}`
	for form, good := range map[string]string{
		event: hub, `{"findings":[%s]}`: hub, `{"Findings":[%s]}`: hub, `[%s]`: hub,
		` {"findings":[%s]}`: duty, ` {"Findings":[%s]}`: duty, ` [%s]`: duty,
	} {
		want := one(t, good).Alert
		for list, sources := range map[string][]string{
			good + `,{"id":"x"}`: {want.Source, "unknown"}, `{"id":"x"},` + good: {"unknown", want.Source},
			`null,` + good + `,null`: {want.Source}, `7,` + good: {"unknown", want.Source}, good + `,"x"`: {want.Source, "unknown"},
		} {
			if strings.HasPrefix(strings.TrimSpace(form), "[") && (strings.HasPrefix(list, "7") || strings.HasSuffix(list, `"x"`)) {
				continue // a list of anything is one message
			}
			var got []string
			for _, in := range ingest.Alerts(delivery(strings.Replace(form, "%s", list, 1))) {
				got = append(got, in.Alert.Source)
				if in.Alert.Source == want.Source {
					assert.Equal(t, []string{want.Rule, want.Key}, []string{in.Alert.Rule, in.Alert.Key}, form)
				}
			}
			assert.Equal(t, sources, got, form)
		}
	}
	for body, want := range map[string]int{
		`[[` + duty + `],[` + hub + `,` + duty + `]]`: 3, `[[[` + duty + `]]]`: 1, `{"Findings":[[` + hub + `],[` + hub + `]]}`: 2,
	} {
		list := ingest.Alerts(delivery(body))
		assert.Len(t, list, want)
		assert.NotEqual(t, "unknown", list[0].Alert.Source)
	}
	assert.Equal(t, "unknown", one(t, `[[[[`+duty+`]]]]`).Alert.Source, "no end of lists")
}

func TestDelivery(t *testing.T) {
	event := `{"id":"ev-1","source":"aws.ec2","detail-type":"x","detail":{}}`
	of := map[string]string{"delivery_id": "first"}
	for _, c := range []struct {
		d    envelope.Delivery
		want string
	}{
		{envelope.Delivery{ID: "sqs", Body: "x"}, "sqs"},
		{envelope.Delivery{ID: "sqs", Body: "x", Attributes: of}, "first"},
		{envelope.Delivery{ID: "sqs", Body: event, Attributes: of}, "ev-1"},
		{envelope.Delivery{ID: "sqs", Body: "\uFEFF" + event}, "ev-1"},
		{envelope.Delivery{ID: "sqs", Body: event + "\n" + event, Attributes: of}, "first"},
		{envelope.Delivery{ID: "sqs", Body: `{"id":"mine","name":"n","rule":"r"}`}, "sqs"},
		{envelope.Delivery{ID: "sqs", Body: event, Attributes: of, NotificationID: "sns"}, "sns"},
	} {
		for n, in := range ingest.Alerts(c.d) {
			assert.Equal(t, id(c.want, n), in.ID, c.d)
		}
	}
}

func TestSentAt(t *testing.T) {
	may := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	second := noon.Add(time.Second)
	for _, c := range []struct {
		first           string
		notified, queue time.Time
		want            time.Time
	}{
		{"", noon, second, noon},
		{"", time.Time{}, second, second},
		{"", time.Unix(0, 0), second, second},
		{"", time.Time{}, time.Time{}, time.Time{}},
		{"2026-05-01T00:00:00Z", noon, second, may},
		{"2026-05-01T02:00:00+02:00", noon, second, may},
		{"1777593600000", noon, second, may},
		{"0002-01-01T00:00:00Z", noon, second, noon},
		{"-1", noon, second, noon},
		{"999999999999999999", noon, second, noon},
		{"yesterday", noon, second, noon},
	} {
		d := envelope.Delivery{ID: "m", Body: "x", NotifiedAt: c.notified, SentAt: c.queue, Attributes: map[string]string{"first_sent": c.first}}
		in := ingest.Alerts(d)[0]
		assert.Equal(t, c.want, in.SentAt, c)
		assert.Equal(t, responder.Span(c.want, c.want), in.Alert.Timestamp, c)
	}
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

	list := ingest.Alerts(delivery(`{"name":"n","rule":"r"}` + "\n" + `{"name":"n","rule":"r"}`))
	assert.NotEqual(t, list[0].Fingerprint, list[1].Fingerprint, "two without a key in one body")
}

func TestRegression11_HashesDoNotIncludeTheTime(t *testing.T) {
	at := func(seconds int) ingest.Incoming {
		return one(t, fmt.Sprintf(`{"name":"n","rule":"r","key":"","timestamp":{"init":%d,"last":%d},"attrs":[{"type":"domain","value":"a.example"}]}`, seconds, seconds))
	}
	assert.Equal(t, at(1000).Fingerprint, at(2000).Fingerprint)
	assert.Equal(t, entity.HashOf(at(1000).Alert.Attrs[0]), entity.HashOf(at(2000).Alert.Attrs[0]))
}

func TestRegression16_RuleAndKeyDoNotRunTogether(t *testing.T) {
	of := func(rule, key string) string {
		return one(t, `{"name":"n","rule":`+string(entity.JSON(rule))[1:len(entity.JSON(rule))-1]+`,"key":`+string(entity.JSON(key))[1:len(entity.JSON(key))-1]+`}`).Fingerprint
	}
	assert.Equal(t, entity.ID([]byte(`["a=====b","c"]`)), of("a=====b", "c"))
	assert.NotEqual(t, of("a=====b", "c"), of("a", "b=====c"))
	assert.NotEqual(t, of(`a","b`, "c"), of("a", `b","c`))
	long := strings.Repeat("k", 5000)
	assert.NotEqual(t, of("r", long+"1"), of("r", long+"2"), "a long key is cut, and stays its own")
	assert.NotEqual(t, of(long+"1", "k"), of(long+"2", "k"), "a long rule too")
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
			if in.Alert.Source == "guardduty" || in.Alert.Source == "cloudwatch" {
				assert.NotContains(t, in.Alert.Key, "delivery ", "%s: its own id", name)
				assert.NotEqual(t, in.Alert.Rule, in.Alert.Source, name)
			}
		}
	}
	assert.GreaterOrEqual(t, sources["guardduty"], 3)
	assert.GreaterOrEqual(t, sources["cloudwatch"], 2)
}
