package virustotal

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var now = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// before is a time so many days ago.
func before(days int) seconds { return seconds(now.Add(-time.Duration(days) * day).Unix()) }

// clean is an object against which there is nothing, and which has all that can speak for one.
func clean() attributes {
	return attributes{
		Stats: &stats{Harmless: 60, Undetected: 30}, Analysed: before(3), First: before(400), Sources: 500, Submitted: 500,
		Created: before(3000), Ranks: dict[loose[rank]]{"Majestic": {rank{700}}},
	}
}

func TestVerdicts(t *testing.T) {
	type verdicts map[string]responder.SignalVerdict // by type of object
	all := func(v responder.SignalVerdict) verdicts {
		return verdicts{"ip_address": v, "domain": v, "url": v, "file": v}
	}
	net := func(v, file responder.SignalVerdict) verdicts {
		return verdicts{"ip_address": v, "domain": v, "url": v, "file": file}
	}
	only := func(object string) verdicts {
		out := all(responder.Harmless)
		for o := range out {
			if o == object || o == "ip_address" {
				out[o] = responder.UnknownSignal
			}
		}
		return out
	}
	none := verdicts{"ip_address": responder.UnknownSignal, "domain": responder.Harmless, "url": responder.Harmless, "file": responder.Harmless}
	for name, c := range map[string]struct {
		change func(a *attributes)
		want   verdicts
	}{
		"nothing against it, much for it; for an address there is nothing": {func(*attributes) {}, none},
		"1 of 92 is noise":                      {func(a *attributes) { a.Stats.Malicious = 1 }, all(responder.UnknownSignal)},
		"1 suspicious is noise":                 {func(a *attributes) { a.Stats.Suspicious = 1 }, all(responder.UnknownSignal)},
		"2 are doubtful":                        {func(a *attributes) { a.Stats.Malicious = 2 }, all(responder.Suspicious)},
		"1 and 1 suspicious":                    {func(a *attributes) { a.Stats.Malicious, a.Stats.Suspicious = 1, 1 }, all(responder.Suspicious)},
		"4 are doubtful":                        {func(a *attributes) { a.Stats.Malicious = 4 }, all(responder.Suspicious)},
		"many suspicious are doubtful":          {func(a *attributes) { a.Stats.Suspicious = 20 }, all(responder.Suspicious)},
		"5 are certain":                         {func(a *attributes) { a.Stats.Malicious = 5 }, all(responder.Malicious)},
		"3 of 12 are":                           {func(a *attributes) { *a.Stats = stats{Malicious: 3, Undetected: 9} }, all(responder.Malicious)},
		"3 of 13 are not":                       {func(a *attributes) { *a.Stats = stats{Malicious: 3, Undetected: 10} }, all(responder.Suspicious)},
		"2 of 2 are not":                        {func(a *attributes) { *a.Stats = stats{Malicious: 2} }, all(responder.Suspicious)},
		"5, a year ago":                         {func(a *attributes) { a.Stats.Malicious, a.Analysed = 5, before(365) }, all(responder.Malicious)},
		"5, before that":                        {func(a *attributes) { a.Stats.Malicious, a.Analysed = 5, before(366) }, net(responder.Suspicious, responder.Malicious)},
		"60, ten years ago":                     {func(a *attributes) { a.Stats.Malicious, a.Analysed = 60, before(3650) }, net(responder.Suspicious, responder.Malicious)},
		"5, nobody knows when":                  {func(a *attributes) { a.Stats.Malicious, a.Analysed = 5, 0 }, all(responder.Malicious)},
		"nothing, 4 years ago":                  {func(a *attributes) { a.Analysed = before(1460) }, all(responder.UnknownSignal)},
		"nothing, a month ago":                  {func(a *attributes) { a.Analysed = before(30) }, none},
		"nothing, more than a month ago":        {func(a *attributes) { a.Analysed = before(31) }, all(responder.UnknownSignal)},
		"nothing, nobody knows when":            {func(a *attributes) { a.Analysed = 0 }, all(responder.UnknownSignal)},
		"nothing, by few engines":               {func(a *attributes) { *a.Stats = stats{Harmless: 39} }, all(responder.UnknownSignal)},
		"nothing, by just enough":               {func(a *attributes) { *a.Stats = stats{Harmless: 40} }, none},
		"never analysed":                        {func(a *attributes) { a.Stats = nil }, all(responder.UnknownSignal)},
		"no engine has an opinion":              {func(a *attributes) { *a.Stats = stats{} }, all(responder.UnknownSignal)},
		"a domain of last week":                 {func(a *attributes) { a.Created = before(7) }, only("domain")},
		"a domain of nobody knows when":         {func(a *attributes) { a.Created = 0 }, only("domain")},
		"a domain that few ask for":             {func(a *attributes) { a.Ranks = dict[loose[rank]]{"Majestic": {rank{10001}}, "x": {rank{0}}} }, only("domain")},
		"a domain without a rank":               {func(a *attributes) { a.Ranks = nil }, only("domain")},
		"a file of few":                         {func(a *attributes) { a.Sources = 9 }, only("file")},
		"a URL that few sent":                   {func(a *attributes) { a.Submitted = 9 }, only("url")},
		"first seen the week it was analysed":   {func(a *attributes) { a.First = before(10) }, verdicts{"file": responder.UnknownSignal, "url": responder.UnknownSignal, "domain": responder.Harmless}},
		"first seen nobody knows when":          {func(a *attributes) { a.First = 0 }, verdicts{"file": responder.UnknownSignal, "url": responder.UnknownSignal}},
		"analysed in the future, nothing of it": {func(a *attributes) { a.Analysed = before(-5) }, none},
	} {
		for object, want := range c.want {
			a := clean()
			c.change(&a)
			assert.Equal(t, want, judgeObject(&a, object, "example.org", now).is, "%s: %s", object, name)
		}
	}
}

// Who has a name below that of a hoster is nobody knows whom.
func TestNamesBelowPopularOnes(t *testing.T) {
	a := clean()
	for name, want := range map[string]responder.SignalVerdict{
		"github.io": responder.Harmless, "www.github.io": responder.Harmless, "evil.github.io": responder.UnknownSignal,
		"www.evil.github.io": responder.UnknownSignal, "bbc.co.uk": responder.UnknownSignal,
	} {
		assert.Equal(t, want, judgeObject(&a, "domain", name, now).is, name)
	}
}

func TestWhatIsSaid(t *testing.T) {
	for want, c := range map[string]struct {
		stats stats
		days  int
	}{
		"12 of 92 engines say malicious (analysed 3 years ago)":                  {stats{Malicious: 12, Harmless: 60, Undetected: 20}, 1100},
		"12 of 92 engines say malicious, 3 suspicious (analysed today)":          {stats{Malicious: 12, Suspicious: 3, Harmless: 60, Undetected: 17}, 0},
		"1 of 92 engines says malicious (analysed yesterday)":                    {stats{Malicious: 1, Harmless: 71, Undetected: 20}, 1},
		"none of 92 engines says malicious (analysed 59 days ago)":               {stats{Harmless: 72, Undetected: 20}, 59},
		"none of 1 engines says malicious, 1 suspicious (analysed 2 months ago)": {stats{Suspicious: 1}, 60},
		"none of 1 engines says malicious (analysed 24 months ago)":              {stats{Harmless: 1}, 729},
		"none of 1 engines says malicious (analysed 2 years ago)":                {stats{Harmless: 1}, 730},
	} {
		assert.Equal(t, want, judgeObject(&attributes{Stats: &c.stats, Analysed: before(c.days)}, "ip_address", "example.org", now).said)
	}
	soon := attributes{Stats: &stats{Harmless: 1}, Analysed: before(-5)}
	assert.Equal(t, "none of 1 engines says malicious (analysed today)", judgeObject(&soon, "file", "example.org", now).said)
	a := attributes{Stats: &stats{Malicious: 5}}
	assert.Equal(t, "5 of 5 engines say malicious (analysed nobody knows when)", judgeObject(&a, "file", "example.org", now).said)
}

// Google Threat Intelligence speaks for itself, beside the engines.
func TestGTI(t *testing.T) {
	for value, want := range map[string]responder.SignalVerdict{
		"VERDICT_MALICIOUS": responder.Malicious, "VERDICT_SUSPICIOUS": responder.Suspicious, "VERDICT_BENIGN": responder.Harmless,
		"VERDICT_UNDETECTED": responder.UnknownSignal,
	} {
		var g assessment
		assert.NoError(t, json.Unmarshal([]byte(`{"verdict": {"value": "`+value+`"}, "severity": {"value": "SEVERITY_HIGH"},
			"threat_score": {"value": 9000}, "description": "what it is"}`), &g))
		v, ok := gti(g)
		assert.True(t, ok)
		assert.Equal(t, want, v.is)
		assert.Equal(t, strings.ToLower(value[len("VERDICT_"):])+", severity high: what it is", v.said)
		assert.GreaterOrEqual(t, v.score, 90.0)
		assert.LessOrEqual(t, v.score, 100.0)
	}
	for _, value := range []text{"", "VERDICT_UNKNOWN", "MALICIOUS", "VERDICT_HARMLESS"} {
		var g assessment
		g.Verdict.Value = value
		_, ok := gti(g)
		assert.False(t, ok, value)
	}
}

func drawAttributes(t *rapid.T) attributes {
	n := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
	a := attributes{
		Stats: &stats{Malicious: n("malicious", 12), Suspicious: n("suspicious", 4), Harmless: n("harmless", 70), Undetected: n("undetected", 40)}, Analysed: before(n("analysed", 800)),
		First: before(n("first", 900)), Created: before(n("created", 900)), Sources: count(n("sources", 30)), Submitted: count(n("submitted", 30)),
	}
	if rapid.Bool().Draw(t, "ranked") {
		a.Ranks = dict[loose[rank]]{"r": {rank{count(n("rank", 20000))}}}
	}
	return a
}

// What another engine says never makes things look better, nor does time that passes make anything harmless; nobody who has one
// engine against it is harmless, nor any address.
func TestVerdictsAreSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAttributes(t)
		object := rapid.SampledFrom([]string{"ip_address", "domain", "url", "file"}).Draw(t, "object")
		v := judgeObject(&a, object, "example.org", now)
		if v.score < 0 || v.score > 100 {
			t.Fatalf("score %v", v.score)
		}
		if v.is == responder.Harmless && (a.Stats.Malicious+a.Stats.Suspicious > 0 || object == "ip_address") {
			t.Fatalf("harmless: %s", v.said)
		}
		worse := *a.Stats
		worse.Malicious++
		if w := (attributes{Stats: &worse, Analysed: a.Analysed}); bad(v.is) > bad(judgeObject(&w, object, "example.org", now).is) {
			t.Fatalf("%s, and with one more it is better", v.said)
		}
		later := now.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "later")) * day)
		l := judgeObject(&a, object, "example.org", later)
		if bad(l.is) > bad(v.is) || l.is == responder.Harmless && v.is != responder.Harmless && age(a.Created, later) <= established {
			t.Fatalf("%s becomes %s: %s", v.is, l.is, l.said)
		}
	})
}

func bad(v responder.SignalVerdict) int { return max(v.Rank()-1, 0) }

// Long lists that are short enough to be remembered are cut as well.
func TestLongLists(t *testing.T) {
	var engines, files []string
	for i := range 300 {
		engines = append(engines, fmt.Sprintf(`"e%03d": {"category": "malicious"}`, i))
		files = append(files, fmt.Sprintf(`{"type": "file", "id": "%064x"}`, i))
	}
	a := answer{want: "domain"}
	require.NoError(t, json.Unmarshal([]byte(`{"data": {"type": "domain", "attributes": {"last_analysis_stats": {"malicious": 300},
		"last_analysis_results": {`+strings.Join(engines, ",")+`}}, "relationships": {"referrer_files": {"data": [`+strings.Join(files, ",")+`]}}}}`), &a))
	assert.Len(t, against(a.Object.Attributes), maxEntries)
	p := kinds["domain"].page("evil.org", a.Object, now)
	require.Len(t, p.OpponentHosts, 1)
	assert.Len(t, p.OpponentHosts[0].RelatedMalware, maxFew)
}

// An object that wants to be too large to be remembered is cut, and is what it was.
func TestHostileObject(t *testing.T) {
	long := strings.Repeat("<\U0001F4A5", 150)
	results, list := map[string]any{}, []any{}
	for i := range 170 {
		name := string(rune('0'+i%10)) + string(rune('a'+i/10%26)) + string(rune('a'+i/260)) + long
		results[name] = map[string]any{"category": "malicious", "result": long}
		list = append(list, map[string]any{"type": "url", "id": long, "context_attributes": map[string]any{"url": "https://a.example/" + long}})
	}
	one := map[string]any{"data": list}
	body, err := json.Marshal(map[string]any{"data": map[string]any{"type": "file", "id": strings.Repeat("b", 64),
		"attributes": map[string]any{"last_analysis_stats": map[string]int{"malicious": 60, "harmless": 10}, "last_analysis_results": results,
			"meaningful_name": long, "popularity_ranks": results},
		"relationships": map[string]any{"contacted_urls": one, "itw_urls": one, "contacted_domains": one, "contacted_ips": one, "x": one}}})
	require.NoError(t, err)
	require.Less(t, len(body), 4<<20)
	a := answer{want: "file"}
	require.NoError(t, json.Unmarshal(body, &a))
	kept, err := json.Marshal(a)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(kept), intel.MaxKept, "it is remembered")
	p := kinds["filehash"].page(strings.Repeat("a", 32), a.Object, now)
	assert.Equal(t, responder.Malicious, p.Signals[0].Verdict)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	assert.Less(t, len(text), 32<<10)
	assert.Equal(t, "https://www.virustotal.com/gui/file/"+strings.Repeat("b", 64), p.Signals[0].URL)
}

// Whatever is answered is an error or a page that holds its bounds, and the same again from what is remembered.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"data": {"id": "8.8.8.8", "type": "ip_address", "attributes": {"last_analysis_stats": {"malicious": 7}, "last_analysis_date": 1}}}`,
		`{"data": {"type": "domain", "attributes": {"popularity_ranks": {"a": {"rank": 1}, "b": 7}, "creation_date": "x"}}}`,
		`{"data": {"type": "url", "attributes": {"last_final_url": "http://a:b@c/\u202e"}, "relationships": {"network_location": {"data": {"type": "domain", "id": "a.example"}}}}}`,
		`{"data": {"type": "file", "attributes": {"last_analysis_results": {"a": {"category": "malicious", "result": null}}, "last_analysis_stats": {"malicious": 9}},
			"relationships": {"contacted_ips": {"data": [{"type": "ip_address", "id": "1.2.3.4"}, 7, null]}, "contacted_urls": {"error": {"code": "ForbiddenError"}}}}}`,
		`{"data": {"type": "file", "attributes": {"gti_assessment": {"verdict": {"value": "VERDICT_MALICIOUS"}, "threat_score": {"value": 1e300}}}}}`,
		`{"data": {"type": "ip_address", "attributes": {"last_analysis_results": [], "asn": -1, "country": "<b>"}, "relationships": []}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for kindOf, k := range kinds {
			a := answer{want: k.object}
			if json.Unmarshal(body, &a) != nil {
				continue
			}
			id, why := k.id(map[string]string{"ipaddr": "8.8.8.8", "domain": "a.example", "url": "http://a.example/", "filehash": strings.Repeat("a", 64)}[kindOf])
			if why != "" {
				t.Fatal(why)
			}
			task := responder.Task{Attribute: responder.Attribute{Type: kindOf, Value: id}}
			p := k.page(id, a.Object, now)
			if err := respondertest.CheckPage(task, p); err != nil {
				t.Fatal(err)
			}
			remembered, err := json.Marshal(&a)
			if err != nil || len(remembered) > intel.MaxKept {
				t.Fatalf("%d bytes, %v", len(remembered), err)
			}
			b := answer{want: k.object}
			if err := json.Unmarshal(remembered, &b); err != nil {
				t.Fatalf("%v: %s", err, remembered)
			}
			assert.Equal(t, p, k.page(id, b.Object, now))
		}
	})
}
