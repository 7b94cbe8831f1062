package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

func TestEnvironment(t *testing.T) { onawstest.Starts(t, "GREYNOISE", start, true) }
