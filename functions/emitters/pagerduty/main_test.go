package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

func TestEnvironment(t *testing.T) {
	onawstest.StartsEmitter(t, "PAGERDUTY", start, nil)
}
