package virustotal

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// wellSpoken is a domain's answer with so many counts, for which all else speaks.
func wellSpoken(id, counts string, analysed int64) string {
	a := clean()
	a.Stats, a.Analysed = nil, seconds(analysed)
	b, _ := json.Marshal(a)
	attributes := strings.Replace(string(b), `"last_analysis_stats":null`, `"last_analysis_stats":`+counts, 1)
	return `{"data": {"id": "` + id + `", "type": "domain", "attributes": ` + attributes + `}}`
}

// A count that is not there is not 0, and an analysis that has not come yet is none.
func TestWhatIsMissingSpeaksForNobody(t *testing.T) {
	const all = `{"malicious": 0, "suspicious": 0, "harmless": 60, "undetected": 30}`
	for _, c := range []struct {
		counts   string
		analysed int64
		want     responder.SignalVerdict // empty: no answer
	}{
		{all, now.Unix(), responder.Harmless},
		{all, now.Add(20 * time.Hour).Unix(), responder.Harmless},
		{all, now.Add(8 * day).Unix(), responder.UnknownSignal},
		{all, 253402300799, responder.UnknownSignal},
		{`{"malicious": 0, "harmless": 60, "undetected": 30}`, now.Unix(), responder.UnknownSignal},
		{`{"malicious": 0, "suspicious": null, "harmless": 60, "undetected": 30}`, now.Unix(), responder.UnknownSignal},
		{`{"malicious": 6, "harmless": 60}`, now.Unix(), responder.Malicious},
		{`{}`, now.Unix(), responder.UnknownSignal},
		{`{"harmless": 60, "undetected": 30}`, now.Unix(), ""},
		{`{"malicious": null, "suspicious": 0, "harmless": 60, "undetected": 30}`, now.Unix(), ""},
		{`{"malicious": "7", "suspicious": 0, "harmless": 60}`, now.Unix(), ""},
		{`{"suspicious": 3}`, now.Unix(), ""},
		{`[]`, now.Unix(), ""},
	} {
		a := answer{want: "domain"}
		err := json.Unmarshal([]byte(wellSpoken("example.org", c.counts, c.analysed)), &a)
		if c.want == "" {
			assert.Error(t, err, c.counts)
			continue
		}
		require.NoError(t, err, c.counts)
		for range 2 { // also from what is remembered
			kept, err := json.Marshal(&a)
			require.NoError(t, err)
			s := kinds["domain"].page("example.org", a.Object, now).Signals[0]
			assert.Equal(t, c.want, s.Verdict, "%s %d", c.counts, c.analysed)
			assert.False(t, s.SeenAt.Time.After(now.Add(ahead)), "%s", s.SeenAt.Time)
			a = answer{want: "domain"}
			require.NoError(t, json.Unmarshal(kept, &a))
		}
	}
}

// What is said of others is no answer.
func TestAnotherObject(t *testing.T) {
	one, two := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for _, c := range []struct {
		id, asked string
		other     bool
	}{
		{"8.8.8.8", "8.8.8.8", false}, {"8.8.4.4", "8.8.8.8", true}, {"x", "8.8.8.8", true}, {"2606:4700:0::1", "2606:4700::1", false},
		{"Evil.org", "evil.org", false}, {"good.org", "evil.org", true}, {"bücher.net", "xn--bcher-kva.net", false}, {"", "evil.org", false},
		{one, one, false}, {two, one, true}, {one, strings.Repeat("c", 32), false}, {two, "", false},
	} {
		assert.Equal(t, c.other, isOther(c.id, c.asked), "%+v", c)
	}
	a := answer{want: "domain", id: "evil.org"}
	assert.ErrorContains(t, json.Unmarshal([]byte(wellSpoken("good.org", `{"malicious": 0}`, now.Unix())), &a), "another object")
}

// A time that is remembered and cannot be is not waited for.
func TestRefusedUntilNever(t *testing.T) {
	m := responder.NewMemory()
	require.NoError(t, m.Store(t.Context(), streakKey, []byte(`{"since": "2026-05-04T08:00:00Z", "until": "2126-05-04T08:00:00Z", "count": 3}`), now.Add(time.Hour)))
	r := refusals{memory: m}
	assert.LessOrEqual(t, r.wait(now), time.Hour)
}
