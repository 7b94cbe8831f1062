package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/emitters/pagerduty"
	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// The service is busy at first, and the report waits; then it is told.
func TestRole(t *testing.T) {
	t.Setenv("PAGERDUTY_URL", onawstest.ServiceOf(t, pagerduty.DryRun(), onawstest.Answer{Status: 503}))
	onawstest.Role(t, "../../../template.yml", "Pagerduty", start, onawstest.Emitting("0123456789abcdef0123456789abcdef", 2))
}

func TestFaults(t *testing.T) {
	t.Setenv("PAGERDUTY_URL", onawstest.ServiceOf(t, pagerduty.DryRun()))
	onawstest.Faults(t, "../../../template.yml", "Pagerduty", start, onawstest.Emitting("0123456789abcdef0123456789abcdef", 1))
}
