package abuseipdb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
)

// The answers are those of the AbuseIPDB APIv2 Documentation, with a life of their own: sections "CHECK Endpoint", "API Daily
// Rate Limits", "Error Handling".
const (
	bad = `{"data": {"ipAddress": "118.25.6.39", "isPublic": true, "ipVersion": 4, "isWhitelisted": false,
		"abuseConfidenceScore": 100, "countryCode": "CN", "countryName": "China", "usageType": "Data Center/Web Hosting/Transit",
		"isp": "Tencent Cloud Computing (Beijing) Co. Ltd", "domain": "tencent.com", "hostnames": [], "isTor": false,
		"totalReports": 47, "numDistinctUsers": 22, "lastReportedAt": "2026-05-03T20:55:14+00:00"}}`
	wrongKey = `{"errors": [{"detail": "Authentication failed. Your API key is either missing, incorrect, or revoked. ` +
		`Note: The APIv2 key differs from the APIv1 key.", "status": 401}]}`
	tooMany = `{"errors": [{"detail": "Daily rate limit of 1000 requests exceeded for this endpoint. ` +
		`See headers for additional details.", "status": 429}]}`
	notAnAddress = `{"errors": [{"detail": "The ip address must be a valid IPv4 or IPv6 address (e.g. 8.8.8.8 or ` +
		`2001:4860:4860::8888).", "status": 422, "source": {"parameter": "ipAddress"}}]}`
)

// fake is the service: it wants what the documentation does, and knows nothing but nobody's reports.
func fake(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	days, err := strconv.Atoi(q.Get("maxAgeInDays"))
	switch {
	case r.Method != http.MethodGet || r.URL.Path != "/api/v2/check" || r.Host != "api.abuseipdb.com":
		http.NotFound(w, r)
	case r.Header.Get("Accept") != "application/json": // "you receive an entire HTML page"
		w.WriteHeader(http.StatusTooManyRequests)
	case err != nil || days < 1 || days > 365 || q.Get("ipAddress") == "":
		inspectorstest.Answer(http.StatusUnprocessableEntity, notAnAddress)(w, r)
	case q.Get("ipAddress") == "118.25.6.39":
		inspectorstest.Answer(http.StatusOK, bad)(w, r)
	default:
		inspectorstest.Answer(http.StatusOK, unreported(q.Get("ipAddress")))(w, r)
	}
}

// unreported is what is said of an address that nobody reported: most is null.
func unreported(ip string) string {
	return fmt.Sprintf(`{"data": {"ipAddress": %q, "isPublic": true, "ipVersion": 4, "isWhitelisted": null, "abuseConfidenceScore": 0,
		"countryCode": null, "countryName": null, "usageType": null, "isp": null, "domain": null, "hostnames": [], "isTor": false,
		"totalReports": 0, "numDistinctUsers": 0, "lastReportedAt": null}}`, ip)
}

// change is the bad answer with other values.
func change(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(bad) }

// daily is a used up quota as its headers tell it.
func daily(header, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(header, value)
		inspectorstest.Answer(http.StatusTooManyRequests, tooMany)(w, r)
	}
}

var resetAfterAnHour = daily("X-RateLimit-Reset", strconv.FormatInt(inspectorstest.Start.Add(time.Hour).Unix(), 10))
