package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/emitters/github"
	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// The service is busy at first, and the report waits; then it is told.
func TestRole(t *testing.T) {
	t.Setenv("GITHUB_URL", onawstest.ServiceOf(t, github.DryRun(), onawstest.Answer{Status: 503}))
	onawstest.Role(t, "../../../template.yml", "Github", start, onawstest.Emitting("ghp_hush", 2))
}

func TestFaults(t *testing.T) {
	t.Setenv("GITHUB_URL", onawstest.ServiceOf(t, github.DryRun()))
	onawstest.Faults(t, "../../../template.yml", "Github", start, onawstest.Emitting("ghp_hush", 1))
}
