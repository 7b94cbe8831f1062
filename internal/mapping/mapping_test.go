package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/mapping"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// edr is a file that uses all that there is.
const edr = `version: 1
mappings:
  - source: acme-edr
    match:
      vendor: Acme EDR
      kind: [detection, prevention]
      schema: {prefix: "2."}
    alerts: detections
    name: title
    rule: join(' ', ['rule', rule.id])
    key: [$.tenant, id]
    description: message
    severity: {value: level, words: {low: 25, HIGH: 75}, min: 1, max: 5}
    state: {value: status, resolved: [closed, Ignored]}
    sample: $.test
    account: cloud.account
    region: cloud.region
    link: url
    timestamp: {init: first, last: last, layout: "02.01.2006 15:04"}
    attrs:
      - {type: ipaddr, value: "peers[].ip", key: peer, context: [remote, server]}
      - {type: filehash, value: process.sha256, key: executable, context: file}
      - {type: username, value: user, context: [local, subject], when: "user_kind == 'person'"}
      - {type: json, value: process}
  - source: acme-mail
    match: "type == 'mail' && to_number(score) > ` + "`5`" + `"
    key: message-id_
    attrs:
      - {type: email, value: from, key: sender, context: remote}
`

const detections = `{"vendor": "Acme EDR", "kind": "detection", "schema": "2.1", "tenant": 12345678901234567890, "test": false, "detections": [
  {"id": 9007199254740993, "title": "Beacon", "rule": {"id": "R-7"}, "message": "talks to a command server", "level": "high", "status": "new",
   "cloud": {"account": "111122223333", "region": "eu-west-1"}, "url": "https://edr.example.com/d/1",
   "first": "01.02.2026 03:04", "last": 1769911500000,
   "peers": [{"ip": "198.51.100.7"}, {"ip": "10.0.0.9:443"}, {"ip": "-"}, {"ip": "198.51.100.7"}],
   "process": {"sha256": "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "pid": 7}, "user": "alice", "user_kind": "person"},
  {"id": 2, "title": "Macro", "rule": {"id": "R-8"}, "level": 4, "status": "IGNORED", "user": "svc", "user_kind": "service"}]}`

func parse(t testing.TB, text string) *mapping.Set {
	t.Helper()
	s, err := mapping.Parse([]byte(text))
	require.NoError(t, err)
	return s
}

func alerts(t testing.TB, s *mapping.Set, body string) (out []responder.Alert) {
	t.Helper()
	for _, in := range (ingest.Reader{Mappings: s}).Alerts(envelope.Delivery{ID: "m", Topic: "arn:aws:sns:eu-west-1:111122223333:edr", Body: body}) {
		out = append(out, in.Alert)
	}
	return out
}

func TestAllFields(t *testing.T) {
	s := parse(t, strings.ReplaceAll(edr, "message-id_", "id"))
	assert.Equal(t, []string{"acme-edr", "acme-mail"}, s.Sources())
	assert.Empty(t, s.Warnings())
	got := alerts(t, s, detections)
	require.Len(t, got, 2)
	a := got[0]
	a.Raw = ""
	assert.Equal(t, responder.Alert{
		Source: "acme-edr", Name: "Beacon", Rule: "rule R-7", Key: `["acme-edr","12345678901234567890","9007199254740993"]`,
		Description: "talks to a command server", Severity: 75, State: responder.Firing, Account: "111122223333", Region: "eu-west-1",
		Link: "https://edr.example.com/d/1", Timestamp: responder.Timestamp{Init: 1769915040, Last: 1769911500},
		Attrs: []responder.Attribute{
			{Type: "ipaddr", Value: "198.51.100.7", Key: "peer", Context: []string{"remote", "server"}},
			{Type: "ipaddr", Value: "10.0.0.9", Key: "peer", Context: []string{"local", "server"}},
			{Type: "filehash", Value: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Key: "executable", Context: []string{"file"}},
			{Type: "username", Value: "alice", Key: "username", Context: []string{"local", "subject"}},
			{Type: "json", Value: `{"pid":7,"sha256":"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}`, Key: "json"},
		}, V: responder.SchemaVersion,
	}, a)
	b := got[1]
	assert.Equal(t, responder.Resolved, b.State)
	assert.InDelta(t, 75, b.Severity, 0.01, "4 of 1 to 5")
	assert.Empty(t, b.Attrs, "when does not hold, and the rest is not there")
	assert.True(t, json.Valid([]byte(b.Raw)))
	assert.Contains(t, b.Raw, `"Macro"`)
	assert.NotContains(t, b.Raw, `"Beacon"`)
}

func TestTheFirstThatKnowsAMessageReadsIt(t *testing.T) {
	file := func(match string) string {
		return "version: 1\nmappings:\n  - {source: a, match: " + match + ", key: id}\n  - {source: b, match: {id: {exists: true}}, key: id}\n"
	}
	for _, c := range []struct{ match, message, want string }{
		{"{x: y}", `{"id":1,"x":"y"}`, "a"},
		{"{x: y}", `{"id":1,"x":"Y"}`, "b"},
		{"{x: y}", `{"id":1,"x":["z","y"]}`, "a"},
		{"{x: 1}", `{"id":1,"x":1.0}`, "a"},
		{"{x: true}", `{"id":1,"x":true}`, "a"},
		{"{x: 9007199254740993}", `{"id":1,"x":9007199254740993}`, "a"},
		{"{x: 9007199254740993}", `{"id":1,"x":9007199254740992}`, "b"},
		{"{x: [1, 2], z: {exists: false}}", `{"id":1,"x":2}`, "a"},
		{"{x: [1, 2], z: {exists: false}}", `{"id":1,"x":2,"z":0}`, "b"},
		{"{x: {prefix: [aa, bb], suffix: cc}}", `{"id":1,"x":"bbcc"}`, "a"},
		{"{x: {prefix: [aa, bb], suffix: cc}}", `{"id":1,"x":"bb"}`, "b"},
		{"{'\"a.b\".c': y}", `{"id":1,"a.b":{"c":"y"}}`, "a"},
		{`"contains(x, 'y')"`, `{"id":1,"x":"xyz"}`, "a"},
		{`"contains(x, 'y')"`, `{"id":1,"x":null}`, "b"},
		{"{x: y}", `{"x":"z"}`, "unknown"},
		{"{x: y}", `[{"id":1,"x":"y"}]`, "a"},
		{"{x: y}", `text`, "unknown"},
		{"{x: y}", string(envelope.SQSEvent(envelope.Delivery{ID: "i", Body: `{"x":"y"}`})), "a"},
	} {
		assert.Equal(t, c.want, alerts(t, parse(t, file(c.match)), c.message)[0].Source, "%s %s", c.match, c.message)
	}
}

func TestExplicitBeatsImplicit(t *testing.T) {
	s := parse(t, "version: 1\nmappings: [{source: mine, match: {detail.vendor: x}, key: detail.id, rule: '''r'''}]")
	event := `{"detail-type":"Finding","source":"x","id":"1","account":"111122223333","region":"eu-west-1","detail":{"vendor":"x","id":"7"}}`
	a := alerts(t, s, event)[0]
	assert.Equal(t, []string{"mine", "r", `["mine","7"]`, event}, []string{a.Source, a.Rule, a.Key, a.Raw})
}

func TestTopic(t *testing.T) {
	for topic, want := range map[string]string{"edr": "a", "arn:aws:sns:eu-west-1:111122223333:edr": "a", "[other, edr]": "a", "dr": "unknown", "eu-west-1": "unknown"} {
		s := parse(t, "version: 1\nmappings: [{source: a, topic: "+topic+", key: id}]")
		assert.Equal(t, want, alerts(t, s, `{"id":1}`)[0].Source, topic)
	}
}

// A mapping that works by half is noticed: the description says what gave nothing, and alerts are never lumped together.
func TestWhatGivesNothingIsSaid(t *testing.T) {
	s := parse(t, `{"version": 1, "mappings": [{"source": "a", "match": {"v": "x"}, "alerts": "list", "name": "title", "rule": "rule.id", "key": ["$.t", "id"],
		"severity": {"value": "level", "words": {"low": 1}}, "timestamp": "at", "description": "text", "account": "acct"}]}`)
	a := alerts(t, s, `{"v":"x","list":[{"level":"odd","at":"yesterday","text":["a"],"acct":{}}],"t":"1"}`)[0]
	assert.Equal(t, "a", a.Rule)
	assert.Equal(t, "a", a.Name)
	assert.Equal(t, "delivery m 0", a.Key)
	for _, want := range []string{"[mapping a: name: title gave nothing", "rule: rule.id gave nothing", "key[1]: id gave nothing", `severity.value: "odd", expected one of the words`,
		`timestamp: "yesterday", expected a time`, "description: a list, expected a text", "account: an object, expected a text"} {
		assert.Contains(t, a.Description, want)
	}
	got := alerts(t, s, `{"v":"x","t":"1","list":[{"rule":{"id":"r"},"title":"t"},{"rule":{"id":"r"},"title":"t"}]}`)
	assert.NotEqual(t, got[0].Key, got[1].Key)
	whole := alerts(t, s, `{"v":"x","id":1,"t":"1","title":"t","rule":{"id":"r"}}`)
	require.Len(t, whole, 1)
	assert.Contains(t, whole[0].Description, "alerts: nothing, expected a list")
	assert.Contains(t, alerts(t, s, `{"v":"x","list":[]}`)[0].Description, "alerts: 0, expected 1 to 1000")
}

func TestKeys(t *testing.T) {
	s := parse(t, "version: 1\nmappings: [{source: a, match: {v: x}, key: id}, {source: b, match: {v: y}, key: id}]")
	key := func(body string) string { return alerts(t, s, body)[0].Key }
	assert.Equal(t, key(`{"v":"x","id":1}`), key(`{"v":"x","id":1,"time":2}`))
	assert.NotEqual(t, key(`{"v":"x","id":1}`), key(`{"v":"y","id":1}`), "two senders")
	assert.NotEqual(t, key(`{"v":"x","id":18014398509481985}`), key(`{"v":"x","id":18014398509481984}`), "no digit is lost")
	long := strings.Repeat("k", 5000)
	assert.NotEqual(t, key(`{"v":"x","id":"`+long+`1"}`), key(`{"v":"x","id":"`+long+`2"}`))
	assert.Less(t, len(key(`{"v":"x","id":"`+long+`1"}`)), 1000)
}

func TestSeverity(t *testing.T) {
	for severity, want := range map[string]float64{
		"s": 3, "{value: s, max: 10}": 30, "{value: s, min: 5, max: 1}": 50, "{value: s, min: 4, max: 5}": 0, "{value: s, max: 2}": 100,
		"{value: w, words: {LOW: 20}}": 20, "{value: w, words: {a: 1}}": 0, "absent": 0,
	} {
		s := parse(t, "version: 1\nmappings: [{source: a, match: {v: x}, key: id, severity: "+severity+"}]")
		assert.InDelta(t, want, alerts(t, s, `{"v":"x","s":3,"w":"Low"}`)[0].Severity, 1e-9, severity)
	}
}

func TestTimes(t *testing.T) {
	s := parse(t, "version: 1\nmappings: [{source: a, match: {v: x}, key: id, timestamp: {last: t, layout: ['2006/01/02 15:04:05', 02-Jan-06]}}]")
	for at, want := range map[string]float64{
		`"2026-02-01T03:04:00Z"`: 1769915040, `"2026-02-01T04:04:00.5+01:00"`: 1769915040.5, `1769915040`: 1769915040, `"1769915040"`: 1769915040,
		`1769915040500`: 1769915040.5, `1769915040500000`: 1769915040.5, `1769915040500000000`: 1769915040.5, `"2026/02/01 03:04:00"`: 1769915040,
		`"01-Feb-26"`: 1769904000, `"x"`: 0, `-5`: 0, `1e300`: 0, `null`: 0, `0`: 0,
	} {
		assert.Equal(t, want, alerts(t, s, `{"v":"x","t":`+at+`}`)[0].Timestamp.Last, at)
	}
}

// What cannot be read at all is said by those alerts that nobody knows.
func TestFaultyMappingsAreSaid(t *testing.T) {
	r := ingest.Reader{Mappings: faulty{}}
	unknown := r.Alerts(envelope.Delivery{ID: "m", Body: `{"odd":1}`})[0].Alert
	assert.True(t, strings.HasPrefix(unknown.Description, "the mappings are faulty: "), unknown.Description)
	native := r.Alerts(envelope.Delivery{ID: "m", Body: `{"name":"a","rule":"b","description":"d"}`})[0].Alert
	assert.Equal(t, "d", native.Description)
}

type faulty struct{}

func (faulty) Alerts(ingest.Message) []responder.Alert { return nil }
func (faulty) Fault() string                           { return "the mappings are faulty" }

func TestResults(t *testing.T) {
	s := parse(t, strings.ReplaceAll(edr, "message-id_", "id"))
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(detections), &doc))
	r, ok := s.Read(ingest.Message{Doc: doc})
	require.True(t, ok)
	assert.Equal(t, "acme-edr", r.Source)
	require.Len(t, r.Results, 2)
	assert.Contains(t, r.Results[0], mapping.Result{Field: "name", Expression: "title", Line: 9, Column: 11, Value: "Beacon"})
	assert.Contains(t, r.Results[1], mapping.Result{Field: "description", Expression: "message", Line: 12, Column: 18, Why: "nothing"})
	assert.Contains(t, r.Results[1], mapping.Result{Field: "attrs[2].value", Expression: "user", Line: 23, Column: 33, Why: "its condition does not hold"})
	_, ok = s.Read(ingest.Message{Doc: map[string]any{}})
	assert.False(t, ok)
}

// A message that comes twice has one key, also where it is made of all fields of an object.
func TestFieldsHaveAnOrder(t *testing.T) {
	body := `{"v":"x","o":{"d":{"n":4},"b":{"n":2},"a":{"n":1},"c":{"n":3},"e":5}}`
	for expression, want := range map[string]string{
		"join(',', keys(o))": "a,b,c,d,e", "join(',', o.*.to_string(n))": "1,2,3,4,null", "to_string(values(o)[-1])": "5",
		"to_string(items(o)[0][0])": "a", "o.* | [2].n": "3", "*.*.n | to_string(@)": "[[1,2,3,4]]", "to_string(v.*)": "null",
		"o | to_string(*.n)": "[1,2,3,4]", "to_string([o.*.n, o.*])": `[[1,2,3,4],[{"n":1},{"n":2},{"n":3},{"n":4},5]]`,
	} {
		s := parse(t, "version: 1\nmappings: [{source: a, match: {v: x}, key: id, rule: \""+expression+"\"}]")
		for range 10 {
			require.Equal(t, want, alerts(t, s, body)[0].Rule, expression)
		}
	}
}

// A mapping sees a message before anything takes it apart; what is taken apart then, or is a list or lines, it sees part by part.
func TestMappingsSeeAMessageWhole(t *testing.T) {
	const ofAll = `{source: whole, match: {Tool: scanner}, alerts: Findings, key: [$.Tool, Id]}`
	const ofOne = `{source: part, match: {Kind: hole}, key: Id}`
	const ofLower = `{source: lower, match: {tool: scanner}, alerts: findings, key: Id}`
	list := `[{"Kind": "hole", "Id": "1"}, {"Kind": "other", "Id": "2"}]`
	finding := `{"schemaVersion":"2.0","accountId":"111122223333","region":"us-east-1","id":"f","type":"t","resource":{},"service":{}}`
	for _, c := range []struct {
		mappings, body string
		sources        []string
	}{
		{ofAll, `{"Tool": "scanner", "Findings": ` + list + `}`, []string{"whole", "whole"}},
		{ofAll + ", " + ofOne, `{"Tool": "scanner", "Findings": ` + list + `}`, []string{"whole", "whole"}},
		{ofAll, "\uFEFF" + `"{\"Tool\": \"scanner\", \"Findings\": [{\"Id\": 1}]}"`, []string{"whole"}},
		{ofAll, `[{"Tool": "scanner", "Findings": ` + list + `}]`, []string{"whole", "whole"}},
		{ofAll, `{"Tool": "scanner", "Findings": ` + strings.ReplaceAll(list, "\n", "") + "}\n" + `{"Tool": "scanner", "Findings": [{"Id": "3"}]}`, []string{"whole", "whole", "whole"}},
		{ofAll, `{"Tool": "scanner", "Findings": [` + finding + `]}`, []string{"whole"}},
		{ofAll, `{"Tool": "another", "Findings": [` + finding + `]}`, []string{"guardduty"}},
		{ofAll, `[{"Findings": [` + finding + `]}]`, []string{"guardduty"}},
		{ofOne, `{"Tool": "scanner", "Findings": ` + list + `}`, []string{"part", "unknown"}},
		{ofOne, `{"Findings": [{"Findings": ` + list + `}]}`, []string{"unknown"}},
		{ofLower, `{"tool": "scanner", "findings": [` + finding + `]}`, []string{"lower"}},
		{ofLower, `{"tool": "another", "findings": [` + finding + `]}`, []string{"guardduty"}},
	} {
		got := alerts(t, parse(t, "{version: 1, mappings: ["+c.mappings+"]}"), c.body)
		var sources []string
		for _, a := range got {
			sources = append(sources, a.Source)
		}
		assert.Equal(t, c.sources, sources, c.body)
	}
}

// A list of indicators of all kinds is read by an attribute of each.
func TestEachTypeTakesItsOwn(t *testing.T) {
	s := parse(t, good("attrs:\n  - {type: ipaddr, value: seen}\n  - {type: domain, value: seen}"))
	got := alerts(t, s, `{"v":"x","id":"1","seen":["198.51.100.7","login.example.net","2001:db8::7","-"]}`)
	var list []string
	for _, a := range got[0].Attrs {
		list = append(list, a.Type+" "+a.Value)
	}
	assert.Equal(t, []string{"ipaddr 198.51.100.7", "ipaddr 2001:db8::7", "domain login.example.net"}, list)
}
