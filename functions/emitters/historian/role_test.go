package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

const report = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","status":"published","seq":3,"opened_at":"2026-03-04T05:06:07Z",
	"alerts":[{"name":"a","rule":"r","attrs":[{"type":"ipaddr","value":"8.8.8.8","context":["remote"]}]}],
	"result":{"severity":"urgent","reason":"r"}}`

// What the index has of the address cannot be read at first, and the report waits.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "Historian", start, onawstest.Work{Answers: map[string][]onawstest.Answer{
		"dynamodb:GetItem":    {{Status: 400, Body: `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}`}, {Status: 200, Body: `{}`}},
		"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}},
	}, Bodies: []string{report, report}})
}

func TestFaults(t *testing.T) {
	onawstest.Faults(t, "../../../template.yml", "Historian", start, onawstest.Work{Answers: map[string][]onawstest.Answer{
		"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}},
	}, Bodies: []string{report}})
}
