package main

import (
	"testing"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestContract(t *testing.T) {
	respondertest.TestInspector(t, responder.InspectorFunc(inspect), responder.TypeIPAddr)
}

func TestInThePipeline(t *testing.T) {
	report, err := embedded.Run(t.Context(), responder.Alert{
		Name: "Login", Rule: "login", Key: "alice",
		Attrs: []responder.Attribute{{Type: responder.TypeIPAddr, Value: "203.0.113.7", Context: []string{responder.ContextRemote}}},
	}, embedded.Options{
		Inspectors: []embedded.Inspector{{ID: "office", Types: []string{responder.TypeIPAddr}, Inspector: responder.InspectorFunc(inspect)}},
	})
	if err != nil || report.Result.Severity != responder.Safe {
		t.Fatal(report.Result, err)
	}
}
