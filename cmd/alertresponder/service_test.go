package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

// theKey is the one that the service takes.
const theKey = "s3cr3t-key-0123456789"

// newService is as much of VirusTotal as scripts ask for (VirusTotal API v3 reference, "Get an IP address report", "Errors"):
// it knows one address, and has had enough of another (TooManyRequestsError).
func newService() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail := func(status int, code string) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error": {"code": %q, "message": "told to nobody: %s"}}`, code, r.Header.Get("x-apikey"))
		}
		if r.Header.Get("x-apikey") != theKey {
			fail(http.StatusUnauthorized, "WrongCredentialsError")
			return
		}
		switch strings.TrimPrefix(r.URL.Path, "/ip_addresses/") {
		case "8.8.8.23":
			known(w, "8.8.8.23")
		case "8.8.8.99":
			w.Header().Set("Retry-After", "3600")
			fail(http.StatusTooManyRequests, "TooManyRequestsError")
		case "8.8.8.98":
			fail(http.StatusBadRequest, "InvalidArgumentError")
		default:
			fail(http.StatusNotFound, "NotFoundError")
		}
	}))
}

func known(w http.ResponseWriter, address string) {
	fmt.Fprintf(w, `{"data": {"type": "ip_address", "id": %q, "links": {"self": "https://evil.example/\u001b[2J"},
		"attributes": {"as_owner": "Attackers \u001b[31mLtd.", "country": "NL", "last_analysis_date": 1767225600,
		"last_analysis_stats": {"malicious": 20, "suspicious": 1, "harmless": 40, "undetected": 20, "timeout": 0}}}}`, address)
}
