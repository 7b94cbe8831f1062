package virustotal_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// says has the fake answer always so.
func (f *fake) says(status int, body string, headers ...string) {
	f.odd = func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

func errorBody(code string) string {
	return fmt.Sprintf(`{"error": {"code": %q, "message": "the key %s is not welcome"}}`, code, key)
}

// Each row of the table in "Errors", and what stands in no table.
func TestErrors(t *testing.T) {
	const html = "<html><body>504 Gateway Time-out</body></html>"
	for name, c := range map[string]struct {
		status    int
		body      string
		headers   []string
		want      error
		permanent bool
		wait      time.Duration // at least; 0: it does not say
	}{
		"bad request":       {status: 400, body: errorBody("BadRequestError"), want: intel.ErrRefused, permanent: true},
		"invalid argument":  {status: 400, body: errorBody("InvalidArgumentError"), want: intel.ErrRefused, permanent: true},
		"not available yet": {status: 400, body: errorBody("NotAvailableYet"), want: intel.ErrUnavailable},
		"no key":            {status: 401, body: errorBody("AuthenticationRequiredError"), want: intel.ErrKey, permanent: true},
		"user not active":   {status: 401, body: errorBody("UserNotActiveError"), want: intel.ErrKey, permanent: true},
		"wrong key":         {status: 401, body: errorBody("WrongCredentialsError"), want: intel.ErrKey, permanent: true},
		"forbidden":         {status: 403, body: errorBody("ForbiddenError"), want: intel.ErrKey, permanent: true},
		"failed dependency": {status: 424, body: errorBody("FailedDependencyError"), want: intel.ErrUnavailable},
		"quota":             {status: 429, body: errorBody("QuotaExceededError"), want: intel.ErrQuota, wait: time.Minute},
		"too many":          {status: 429, body: errorBody("TooManyRequestsError"), want: intel.ErrQuota, wait: time.Minute},
		"too many, told": {status: 429, body: errorBody("TooManyRequestsError"), headers: []string{"Retry-After", "300"},
			want: intel.ErrQuota, wait: 5 * time.Minute},
		"quota, told": {status: 429, body: errorBody("QuotaExceededError"), headers: []string{"Retry-After", "7200"},
			want: intel.ErrQuota, wait: 2 * time.Hour},
		"429 of a proxy":    {status: 429, body: html, want: intel.ErrQuota, wait: time.Minute},
		"transient":         {status: 503, body: errorBody("TransientError"), want: intel.ErrUnavailable},
		"deadline exceeded": {status: 504, body: errorBody("DeadlineExceededError"), want: intel.ErrUnavailable},
		"503 of a proxy":    {status: 503, body: html, headers: []string{"Retry-After", "90"}, want: intel.ErrUnavailable, wait: 90 * time.Second},
		"504 of a proxy":    {status: 504, body: html, want: intel.ErrUnavailable},
		"403 of a proxy":    {status: 403, body: html, want: intel.ErrKey, permanent: true},
		"404 of a proxy":    {status: 404, body: html, want: intel.ErrAnswer},
		"404, empty":        {status: 404, want: intel.ErrAnswer},
		"404, odd code":     {status: 404, body: errorBody("NoSuchPage"), want: intel.ErrAnswer},
		"302":               {status: 302, headers: []string{"Location", "https://login.example/"}, want: intel.ErrRefused, permanent: true},
		"418":               {status: 418, body: errorBody("TeapotError"), want: intel.ErrRefused, permanent: true},
		"200, html":         {status: 200, body: html, want: intel.ErrAnswer},
		"200, empty":        {status: 200, want: intel.ErrAnswer},
		"200, {}":           {status: 200, body: `{}`, want: intel.ErrAnswer},
		"200, null":         {status: 200, body: `{"data": null}`, want: intel.ErrAnswer},
		"200, a list":       {status: 200, body: `{"data": []}`, want: intel.ErrAnswer},
		"200, cut off":      {status: 200, body: `{"data": {"type": "ip_address", "attributes": {`, want: intel.ErrAnswer},
		"200, an error":     {status: 200, body: errorBody("TransientError"), want: intel.ErrUnavailable},
		"200, odd error":    {status: 200, body: errorBody("Whatever " + key), want: intel.ErrAnswer},
		"200, a quota":      {status: 200, body: errorBody("QuotaExceededError"), want: intel.ErrQuota, wait: time.Minute},
		"another object":    {status: 200, body: `{"data": {"type": "domain", "id": "8.8.8.8", "attributes": {}}}`, want: intel.ErrAnswer},
		"no attributes":     {status: 200, body: `{"data": {"type": "ip_address", "id": "8.8.8.8"}}`, want: intel.ErrAnswer},
		"counts as text":    {status: 200, body: statsBody(`{"malicious": "7"}`), want: intel.ErrAnswer},
		"counts below zero": {status: 200, body: statsBody(`{"malicious": -1}`), want: intel.ErrAnswer},
		"counts too high":   {status: 200, body: statsBody(`{"harmless": 10001}`), want: intel.ErrAnswer},
		"10 MB":             {status: 200, body: statsBody(`{}` + strings.Repeat(" ", 10<<20)), want: intel.ErrAnswer, permanent: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.says(c.status, c.body, c.headers...)
			task := taskOf("ipaddr", "8.8.8.8")
			p, err := f.inspector(unlimited).Inspect(t.Context(), task)
			require.ErrorIs(t, err, c.want)
			assert.Zero(t, p)
			assert.Equal(t, c.permanent, responder.IsPermanent(err), "%v", err)
			d, marked := responder.RetryDelay(err)
			assert.Equal(t, c.wait > 0, marked, "%v", err)
			if c.wait > 0 {
				assert.InDelta(t, c.wait, d, float64(10*time.Second), "%v", err)
			}
			respondertest.NoSecret(t, key, err)
			assert.Less(t, len(err.Error()), 250)
			assert.Contains(t, err.Error(), "virustotal: ")
		})
	}
}

func statsBody(stats string) string {
	return `{"data": {"type": "ip_address", "id": "8.8.8.8", "attributes": {"last_analysis_stats": ` + stats + `}}}`
}

// What went wrong is not remembered.
func TestErrorsAreAskedAgain(t *testing.T) {
	f := newFake(t)
	f.put("ipaddr", "8.8.8.8", [4]int{9, 0, 50, 20}, day)
	i := f.inspector(unlimited)
	for _, body := range []string{"<html>", `{"data": {"type": "url", "attributes": {}}}`, errorBody("TransientError")} {
		f.says(200, body)
		_, err := i.Inspect(t.Context(), taskOf("ipaddr", "8.8.8.8"))
		require.Error(t, err)
	}
	f.odd = nil
	assert.Equal(t, responder.Malicious, ask(t, i, "ipaddr", "8.8.8.8").Signals[0].Verdict)
}

// A key may be changed while the function lives: it is read again, and the question asked once more.
func TestTheKeyIsChanged(t *testing.T) {
	f := newFake(t)
	f.put("ipaddr", "8.8.8.8", [4]int{9, 0, 50, 20}, day)
	s := f.settings(unlimited)
	s.Key = func(ctx ctx) (string, error) {
		if responder.WantsRefresh(ctx) {
			return key, nil
		}
		return "the one of last year", nil
	}
	i, err := virustotal.New(s)
	require.NoError(t, err)
	ask(t, i, "ipaddr", "8.8.8.8")
	s.Key = func(ctx) (string, error) { return "", errors.New("access denied") }
	i, err = virustotal.New(s)
	require.NoError(t, err)
	_, err = i.Inspect(t.Context(), taskOf("ipaddr", "8.8.8.9"))
	assert.ErrorContains(t, err, "access denied")
	assert.False(t, responder.IsPermanent(err))
}

// A key that may not ask for all is asked for what everybody may, from then on.
func TestPremium(t *testing.T) {
	f := newFake(t)
	f.put("ipaddr", "8.8.8.8", [4]int{9, 0, 50, 20}, day)
	f.put("ipaddr", "8.8.4.4", [4]int{9, 0, 50, 20}, day)
	paid := map[string]string{"VIRUSTOTAL_LIMITS": "1000/minute"}
	i := f.inspector(paid)
	ask(t, i, "ipaddr", "8.8.8.8")
	assert.Equal(t, 2, f.total(), "with all; with less")
	ask(t, i, "ipaddr", "8.8.4.4")
	assert.Equal(t, 3, f.total())
	assert.Contains(t, f.requests()[2], "resolutions")

	f.premium = true
	o := f.put("ipaddr", "9.9.9.9", [4]int{9, 0, 50, 20}, day)
	o.Relationships["urls"] = descriptors("url", "http://9.9.9.9/a")
	p := ask(t, f.inspector(paid), "ipaddr", "9.9.9.9")
	assert.Equal(t, 4, f.total())
	require.Len(t, p.OpponentHosts[0].RelatedURLs, 1)
	assert.Equal(t, "http://9.9.9.9/a", p.OpponentHosts[0].RelatedURLs[0].URL)
}

func TestRelationsThatAreAskedFor(t *testing.T) {
	f := newFake(t)
	f.premium = true
	for want, env := range map[string]map[string]string{
		"": {"VIRUSTOTAL_RELATIONS": "none"},
		"communicating_files,referrer_files,resolutions":                       {},
		"communicating_files,referrer_files,resolutions,downloaded_files,urls": {"VIRUSTOTAL_LIMITS": "none"},
	} {
		f.queries = nil
		ask(t, f.inspector(env), "ipaddr", "8.8.8.8")
		require.Len(t, f.queries, 1)
		_, got, _ := strings.Cut(f.queries[0], "?relationships=")
		assert.Equal(t, want, strings.ReplaceAll(got, "%2C", ","))
	}
	for _, limits := range []string{"4/minute,500/day", "1000/day,4/minute", "1/minute"} {
		f.queries = nil
		ask(t, f.inspector(map[string]string{"VIRUSTOTAL_LIMITS": limits}), "ipaddr", "8.8.8.8")
		assert.NotContains(t, f.queries[0], "urls", limits)
	}
}
