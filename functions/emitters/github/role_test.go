package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// repository is one that has nothing yet, and takes the first issue.
type repository struct{}

// RoundTrip implements http.RoundTripper.
func (repository) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/repos/example/alerts" {
		_, _ = io.WriteString(w, `{"id":1,"full_name":"example/alerts","private":true,"has_issues":true,"archived":false}`)
		return w.Result(), nil
	}
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "[]")
		return w.Result(), nil
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":1,"number":1,"state":"open","html_url":"https://github.com/example/alerts/issues/1"}`)
	return w.Result(), nil
}

// The service is busy at first, and the report waits; then it is told.
func TestRole(t *testing.T) {
	t.Setenv("GITHUB_URL", onawstest.ServiceOf(t, repository{}, onawstest.Answer{Status: 503}))
	onawstest.Role(t, "../../../template.yml", "Github", start, onawstest.Emitting("ghp_hush", 2))
}

func TestFaults(t *testing.T) {
	t.Setenv("GITHUB_URL", onawstest.ServiceOf(t, repository{}))
	onawstest.Faults(t, "../../../template.yml", "Github", start, onawstest.Emitting("ghp_hush", 1))
}
