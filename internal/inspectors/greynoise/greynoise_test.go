package greynoise

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

func TestContract(t *testing.T) {
	i, err := New(inspectorstest.Settings(t, fake))
	require.NoError(t, err)
	respondertest.TestInspector(t, i, Types...)
}

var odd = []string{
	tooMany, wrongKey, notRoutable, strings.ReplaceAll(attacks, attacker, "71.6.135.132"), strings.Replace(attacks, `"noise": true,`, "", 1),
	strings.Replace(attacks, `"riot": false`, `"riot": null`, 1), strings.Replace(attacks, `true`, `"true"`, 1), strings.Replace(attacks, `"malicious"`, `1`, 1),
}

func TestPipeline(t *testing.T) {
	unknown := inspectorstest.Answer(http.StatusNotFound, strings.ReplaceAll(notSeen, stranger, attacker))
	for name, c := range map[string]inspectorstest.Case{
		"attacker": {Attribute: responder.Attribute{Value: attacker}, Verdict: responder.Suspicious, Unknown: unknown, Odd: odd},
		"resolver": {Attribute: responder.Attribute{Value: resolver}, Verdict: responder.Harmless, Unknown: inspectorstest.Answer(http.StatusOK,
			strings.ReplaceAll(notSeen, stranger, resolver))}, // as older answers are said to be
	} {
		c.ID, c.Types, c.New, c.Header = ID, Types, New, "key"
		c.Attribute.Type = responder.TypeIPAddr
		c.Good = fake
		c.OverQuota = inspectorstest.Answer(http.StatusTooManyRequests, tooMany)
		c.WrongKey = inspectorstest.Answer(http.StatusUnauthorized, wrongKey)
		t.Run(name, func(t *testing.T) { inspectorstest.Run(t, c) })
	}
}

func ask(t *testing.T, h http.HandlerFunc, value string) (responder.Page, error) {
	t.Helper()
	i, err := New(inspectorstest.Settings(t, h))
	require.NoError(t, err)
	return inspectorstest.Ask(t, i, responder.TypeIPAddr, value)
}

func TestPages(t *testing.T) {
	for file, c := range map[string]struct{ value, answer string }{
		"attacker": {attacker, attacks},
		"resolver": {resolver, serves},
		"hostile":  {resolver, strings.NewReplacer("Google", strings.Repeat(`\u202e<!channel>\u0000 `, 20), "benign", `\u202ebenign`, "viz.greynoise.io", "evil.example").Replace(serves)},
	} {
		page, err := ask(t, inspectorstest.Answer(http.StatusOK, c.answer), c.value)
		require.NoError(t, err, file)
		inspectorstest.Golden(t, "testdata/"+file+".json", page)
	}
}

func TestVerdicts(t *testing.T) {
	const now, old = "2026-05-03", "2026-01-01"
	for _, c := range []struct {
		noise, riot         bool
		classification, day string
		want                responder.SignalVerdict
	}{
		{false, true, "benign", now, responder.Harmless},
		{false, true, "", "", responder.Harmless},
		{false, true, "benign", "2020-01-01", responder.Harmless}, // what belongs to a service is not seen, it is listed
		{false, true, "malicious", now, responder.Suspicious},
		{true, true, "benign", now, responder.Harmless},
		{true, true, "unknown", now, responder.UnknownSignal},
		{true, true, "malicious", now, responder.Suspicious},
		{true, false, "malicious", now, responder.Suspicious},
		{true, false, "MALICIOUS", now, responder.Suspicious},
		{true, false, "malicious", "", responder.Suspicious},
		{true, false, "malicious", old, responder.UnknownSignal},
		{true, false, "suspicious", now, responder.Suspicious},
		{true, false, "benign", now, responder.Harmless},
		{true, false, "benign", old, responder.UnknownSignal},
		{true, false, "unknown", now, responder.UnknownSignal},
		{true, false, "", now, responder.UnknownSignal},
		{true, false, "friendly", now, responder.UnknownSignal},
	} {
		page, err := ask(t, inspectorstest.Answer(http.StatusOK, says(c.noise, c.riot, c.classification, c.day)), attacker)
		require.NoError(t, err)
		assert.Equal(t, c.want, page.Signals[0].Verdict, "%+v", c)
	}
	for _, h := range []http.HandlerFunc{fake, inspectorstest.Answer(http.StatusOK, notSeen)} {
		page, err := ask(t, h, stranger)
		require.NoError(t, err)
		assert.Zero(t, page, "unknown is an answer, and no signal")
	}
}

func TestErrors(t *testing.T) {
	later := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7200")
		inspectorstest.Answer(http.StatusTooManyRequests, tooMany)(w, r)
	}
	for name, c := range map[string]struct {
		handler   http.HandlerFunc
		kind      error
		permanent bool
		wait      time.Duration
	}{
		"key":          {inspectorstest.Answer(401, wrongKey), intel.ErrKey, true, 0},
		"not routable": {inspectorstest.Answer(400, notRoutable), intel.ErrRefused, true, 0},
		"quota":        {inspectorstest.Answer(429, tooMany), intel.ErrQuota, false, time.Hour},
		"quota, told":  {later, intel.ErrQuota, false, 2 * time.Hour},
		"down":         {inspectorstest.Answer(500, ""), intel.ErrUnavailable, false, 0},
		"404":          {inspectorstest.Answer(404, `{"message": "no Route matched with those values"}`), intel.ErrAnswer, false, 0},
		"404, empty":   {inspectorstest.Answer(404, ""), intel.ErrAnswer, false, 0},
		"200":          {inspectorstest.Answer(200, wrongKey), intel.ErrAnswer, false, 0},
	} {
		page, err := ask(t, c.handler, attacker)
		inspectorstest.Refused(t, name, page, err, c.kind, c.permanent, c.wait, "pricing")
	}
}

func TestSettings(t *testing.T) {
	s := inspectorstest.Settings(t, fake)
	s.Getenv = func(name string) string {
		return map[string]string{"GREYNOISE_LIMITS": "0/day", "OWN_DOMAINS": "256.1.1.1"}[name]
	}
	_, err := New(s)
	for _, want := range []string{"GREYNOISE_LIMITS", `"0/day"`, `"256.1.1.1"`} {
		assert.ErrorContains(t, err, want, "all faults at once")
	}
	s = inspectorstest.Settings(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Values("key"))
		fake(w, r)
	})
	s.Key = nil
	i, err := New(s)
	require.NoError(t, err)
	page, err := inspectorstest.Ask(t, i, responder.TypeIPAddr, resolver)
	require.NoError(t, err)
	assert.Equal(t, responder.Harmless, page.Signals[0].Verdict, "it may be asked without a key")
}

func TestWhatIsNotAsked(t *testing.T) {
	for _, v := range []string{"", "example.com", "8.8.8.0/24", "8.8.8.8:53", "2a00:1450:4001:80b::200e", "8.8.8.8/../../v3/gnql"} {
		page, err := ask(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }, v)
		require.NoError(t, err)
		assert.Equal(t, responder.Skipped, page.Outcome, v)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, a := range []string{attacks, strings.ReplaceAll(serves, resolver, attacker), notSeen, tooMany, says(true, true, "x", "0000-00-00")} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, body string) {
		i, err := New(inspectorstest.Settings(t, inspectorstest.Answer(http.StatusOK, body)))
		require.NoError(t, err)
		page, err := inspectorstest.Ask(t, i, responder.TypeIPAddr, attacker)
		if err != nil {
			assert.ErrorIs(t, err, intel.ErrAnswer)
			return
		}
		again, err := inspectorstest.Ask(t, i, responder.TypeIPAddr, attacker)
		require.NoError(t, err)
		assert.Equal(t, page, again, "what is remembered says the same")
		b, err := json.Marshal(page)
		require.NoError(t, err)
		assert.Less(t, len(b), 4096)
	})
}

// GreyNoise publishes its OpenAPI document at api.greynoise.io/v3/openapi.yaml ("Using the GreyNoise API").
func TestTheFakeIsAsDocumented(t *testing.T) {
	for answer, status := range map[string]string{attacks: "200", serves: "200", notSeen: "404", notRoutable: "400", tooMany: "429"} {
		inspectorstest.Documented(t, "GREYNOISE_OPENAPI", "get", "/v3/community/{ip}", status, answer)
	}
}
