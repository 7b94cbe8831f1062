package abuseipdb

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const ip = "118.25.6.39"

func TestContract(t *testing.T) {
	i, err := New(inspectorstest.Settings(t, fake))
	require.NoError(t, err)
	respondertest.TestInspector(t, i, Types...)
}

func TestPipeline(t *testing.T) {
	c := inspectorstest.Case{
		ID: ID, Types: Types, New: New, Header: "Key",
		Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: ip},
		Good:      fake,
		OverQuota: resetAfterAnHour,
		WrongKey:  inspectorstest.Answer(http.StatusUnauthorized, wrongKey),
		Odd: []string{
			change(`"abuseConfidenceScore": 100,`, ""), change(`100,`, `null,`), change(`100,`, `"high",`), change(`100,`, `101,`), change(`100,`, `-1,`),
			change(ip, "118.25.6.40"), change(`"`+ip+`"`, `null`), change(`"`+ip+`"`, `7`), tooMany, notAnAddress,
		},
	}
	inspectorstest.Run(t, c)
}

func ask(t *testing.T, h http.HandlerFunc, value string) (responder.Page, error) {
	t.Helper()
	i, err := New(inspectorstest.Settings(t, h))
	require.NoError(t, err)
	return inspectorstest.Ask(t, i, responder.TypeIPAddr, value)
}

func TestPages(t *testing.T) {
	for file, c := range map[string]struct{ value, answer string }{
		"reported":   {ip, bad},
		"unreported": {"2a00:1450:4001:80b::200e", unreported("2a00:1450:4001:80b::200e")},
		"tor":        {ip, change(`"isTor": false`, `"isTor": true`, `"isWhitelisted": false`, `"isWhitelisted": true`)},
		"hostile":    {ip, change("Tencent", strings.Repeat(`\u202e<!channel>\u001b[2J`, 50), `"CN"`, `"<b>"`, "2026-05-03T20:55:14+00:00", "yesterday")},
	} {
		page, err := ask(t, inspectorstest.Answer(http.StatusOK, c.answer), c.value)
		require.NoError(t, err, file)
		inspectorstest.Golden(t, "testdata/"+file+".json", page)
	}
}

func TestVerdicts(t *testing.T) {
	for change_, want := range map[[2]string]responder.SignalVerdict{
		{"100,", "100,"}:    responder.Malicious,
		{"100,", "75,"}:     responder.Malicious,
		{"100,", `"75",`}:   responder.Malicious, // a number as a text
		{"100,", "75.0,"}:   responder.Malicious,
		{"100,", "74,"}:     responder.Suspicious,
		{"100,", "25,"}:     responder.Suspicious,
		{"100,", "24,"}:     responder.UnknownSignal,
		{"100,", "0,"}:      responder.UnknownSignal, // reported, and the reports were not believed
		{"false,", "true,"}: responder.Suspicious,    // on a whitelist, and reported by many
	} {
		page, err := ask(t, inspectorstest.Answer(http.StatusOK, change(change_[0], change_[1])), ip)
		require.NoError(t, err)
		assert.Equal(t, want, page.Signals[0].Verdict, change_)
	}
	page, err := ask(t, fake, "8.8.8.8")
	require.NoError(t, err)
	assert.Equal(t, responder.UnknownSignal, page.Signals[0].Verdict, "that nobody reported it does not make it harmless")
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		handler   http.HandlerFunc
		kind      error
		permanent bool
		wait      time.Duration
	}{
		"key":         {inspectorstest.Answer(401, wrongKey), intel.ErrKey, true, 0},
		"not taken":   {inspectorstest.Answer(422, notAnAddress), intel.ErrRefused, true, 0},
		"retry after": {daily("Retry-After", "29241"), intel.ErrQuota, false, 29241 * time.Second},
		"reset":       {resetAfterAnHour, intel.ErrQuota, false, time.Hour},
		"reset past":  {daily("X-RateLimit-Reset", "1545973200"), intel.ErrQuota, false, time.Minute},
		"reset far":   {daily("X-RateLimit-Reset", "99999999999"), intel.ErrQuota, false, 11*time.Hour + 30*time.Minute},
		"no header":   {daily("X", "y"), intel.ErrQuota, false, time.Hour},
		"not there":   {inspectorstest.Answer(404, "{}"), intel.ErrRefused, true, 0},
		"down":        {inspectorstest.Answer(503, "<html>"), intel.ErrUnavailable, false, 0},
		"errors, 200": {inspectorstest.Answer(200, tooMany), intel.ErrAnswer, false, 0},
	} {
		page, err := ask(t, c.handler, ip)
		inspectorstest.Refused(t, name, page, err, c.kind, c.permanent, c.wait, "APIv2")
	}
}

func TestSettings(t *testing.T) {
	s := inspectorstest.Settings(t, fake)
	s.Getenv = func(name string) string {
		return map[string]string{"ABUSEIPDB_LIMITS": "many/day", "OWN_DOMAINS": "256.1.1.1"}[name]
	}
	s.Key = nil
	_, err := New(s)
	for _, want := range []string{"ABUSEIPDB_LIMITS", `"many/day"`, `own domains: "256.1.1.1"`, "the key is missing"} {
		assert.ErrorContains(t, err, want, "all faults at once")
	}
}

// A value that is no address is not sent, whoever normalized it.
func TestWhatIsNoAddress(t *testing.T) {
	for _, v := range []string{"", "example.com", "8.8.8.0/24", "8.8.8.8:53", "8.8.8.8&maxAgeInDays=1", "https://8.8.8.8/"} {
		page, err := ask(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }, v)
		require.NoError(t, err)
		assert.Equal(t, responder.Skipped, page.Outcome, v)
	}
	page, err := ask(t, fake, "::ffff:118.25.6.39")
	require.NoError(t, err)
	assert.Equal(t, responder.Malicious, page.Signals[0].Verdict, "one address has several spellings")
}

func FuzzAnswer(f *testing.F) {
	f.Add(bad)
	f.Add(unreported(ip))
	f.Add(wrongKey)
	f.Add(`{"data": {"ipAddress": "118.25.6.39", "abuseConfidenceScore": "1e2", "totalReports": 1e300}}`)
	f.Fuzz(func(t *testing.T, body string) {
		i, err := New(inspectorstest.Settings(t, inspectorstest.Answer(http.StatusOK, body)))
		require.NoError(t, err)
		page, err := inspectorstest.Ask(t, i, responder.TypeIPAddr, ip)
		if err != nil {
			assert.ErrorIs(t, err, intel.ErrAnswer)
			return
		}
		again, err := inspectorstest.Ask(t, i, responder.TypeIPAddr, ip)
		require.NoError(t, err)
		assert.Equal(t, page, again, "what is remembered says the same")
		b, err := json.Marshal(page)
		require.NoError(t, err)
		assert.Less(t, len(b), 4096)
		assert.NotEqual(t, responder.Harmless, page.Signals[0].Verdict)
	})
}

// AbuseIPDB publishes no OpenAPI document; others have made one of its documentation.
func TestTheFakeIsAsDocumented(t *testing.T) {
	for answer, status := range map[string]string{bad: "200", unreported(ip): "200", wrongKey: "401", notAnAddress: "422", tooMany: "429"} {
		inspectorstest.Documented(t, "ABUSEIPDB_OPENAPI", "get", "/check", status, answer)
	}
}
