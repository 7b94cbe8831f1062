package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/emitters/slack"
	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// The service is busy at first, and the report waits; then it is told.
func TestRole(t *testing.T) {
	t.Setenv("SLACK_URL", onawstest.ServiceOf(t, slack.DryRun(), onawstest.Answer{Status: 503}))
	onawstest.Role(t, "../../../template.yml", "Slack", start, onawstest.Emitting("xoxb-1-hush", 2))
}

func TestFaults(t *testing.T) {
	t.Setenv("SLACK_URL", onawstest.ServiceOf(t, slack.DryRun()))
	onawstest.Faults(t, "../../../template.yml", "Slack", start, onawstest.Emitting("xoxb-1-hush", 1))
}
