package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

func TestEnvironment(t *testing.T) {
	onawstest.StartsEmitter(t, "SLACK", start, map[string]string{"SLACK_CHANNEL": "#alerts"})
}
