package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

func TestEnvironment(t *testing.T) {
	onawstest.StartsEmitter(t, "GITHUB", start, map[string]string{"GITHUB_REPOSITORY": "example/alerts"})
}
