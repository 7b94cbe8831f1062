package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

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
	assert.Equal(t, id("sns-1", 0), in.ID)
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

func TestNativeTimes(t *testing.T) {
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for span, want := range map[string][2]time.Time{
		`{"init":1777593600,"last":1777593600}`:                     {day, day},
		`{"init":"1777593600","last":"2026-05-01T00:00:00Z"}`:       {day, day},
		`{"init":1777593600000,"last":null}`:                        {day, noon},
		`{"init":1778976000,"last":1777593600}`:                     {day.Add(16 * 24 * time.Hour), day}, // as the sender says
		`{"last":1777593600}`:                                       {day, day},
		`"2026-05-01T00:00:00+0000"`:                                {day, day},
		`{"init":-5,"last":1e300}`:                                  {noon, noon},
		`{"init":"NaN","last":"Inf"}`:                               {noon, noon},
		`{"init":1e400,"last":-1e400}`:                              {noon, noon},
		`{"init":"0001-01-01T00:00:00Z","last":"9999999999999999"}`: {noon, noon},
		`{"init":1777593600,"last":1893456000}`:                     {day, noon}, // of the future
		`{"init":1893456000,"last":1893456000}`:                     {noon, noon},
		`{"init":1777593600,"last":1779019800}`:                     {day, noon.Add(10 * time.Minute)}, // a clock that is a little ahead
		`null`:                                                      {noon, noon},
	} {
		a := one(t, `{"name":"n","rule":"r","key":"k","timestamp":`+span+`}`).Alert
		assert.Equal(t, want, [2]time.Time{a.Timestamp.InitTime(), a.Timestamp.LastTime()}, span)
	}
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
}

func TestNativeLink(t *testing.T) {
	for link, kept := range map[string]bool{
		"https://example.com/1": true, "http://example.com": true, "javascript://example.com/%0aalert(1)": false, "ftp://example.com/": false,
		"data:text/html,x": false, "//example.com/": false, "https://": false, "https://example.com/" + strings.Repeat("x", 2048): false,
	} {
		a := one(t, `{"name":"n","rule":"r","key":"k","link":"`+link+`"}`).Alert
		assert.Equal(t, kept, a.Link == link, link)
		assert.Equal(t, !kept, a.Link == "", link)
	}
}

func TestNativeSeverity(t *testing.T) {
	for severity, want := range map[string]float64{
		"0": 0, "100": 100, "55.5": 55.5, `"70"`: 70, "-1": 0, "101": 100, "1e300": 100, "1e400": 0, `"NaN"`: 0, "null": 0, "true": 0,
	} {
		assert.Equal(t, want, one(t, `{"name":"n","rule":"r","key":"k","severity":`+severity+`}`).Alert.Severity, severity)
	}
}

func TestNativeVersions(t *testing.T) {
	for v, rule := range map[string]string{"0": "r", "1": "r", "2": "r", "null": "r", "3": "unparsed", "-1": "unparsed", "1e300": "unparsed", "1.5": "unparsed"} {
		a := one(t, `{"name":"n","rule":"r","key":"k","v":`+v+`}`).Alert
		assert.Equal(t, rule, a.Rule, v)
		if rule == "unparsed" {
			assert.Contains(t, a.Description, "schema version")
		}
	}
}

func TestWhatIsNative(t *testing.T) {
	for body, want := range map[string]bool{
		`{"name":"n","rule":"r"}`:                      true,
		`{"name":"n","description":"d"}`:               true,
		`{"rule":"r","key":null}`:                      true,
		`{"rule":"r","timestamp":{"init":1}}`:          true,
		`{"name":"","rule":"r"}`:                       true,
		`{"key":"k","attrs":[]}`:                       false,
		`{"name":1,"rule":2}`:                          false,
		`{"name":"a log line","timestamp":1777593600}`: false,
		`{"rule":"Falco's","priority":"Error"}`:        false,
		`{"rule":{"level":12},"timestamp":"x"}`:        false,
	} {
		assert.Equal(t, want, one(t, body).Alert.Rule != "unparsed", body)
	}
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
