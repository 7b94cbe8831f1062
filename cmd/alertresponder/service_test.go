package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"time"
)

// lately is a day on which services saw something: what is years old is judged otherwise, and tests live for long.
func lately() time.Time { return time.Now().AddDate(0, 0, -2) }

// theKey is the one that the services take.
const theKey = "s3cr3t-key-0123456789"

// newServices are as much of VirusTotal, AbuseIPDB, GreyNoise, abuse.ch and Slack as scripts ask for: all know 8.8.8.23, VirusTotal has
// had enough of 8.8.8.99 and takes no 8.8.8.98. The shapes are those of their documentation, which the inspectors' own
// tests cite; hostile texts are our addition.
func newServices() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ip_addresses/{ip}", virustotal)
	mux.HandleFunc("GET /api/v2/check", keyed("Key", http.StatusUnauthorized, abuseipdb))
	mux.HandleFunc("GET /v3/community/{ip}", greynoise)
	mux.HandleFunc("POST /urlhaus/v1/host/", keyed("Auth-Key", http.StatusUnauthorized, urlhaus))
	mux.HandleFunc("POST /slack/", slack)
	mux.HandleFunc("POST /threatfox/api/v1/", keyed("Auth-Key", http.StatusUnauthorized, threatfox))
	return httptest.NewServer(mux)
}

func keyed(header string, refused int, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(header) != theKey {
			w.WriteHeader(refused)
			return
		}
		h(w, r)
	}
}

func virustotal(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error": {"code": %q, "message": "told to nobody: %s"}}`, code, r.Header.Get("x-apikey"))
	}
	if r.Header.Get("x-apikey") != theKey {
		fail(http.StatusUnauthorized, "WrongCredentialsError")
		return
	}
	switch ip := path.Base(r.URL.Path); ip {
	case "8.8.8.23":
		fmt.Fprintf(w, `{"data": {"type": "ip_address", "id": %q, "links": {"self": "https://evil.example/\u001b[2J"},
			"attributes": {"as_owner": "Attackers \u001b[31mLtd.", "country": "NL", "last_analysis_date": %d,
			"last_analysis_stats": {"malicious": 20, "suspicious": 1, "harmless": 40, "undetected": 20, "timeout": 0}}}}`, ip, lately().Unix())
	case "8.8.8.99":
		w.Header().Set("Retry-After", "3600")
		fail(http.StatusTooManyRequests, "TooManyRequestsError")
	case "8.8.8.98":
		fail(http.StatusBadRequest, "InvalidArgumentError")
	default:
		fail(http.StatusNotFound, "NotFoundError")
	}
}

func abuseipdb(w http.ResponseWriter, r *http.Request) {
	ip, score := r.URL.Query().Get("ipAddress"), 0
	if ip == "8.8.8.23" {
		score = 100
	}
	fmt.Fprintf(w, `{"data": {"ipAddress": %q, "isPublic": true, "ipVersion": 4, "isWhitelisted": false, "abuseConfidenceScore": %d,
		"countryCode": "NL", "isp": "Attackers \u001b[31mLtd.", "totalReports": %d, "numDistinctUsers": 2, "lastReportedAt": %q}}`,
		ip, score, score, lately().Format(time.RFC3339))
}

// greynoise can be asked without a key.
func greynoise(w http.ResponseWriter, r *http.Request) {
	ip := path.Base(r.URL.Path)
	if ip != "8.8.8.23" {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"ip": %q, "noise": false, "riot": false, "message": "IP not observed"}`, ip)
		return
	}
	fmt.Fprintf(w, `{"ip": %q, "noise": true, "riot": false, "classification": "malicious", "name": "unknown",
		"link": "https://evil.example/", "last_seen": %q, "message": "Success"}`, ip, lately().Format(time.DateOnly))
}

func urlhaus(w http.ResponseWriter, r *http.Request) {
	if host := r.FormValue("host"); host == "8.8.8.23" {
		fmt.Fprintf(w, `{"query_status": "ok", "urlhaus_reference": "https://urlhaus.abuse.ch/host/%[1]s/", "host": %[1]q, "firstseen": %[2]q,
			"url_count": "1", "urls": [{"id": "1", "url": "http://8.8.8.23/x", "url_status": "online", "date_added": %[2]q, "threat": "malware_download"}]}`,
			host, lately().UTC().Format("2006-01-02 15:04:05 UTC"))
		return
	}
	fmt.Fprint(w, `{"query_status": "no_results"}`)
}

func threatfox(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `{"query_status": "no_result", "data": "`+strings.Repeat(" ", 3)+`"}`)
}

// slack posts one message, and updates it; its channel is not there for whoever asks for another one (docs.slack.dev,
// "chat.postMessage", "chat.update": an error is a 200 too).
func slack(w http.ResponseWriter, r *http.Request) {
	var m struct{ Channel, TS, Text string }
	switch err := json.NewDecoder(r.Body).Decode(&m); {
	case err != nil:
		fmt.Fprint(w, `{"ok": false, "error": "invalid_json"}`)
	case r.Header.Get("Authorization") != "Bearer xoxb-"+theKey:
		fmt.Fprint(w, `{"ok": false, "error": "invalid_auth"}`)
	case m.Channel != "C0123456789":
		fmt.Fprint(w, `{"ok": false, "error": "channel_not_found"}`)
	case path.Base(r.URL.Path) == "chat.update" && m.TS != "1767225600.000100":
		fmt.Fprint(w, `{"ok": false, "error": "message_not_found"}`)
	default:
		fmt.Fprint(w, `{"ok": true, "channel": "C0123456789", "ts": "1767225600.000100", "message": {"type": "message"}}`)
	}
}
