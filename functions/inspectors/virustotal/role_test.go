package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

var busy, unknown = onawstest.Answer{Status: 503}, onawstest.Answer{Status: 404, Body: `{"error":{"code":"NotFoundError","message":"not found"}}`}

// The service is busy at first, and the task waits; then it knows nothing of the address.
func TestRole(t *testing.T) {
	t.Setenv("VIRUSTOTAL_URL", onawstest.Service(t, busy, unknown))
	onawstest.Role(t, "../../../template.yml", "Virustotal", start, onawstest.Asking(2))
}

func TestFaults(t *testing.T) {
	t.Setenv("VIRUSTOTAL_URL", onawstest.Service(t, unknown))
	onawstest.Faults(t, "../../../template.yml", "Virustotal", start, onawstest.Asking(1))
}
