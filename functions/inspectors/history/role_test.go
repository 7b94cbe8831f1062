package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

const task = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","origin":"0.A",
	"attributes":[{"type":"ipaddr","value":"8.8.8.8","context":["remote"]}],"alert":{"name":"a"}}`

// The index cannot be read at first, and the task waits; then nothing is known.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "History", start, onawstest.Work{Answers: map[string][]onawstest.Answer{
		"dynamodb:GetItem": {{Status: 400, Body: `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}`}, {Status: 200, Body: `{}`}},
	}, Bodies: []string{task, task}})
}

func TestFaults(t *testing.T) {
	onawstest.Faults(t, "../../../template.yml", "History", start, onawstest.Work{Bodies: []string{task}})
}
