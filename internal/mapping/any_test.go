package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/mapping"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// names are those that any mapping and any message speak of, so that they meet.
var names = []string{"a", "b", "c", "d"}

func anyJSON(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), toAny), rapid.Map(rapid.Float64(), toAny), rapid.Map(rapid.Int64(), toAny),
		rapid.Map(rapid.String(), toAny), rapid.Map(rapid.SampledFrom([]string{"x", "-", "198.51.100.7", "high", "2026-02-01T03:04:00Z", "closed"}), toAny),
	)
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 4), toAny),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom(names), rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 4), toAny),
	)
}

func toAny[T any](v T) any { return v }

var anyExpression = rapid.OneOf(
	rapid.SampledFrom(names),
	rapid.SampledFrom([]string{"a.b", "a[]", "a[*].b", "a[?b].c", "$.a", "@", "keys(a)", "values(@)", "*", "a.*", "*.*.b", "a.*[]", "* | [0]", "sort(a)", "to_string(@)", "lower(a)", "a || b", "&a", "{a: b}",
		"[a, b]", "length(a)", "replace(a, b, c)", "join(a, b)", "split(a, b)", "to_number(a)", "a * b", "a / b", "sum(a)", "`null`", "'x'", "max_by(a, &b)",
		"group_by(a, &b)", "items(@)", "from_items(a)", "zip(a, b)", "let $x = a in $x.b", "a[-1]", "a[::-1]", "reverse(a)", "not_null(a, b)", "type(a)", "map(&b, a)"}),
)

// anyFile is a valid file.
func anyFile(t *rapid.T) string {
	optional := func(name string, out map[string]any, v any) {
		if rapid.Bool().Draw(t, name+"?") {
			out[name] = v
		}
	}
	expression := func(name string) string { return anyExpression.Draw(t, name) }
	m := map[string]any{"source": "mine", "match": map[string]any{"@": map[string]any{"exists": true}}, "topic": "t"}
	m["key"] = rapid.SliceOfN(anyExpression, 1, 3).Draw(t, "key")
	for _, name := range []string{"alerts", "name", "rule", "description", "account", "region", "link", "sample"} {
		optional(name, m, expression(name))
	}
	optional("severity", m, map[string]any{"value": expression("severity"), "words": map[string]any{"high": 80}, "max": 10})
	optional("state", m, map[string]any{"value": expression("state"), "resolved": "closed"})
	optional("timestamp", m, map[string]any{"init": expression("init"), "last": expression("last")})
	var attrs []any
	for range rapid.IntRange(1, 3).Draw(t, "attrs") {
		attrs = append(attrs, map[string]any{"type": rapid.SampledFrom([]string{"ipaddr", "domain", "json", "filehash"}).Draw(t, "type"),
			"value": expression("value"), "when": expression("when"), "context": []string{"remote"}})
	}
	optional("attrs", m, attrs)
	text, err := json.Marshal(map[string]any{"version": 1, "mappings": []any{m}})
	require.NoError(t, err)
	return string(text)
}

// Whatever a valid mapping makes of whatever message: there is an alert, bounded, and it is the same each time.
func TestAnyMessageByAnyMapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := mapping.Parse([]byte(anyFile(t)))
		require.NoError(t, err)
		body, err := json.Marshal(rapid.MapOfN(rapid.SampledFrom(names), anyJSON(4), 1, 4).Draw(t, "message"))
		require.NoError(t, err)
		bounded(t, s, string(body))
	})
}

func bounded(t require.TestingT, s *mapping.Set, body string) {
	read := func() []ingest.Incoming {
		return ingest.Reader{Mappings: s}.Alerts(envelope.Delivery{ID: "m", Topic: "a:t", Body: body})
	}
	list := read()
	require.NotEmpty(t, list)
	assert.Equal(t, list, read())
	for _, in := range list {
		a := in.Alert
		for text, most := range map[string]int{a.Name: 512, a.Rule: 512, a.Key: 2 << 10, a.Description: 8 << 10, a.Source: 128, a.Account: 128, a.Region: 128, a.Link: 2 << 10} {
			assert.LessOrEqual(t, len(text), most)
			assert.True(t, utf8.ValidString(text))
		}
		assert.LessOrEqual(t, len(a.Attrs), 257)
		assert.True(t, a.Severity >= 0 && a.Severity <= 100)
		assert.NotEmpty(t, a.Key)
		assert.NotEmpty(t, a.Rule)
		assert.Contains(t, []responder.State{"", responder.Firing, responder.Resolved}, a.State)
	}
}

// A message cannot make more of itself than a function has memory for.
func TestMessagesThatMultiplyThemselves(t *testing.T) {
	s := parse(t, good(`alerts: "list[].{all: $, one: @}"
name: replace($.text, 'x', $.text)
description: join($.text, $.list)
attrs:
  - {type: domain, value: "$.list"}
  - {type: json, value: $}`))
	body := `{"v":"x","text":"` + strings.Repeat("x", 300_000) + `","list":["a"` + strings.Repeat(`,"b"`, 999) + `]}`
	got := alerts(t, s, body)
	require.Len(t, got, 1000)
	total := 0
	for _, a := range got {
		total += len(a.Name) + len(a.Description) + len(a.Raw)
		for _, at := range a.Attrs {
			total += len(at.Value)
		}
	}
	assert.Less(t, total, 32<<20)
}

func FuzzFile(f *testing.F) {
	f.Add(edr)
	f.Add(good("timestamp: {last: t, layout: [a]}\nstate: s"))
	f.Add(`{"version": 1, "mappings": [{"source": "a", "topic": ["t"], "key": ["id", "$.x"]}]}`)
	f.Add("{\"vn\rrsko\"\r ")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := mapping.Parse([]byte(text))
		if err != nil {
			list := mapping.Faults(err)
			require.NotEmpty(t, list, "%v", err)
			for _, at := range list {
				assert.True(t, at.Line >= 1 && at.Column >= 1, "%v", at)
				assert.LessOrEqual(t, at.Line, breaks(text)+2, "%v", at)
			}
			return
		}
		bounded(t, s, detections)
	})
}

// breaks counts what ends a line in YAML (YAML 1.1, "Line Break Characters").
func breaks(text string) (n int) {
	for _, r := range text {
		if strings.ContainsRune("\n\r\u0085\u2028\u2029", r) {
			n++
		}
	}
	return n
}

func FuzzMessage(f *testing.F) {
	s, err := mapping.Parse([]byte(strings.ReplaceAll(edr, "message-id_", "id")))
	require.NoError(f, err)
	f.Add(detections)
	f.Add(`{"type":"mail","score":"7","id":1,"from":["a@example.com"]}`)
	f.Fuzz(func(t *testing.T, body string) { bounded(t, s, body) })
}
