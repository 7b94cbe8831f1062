package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

var busy, unknown = onawstest.Answer{Status: 503}, onawstest.Answer{Status: 200, Body: `{"query_status":"no_results"}`}

// The service is busy at first, and the task waits; then it knows nothing of the address.
func TestRole(t *testing.T) {
	t.Setenv("ABUSECH_URL", onawstest.Service(t, busy, unknown))
	onawstest.Role(t, "../../../template.yml", "Abusech", start, onawstest.Asking(2))
}

func TestFaults(t *testing.T) {
	t.Setenv("ABUSECH_URL", onawstest.Service(t, unknown))
	onawstest.Faults(t, "../../../template.yml", "Abusech", start, onawstest.Asking(1))
}
