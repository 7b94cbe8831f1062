package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/mapping"
)

// faultsOf are the faults of a file, one per line.
func faultsOf(t testing.TB, text string) string {
	t.Helper()
	_, err := mapping.Parse([]byte(text))
	require.Error(t, err, text)
	list := mapping.Faults(err)
	require.NotEmpty(t, list, "%v", err)
	var lines []string
	for _, f := range list {
		lines = append(lines, f.In("m.yml"))
	}
	return strings.Join(lines, "\n")
}

// one is a file with one mapping, whose other lines begin in the fourth line.
func one(lines string) string {
	return "version: 1\nmappings:\n  - source: a\n    " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n    ") + "\n"
}

// good is one with what it needs.
func good(lines string) string { return one("match: {v: x}\nkey: id\n" + lines) }

func TestFaultsHaveTheirPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "m.yml:1:1: the file is empty, expected version and mappings"},
		{"# nothing\n", "m.yml:1:1: the file is empty, expected version and mappings"},
		{"version: 1\nmappings: [\n", "YAML: "},
		{"version: 1\n  mappings: []\n", "m.yml:2:1: YAML: mapping values are not allowed in this context"},
		{"version: 1\nmappings:\n\t- source: a\n", "m.yml:3:1: YAML: found character that cannot start any token: a tab, expected spaces"},
		{good("name: @.a"), "m.yml:6:1: YAML: found character that cannot start any token: what begins with @, % or ` needs quotes"},
		{"version: 1\nmappings:\n  - source: a\n   match: {v: x}\n", "m.yml:3:1: YAML: did not find expected '-' indicator: a line of the list that begins here is indented differently"},
		{"version: 1\nmappings:\n  - source: a\n    match: {v: x}\n   key: id\n", "indented differently"},
		{good("state: {value: a"), "m.yml:6:1: YAML: did not find expected ',' or '}': the { that begins here is not closed"},
		{good("key: [a, b"), "the [ that begins here is not closed"},
		{"- a\n", "m.yml:1:1: a list, expected a table with version mappings"},
		{"version: 2\nmappings: [{source: a, match: {v: x}, key: id}]", `m.yml:1:10: version: "2", expected 1`},
		{"version: 1\nmapping: []", "m.yml:2:1: mapping: unknown field, did you mean mappings?"},
		{"version: 1\nmappings: {}", "m.yml:2:11: mappings: a table, expected a list of mappings"},
		{"version: 1\nmappings: []", "m.yml:2:11: mappings: an empty list, expected at least one value"},
		{"version: 1\nmappings: [{source: a, match: {v: x}, key: id}]\n---\nversion: 1\n", "a second document, expected one"},
		{one("key: id"), "m.yml:3:5: mappings[0].match: is missing, expected a table of fields and their values"},
		{one("match: {v: x}"), "m.yml:3:5: mappings[0].key: is missing"},
		{one("match: {}\nkey: id"), "m.yml:4:12: mappings[0].match: an empty table"},
		{one("match: {v: {exists: false}}\nkey: id"), "m.yml:4:12: mappings[0].match: holds for every message"},
		{one("match: '`true`'\nkey: id"), "m.yml:4:12: mappings[0].match: holds for every message"},
		{one("match: {v: {exist: true}}\nkey: id"), "mappings[0].match.v.exist: unknown field, did you mean exists?"},
		{one("match: {v: {exists: 1}}\nkey: id"), `m.yml:4:25: mappings[0].match.v.exists: "1", expected true or false`},
		{one("match: {v: }\nkey: id"), "mappings[0].match.v[0]: nothing, expected a value, or a list of values"},
		{one("match: {'v[': x}\nkey: id"), "m.yml:4:16: mappings[0].match.v[: JMESPath: v[: "},
		{good("severty: x"), "m.yml:6:5: mappings[0].severty: unknown field, did you mean severity?"},
		{good("name: a\nname: b"), "m.yml:7:5: mappings[0].name: is there twice"},
		{good("name: [a]"), "m.yml:6:11: mappings[0].name: a list, expected a JMESPath expression"},
		{good("name: a.b)"), "m.yml:6:14: mappings[0].name: JMESPath: a.b): "},
		{good("name: \"a.[b\""), "m.yml:6:16: mappings[0].name: JMESPath: a.[b: "},
		{good("name: |\n  a ||\n  b +* c"), "m.yml:8:12: mappings[0].name: JMESPath: "},
		{good("name: '\"ünï\".x)'"), "m.yml:6:19: mappings[0].name: JMESPath: \"ünï\".x): "},
		{good("name: rule-id"), `m.yml:6:15: mappings[0].name: JMESPath: rule-id: a name with - in it needs double quotes`},
		{good("name: joinn(' ', x)"), "m.yml:6:11: mappings[0].name: JMESPath: joinn(' ', x): unknown function joinn, did you mean join?"},
		{good("name: a || lower(x, y)"), "m.yml:6:16: mappings[0].name: JMESPath: a || lower(x, y): lower: 2 arguments, expected 1"},
		{good("name: join(x)"), "join: 1 arguments, expected 2"},
		{good("name: pad_left(a, b)"), "unknown function pad_left"},
		{good("name: " + strings.Repeat("(", 600) + strings.Repeat(")", 600)), "1200 bytes, expected at most 1024"},
		{good("severity: {words: {low: 1}}"), "m.yml:6:15: mappings[0].severity.value: is missing"},
		{good("severity: {value: s, words: {low: bad, high: 101}}"), `m.yml:6:39: mappings[0].severity.words.low: "bad", expected a number from 0 to 100`},
		{good("severity: {value: s, words: {low: bad, high: 101}}"), `m.yml:6:50: mappings[0].severity.words.high: "101", expected a number from 0 to 100`},
		{good("severity: {value: s, words: {low: 1, Low: 2}}"), `"low" is there twice`},
		{good("severity: {value: s, words: [low]}"), "m.yml:6:33: mappings[0].severity.words: a list, expected a table of words"},
		{good("severity: {value: s, max: 0}"), "min and max are the same"},
		{good("state: {value: s, resolve: x}"), "mappings[0].state.resolve: unknown field, did you mean resolved?"},
		{good("timestamp: {layout: x}"), "mappings[0].timestamp.init: is missing"},
		{good("timestamp: {last: t, layout: dd.mm.yyyy}"), `m.yml:6:34: mappings[0].timestamp.layout[0]: "dd.mm.yyyy", expected the time 2006-01-02 15:04:05 as the sender would write it`},
		{good("attrs: {type: ipaddr, value: ip}"), "m.yml:6:12: mappings[0].attrs: a table, expected a list of attributes"},
		{good("attrs:\n  - value: ip"), "m.yml:7:9: mappings[0].attrs[0].type: is missing, expected one of ipaddr"},
		{good("attrs:\n  - {type: ipaddr, value: ip, contexts: [remote]}"), "did you mean context?"},
		{good("attrs:\n  - {type: IP Address, value: ip}"), `m.yml:7:16: mappings[0].attrs[0].type: "IP Address", expected at most 64 of`},
		{good("attrs:\n  - ip"), `m.yml:7:9: mappings[0].attrs[0]: "ip", expected a table`},
		{"version: 1\nmappings:\n- {source: guardduty, match: {v: x}, key: id}", `m.yml:3:12: mappings[0].source: "guardduty" is reserved`},
		{"version: 1\nmappings:\n- {source: aws.x, match: {v: x}, key: id}", `"aws.x" is reserved`},
		{"version: 1\nmappings:\n- {source: My Tool, match: {v: x}, key: id}", `"My Tool", expected 1 to 64 of a-z`},
		{"version: 1\nmappings:\n- {source: a, match: {v: x}, key: id}\n- {source: a, match: {v: x}, key: id}", `m.yml:4:3: mappings[1].source: "a" is taken by another mapping`},
		{"version: 1\nmappings: &m\n- *m\n", "m.yml:2:11: mappings[0]: a list, expected a table"},
		{strings.Repeat("#", mapping.MaxFile+1), "expected at most 262144"},
	} {
		assert.Contains(t, faultsOf(t, c.text), c.want, c.text)
	}
}

// All faults are told at once, in the order of the file.
func TestAllFaultsAtOnce(t *testing.T) {
	got := strings.Split(faultsOf(t, one("nam: x\nmatch: {v: x}\nkey: [id, 'a[']\nseverity: {value: s, words: {a: b}}")), "\n")
	require.Len(t, got, 3)
	for i, want := range []string{"m.yml:4:5: mappings[0].nam:", "m.yml:6:18: mappings[0].key[1]: JMESPath: a[: expected *, received: the end", "m.yml:7:37: mappings[0].severity.words.a:"} {
		assert.Contains(t, got[i], want)
	}
	many := "version: 1\nmappings:\n" + strings.Repeat("  - {source: a, match: {v: x}, key: id, nam: x}\n", 90)
	assert.Len(t, strings.Split(faultsOf(t, many), "\n"), 50)
}

// The lists of types and contexts are open.
func TestWarnings(t *testing.T) {
	s := parse(t, good("attrs:\n  - {type: ipadr, value: ip, context: remot}\n  - {type: ticket, value: t, context: [remote]}"))
	var got []string
	for _, w := range s.Warnings() {
		got = append(got, w.In("m.yml"))
	}
	require.Len(t, got, 3)
	assert.Equal(t, `m.yml:7:16: mappings[0].attrs[0].type: "ipadr" is no attribute type that ships, did you mean ipaddr?`, got[0])
	assert.Contains(t, got[1], "did you mean remote?")
	assert.Contains(t, got[2], "expected one of ipaddr")
}

func TestAliasesAndNulls(t *testing.T) {
	s := parse(t, "version: 1\nmappings:\n- {source: a, match: {v: x}, key: id, name: , severity: {value: s, words: &w {low: 7}}}\n- {source: b, match: {v: y}, key: id, severity: {value: s, words: *w}}")
	assert.InDelta(t, 7, alerts(t, s, `{"v":"y","s":"low"}`)[0].Severity, 0)
}

func TestFaultsOfOtherErrors(t *testing.T) {
	assert.Empty(t, mapping.Faults(nil))
	assert.Empty(t, mapping.Faults(assert.AnError))
}
