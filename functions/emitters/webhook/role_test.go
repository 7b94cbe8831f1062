package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// Nobody is at the address, and the report waits.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "Webhook", start, onawstest.Work{Answers: map[string][]onawstest.Answer{
		"dynamodb:UpdateItem":           {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}},
		"secretsmanager:GetSecretValue": {{Status: 200, Body: `{"SecretString":"hush"}`}},
	}, Bodies: []string{`{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","status":"published","seq":3,"alerts":[{"name":"a"}],
		"result":{"severity":"urgent","reason":"r"}}`}})
}
