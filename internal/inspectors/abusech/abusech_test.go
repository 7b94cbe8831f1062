package abusech

import (
	"encoding/json"
	"net/http"
	"reflect"
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

// kinds are an attribute of each type, with how many requests it is.
var kinds = map[string]struct {
	value    string
	requests int
	verdict  responder.SignalVerdict
}{
	responder.TypeIPAddr:   {badIP, 2, responder.Malicious},
	responder.TypeDomain:   {badDomain, 2, responder.Suspicious},
	responder.TypeURL:      {badURL, 2, responder.Malicious},
	responder.TypeFileHash: {badHash, 3, responder.Malicious},
}

func TestPipeline(t *testing.T) {
	for kind, k := range kinds {
		t.Run(kind, func(t *testing.T) {
			inspectorstest.Run(t, inspectorstest.Case{
				ID: ID, Types: Types, New: New, Header: "Auth-Key", Requests: k.requests, Verdict: k.verdict,
				Attribute: responder.Attribute{Type: kind, Value: k.value},
				Good:      fake, Unknown: nothing,
				OverQuota: inspectorstest.Answer(http.StatusTooManyRequests, `{"query_status": "rate_limited"}`),
				WrongKey:  inspectorstest.Answer(http.StatusForbidden, unknownKey),
				Polls:     k.requests + 8,
				Odd: []string{
					`{"query_status": "ok"}`, `{"query_status": "ok", "data": null, "urls": null}`, `{"query_status": "ok", "data": "x"}`,
					`{"query_status": "ok", "data": [{}], "urls": [{}]}`, `{"query_status": "ok", "data": [null]}`, `{"query_status": 1}`,
					`{"query_status": "unknown_operation"}`, `{"query_status": "http_post_expected"}`, `{"query_status": null}`, `{"query_status": "OK"}`,
				},
			})
		})
	}
}

func ask(t *testing.T, h http.HandlerFunc, kind, value string) (responder.Page, error) {
	t.Helper()
	i, err := New(inspectorstest.Settings(t, h))
	require.NoError(t, err)
	return inspectorstest.Ask(t, i, kind, value)
}

func TestPages(t *testing.T) {
	for kind, k := range kinds {
		page, err := ask(t, fake, kind, k.value)
		require.NoError(t, err, kind)
		inspectorstest.Golden(t, "testdata/"+kind+".json", page)
	}
	evil := strings.Repeat(`\u202e<!channel>\u001b[2J`, 50)
	hostile := strings.NewReplacer("malware_download", evil, `"mirai"`, strings.Repeat(`"`+evil+`x",`, 200)+`"y"`, `"165356"`, `"-1.5e3"`, "Solar", evil).Replace(hostIP)
	page, err := ask(t, only("urlhaus-api.abuse.ch", hostile), responder.TypeIPAddr, badIP)
	require.NoError(t, err)
	inspectorstest.Golden(t, "testdata/hostile.json", page)
}

// What is asked of whom, and that nothing else is.
func TestQuestions(t *testing.T) {
	md5, sha1, sha512 := strings.Repeat("a", 32), strings.Repeat("b", 40), strings.Repeat("c", 128)
	for _, c := range []struct{ kind, value, want string }{
		{"ipaddr", badIP, "urlhaus/v1/host/ threatfox/api/v1/"},
		{"ipaddr", "::ffff:178.128.78.235", "urlhaus/v1/host/ threatfox/api/v1/"},
		{"ipaddr", "2a00:1450:4001:80b::200e", "threatfox/api/v1/"},
		{"ipaddr", "178.128.78.0/24", ""},
		{"domain", badDomain, "urlhaus/v1/host/ threatfox/api/v1/"},
		{"url", badURL, "urlhaus/v1/url/ threatfox/api/v1/"},
		{"url", "http://u:hush@sskymedia.com/VMYB-ht_JAQo-gi/INV/#hush", "urlhaus/v1/url/ threatfox/api/v1/"},
		{"url", "javascript:alert(1)", ""},
		{"filehash", badHash, "mb/api/v1/ threatfox/api/v1/ urlhaus/v1/payload/"},
		{"filehash", strings.ToUpper(badHash), "mb/api/v1/ threatfox/api/v1/ urlhaus/v1/payload/"},
		{"filehash", md5, "mb/api/v1/ threatfox/api/v1/ urlhaus/v1/payload/"},
		{"filehash", sha1, "mb/api/v1/"},
		{"filehash", sha512, ""},
		{"filehash", "not a hash", ""},
		{"filehash", strings.Repeat("g", 64), ""},
	} {
		var got []string
		page, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
			got = append(got, strings.NewReplacer("-api.abuse.ch", "").Replace(r.Host+r.URL.Path))
			b := new(strings.Builder)
			_ = r.Write(b)
			assert.NotContains(t, b.String(), "hush")
			nothing(w, r)
		}, c.kind, c.value)
		require.NoError(t, err)
		assert.Equal(t, c.want, strings.Join(got, " "), "%s %s", c.kind, c.value)
		assert.LessOrEqual(t, len(got), 3)
		if c.want == "" {
			assert.Equal(t, responder.Skipped, page.Outcome)
			continue
		}
		assert.Zero(t, page)
	}
}

func TestVerdicts(t *testing.T) {
	const uh, tf, mb = "urlhaus-api.abuse.ch", "threatfox-api.abuse.ch", "mb-api.abuse.ch"
	change := func(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }
	noOther := change(iocIP, `"ioc": "178.128.78.235:80"`, `"ioc": "1.178.128.78.235:80"`)
	for name, c := range map[string]struct {
		kind, value, host, answer string
		want                      responder.SignalVerdict
	}{
		"address, online":            {"ipaddr", badIP, uh, hostIP, responder.Malicious},
		"address, offline":           {"ipaddr", badIP, uh, change(hostIP, "online", "offline"), responder.Suspicious},
		"address, unknown status":    {"ipaddr", badIP, uh, change(hostIP, `"online"`, "null"), responder.Suspicious},
		"domain of many":             {"domain", badDomain, uh, hostDomain, responder.Suspicious},
		"domain, listed":             {"domain", badDomain, uh, change(hostDomain, `"surbl": "not listed"`, `"surbl": "listed"`), responder.Malicious},
		"domain, botnet":             {"domain", badDomain, uh, change(hostDomain, "abused_legit_malware", "botnet_cc_domain"), responder.Malicious},
		"domain, not listed":         {"domain", badDomain, uh, change(hostDomain, "abused_legit_malware", "not listed"), responder.Suspicious},
		"domain, nobody said":        {"domain", badDomain, uh, change(hostDomain, `{"spamhaus_dbl": "abused_legit_malware", "surbl": "not listed"}`, "null"), responder.Suspicious},
		"domain, botnet, offline":    {"domain", badDomain, uh, change(hostDomain, "abused_legit_malware", "botnet_cc_domain", "online", "offline"), responder.Suspicious},
		"url, online":                {"url", badURL, uh, urlInfo, responder.Malicious},
		"url, offline":               {"url", badURL, uh, change(urlInfo, `"url_status": "online"`, `"url_status": "offline"`), responder.Suspicious},
		"url, unknown":               {"url", badURL, uh, change(urlInfo, `"url_status": "online"`, `"url_status": "unknown"`), responder.Suspicious},
		"payload":                    {"filehash", badHash, uh, payloadInfo, responder.Malicious},
		"payload without a name":     {"filehash", badHash, uh, change(payloadInfo, `"Heodo"`, "null"), responder.Suspicious},
		"sample":                     {"filehash", badHash, mb, sampleInfo, responder.Malicious},
		"seen with indicators":       {"filehash", badHash, tf, iocHash, responder.Malicious},
		"indicator":                  {"ipaddr", badIP, tf, iocIP, responder.Malicious},
		"indicator, old":             {"ipaddr", badIP, tf, change(noOther, "2026-04-08", "2025-04-08"), responder.Suspicious},
		"indicator, seen again":      {"ipaddr", badIP, tf, change(noOther, `"2026-04-08 13:36:27 UTC", "last_seen": null`, `"2025-04-08 13:36:27 UTC", "last_seen": "2026-05-01 00:00:00 UTC"`), responder.Malicious},
		"indicator, hardly":          {"ipaddr", badIP, tf, change(noOther, `"confidence_level": 75`, `"confidence_level": 25`), responder.Suspicious},
		"indicator, no confidence":   {"ipaddr", badIP, tf, change(noOther, `"confidence_level": 75`, `"confidence_level": null`), responder.Malicious},
		"indicator without a time":   {"ipaddr", badIP, tf, change(noOther, `"2026-04-08 13:36:27 UTC"`, "null"), responder.Suspicious},
		"indicator, another address": {"ipaddr", "78.128.78.23", tf, iocIP, ""},
	} {
		page, err := ask(t, only(c.host, c.answer), c.kind, c.value)
		require.NoError(t, err, name)
		if c.want == "" {
			assert.Zero(t, page, name)
			continue
		}
		require.Len(t, page.Signals, 1, name)
		assert.Equal(t, c.want, page.Signals[0].Verdict, name)
	}
}

func TestErrors(t *testing.T) {
	inLine := wait + 250*time.Millisecond // the first place in the line of those who were refused
	for name, c := range map[string]struct {
		handler   http.HandlerFunc
		kind      error
		permanent bool
		wait      time.Duration
	}{
		"key, 403":          {inspectorstest.Answer(403, unknownKey), intel.ErrKey, true, 0},
		"key, 401":          {inspectorstest.Answer(401, ""), intel.ErrKey, true, 0},
		"key, 200":          {inspectorstest.Answer(200, unknownKey), intel.ErrKey, true, 0},
		"blacklisted":       {inspectorstest.Answer(200, `{"query_status": "user_blacklisted"}`), intel.ErrKey, true, 0},
		"illegal":           {inspectorstest.Answer(200, `{"query_status": "illegal_search_term"}`), intel.ErrRefused, true, 0},
		"invalid":           {inspectorstest.Answer(200, `{"query_status": "invalid_host"}`), intel.ErrRefused, true, 0},
		"not there":         {inspectorstest.Answer(404, "<html>"), intel.ErrRefused, true, 0},
		"quota":             {inspectorstest.Answer(429, ""), intel.ErrQuota, false, inLine},
		"quota, 200":        {inspectorstest.Answer(200, `{"query_status": "rate_limited"}`), intel.ErrQuota, false, inLine},
		"down":              {inspectorstest.Answer(502, "<html>"), intel.ErrUnavailable, false, 0},
		"another host":      {inspectorstest.Answer(200, strings.ReplaceAll(hostIP, badIP, "178.128.78.236")), intel.ErrAnswer, false, 0},
		"query is not ours": {inspectorstest.Answer(200, `{"query_status": "hush hush"}`), intel.ErrAnswer, false, 0},
	} {
		page, err := ask(t, c.handler, responder.TypeIPAddr, badIP)
		inspectorstest.Refused(t, name, page, err, c.kind, c.permanent, c.wait, "hush")
	}
}

func TestSettings(t *testing.T) {
	s := inspectorstest.Settings(t, fake)
	s.Key, s.Getenv = nil, func(name string) string {
		return map[string]string{"ABUSECH_LIMITS": "x", "OWN_DOMAINS": "256.1.1.1"}[name]
	}
	_, err := New(s)
	for _, want := range []string{"ABUSECH_LIMITS", `"256.1.1.1"`, "the key is missing"} {
		assert.ErrorContains(t, err, want, "all faults at once")
	}
	var got []string
	s = inspectorstest.Settings(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Host+r.URL.Path)
		inspectorstest.Answer(200, noResult)(w, r)
	})
	s.BaseURL = "https://mirror.example/abuse"
	i, err := New(s)
	require.NoError(t, err)
	_, err = inspectorstest.Ask(t, i, responder.TypeFileHash, badHash)
	require.NoError(t, err)
	assert.Equal(t, []string{"mirror.example/abuse/malwarebazaar/api/v1/", "mirror.example/abuse/threatfox/api/v1/", "mirror.example/abuse/urlhaus/v1/payload/"}, got)
}

func FuzzAnswer(f *testing.F) {
	for _, a := range []string{`{"url": "x", "url_status": "online"}`, `{"data": [{"ioc": "178.128.78.235", "first_seen": "2026-05-01"}]}`, hostIP, hostDomain, urlInfo, payloadInfo, iocIP, iocHash, sampleInfo, noResult, unknownKey} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, read := range []func() (finding, error){
			func() (finding, error) { a := hostAnswer{asked: badIP}; return reads(body, &a, a.finding) },
			func() (finding, error) { a := urlAnswer{}; return reads(body, &a, a.finding) },
			func() (finding, error) { a := payloadAnswer{asked: badHash}; return reads(body, &a, a.finding) },
			func() (finding, error) { a := sampleAnswer{asked: badHash}; return reads(body, &a, a.finding) },
			func() (finding, error) {
				a := iocAnswer{asked: badIP}
				return reads(body, &a, func() finding { return a.finding(inspectorstest.Start) })
			},
		} {
			found, err := read()
			if err != nil {
				continue
			}
			task := responder.Task{Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: badIP}}
			page := found.page(task.Attribute, nil)
			require.NoError(t, respondertest.CheckPage(task, page))
			b, err := json.Marshal(page)
			require.NoError(t, err)
			assert.Less(t, len(b), 64<<10)
			for _, s := range page.Signals {
				assert.NotEqual(t, responder.Harmless, s.Verdict)
			}
		}
	})
}

// reads an answer as it comes, and as it is remembered: both say the same.
func reads(body string, a any, f func() finding) (finding, error) {
	if err := json.Unmarshal([]byte(body), a); err != nil {
		return finding{}, err
	}
	if k, ok := a.(intel.Finder); ok && !k.Found() {
		return finding{}, nil
	}
	first := f()
	kept, err := json.Marshal(a)
	if err == nil {
		err = json.Unmarshal(kept, a)
	}
	if err != nil || !reflect.DeepEqual(first, f()) {
		panic("what is remembered says something else")
	}
	return first, nil
}
